import type { ClientFacts, Person } from './world.ts';

const known = (email: string): Person => ({ issuer: 'local', subject: email, email });
const [ada, bob, gus, amy] = [known('ada@acme.test'), known('bob@acme.test'), known('gus@acme.test'), known('amy@acme.test')];
const eve = known('eve@other.test');

/** Everybody who asks: a member, a colleague, a guest, somebody ambiguous, somebody foreign, somebody without an e-mail, and services. */
export const PEOPLE: readonly [Person, ...Person[]] = [
  ada,
  bob,
  gus,
  amy,
  eve,
  { issuer: 'login', subject: 'nobody' },
  {
    issuer: 'login',
    subject: 'robot',
    listed: { principals: ['domain:acme.test', 'org:staff'], accounts: { wiki: ['u5', 'u6'], desk: ['u1'] } },
  },
  // Its identity carries what would make it a person, were it not listed.
  {
    issuer: 'login',
    subject: 'carrier',
    email: 'ada@acme.test',
    listed: { principals: ['person:bob@acme.test'], accounts: { wiki: ['u2'] } },
  },
];

/** About whom a person may decide: whoever is no service, and has come before or has an e-mail. */
export const DECIDED_ABOUT = [ada, bob, gus, amy, eve] as const;

/** What is asked through: a client nobody narrows, and others. */
export const CLIENTS: Readonly<Record<string, ClientFacts>> = {
  any: {},
  sealed: { labels: ['Restricted'] },
  wiki: { sources: ['wiki'] },
  both: { sources: ['desk'], labels: ['restricted', 'Café'] },
};
