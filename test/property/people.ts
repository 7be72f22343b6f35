import type { ClientFacts, Person } from './world.ts';

/** Everybody who asks: a member, a colleague, a guest, somebody ambiguous, somebody foreign, somebody without an e-mail, and services. */
export const PEOPLE: readonly [Person, ...Person[]] = [
  { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' },
  { issuer: 'local', subject: 'bob@acme.test', email: 'bob@acme.test' },
  { issuer: 'local', subject: 'gus@acme.test', email: 'gus@acme.test' },
  { issuer: 'local', subject: 'amy@acme.test', email: 'amy@acme.test' },
  { issuer: 'local', subject: 'eve@other.test', email: 'eve@other.test' },
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

/** What is asked through: a client nobody narrows, and others. */
export const CLIENTS: Readonly<Record<string, ClientFacts>> = {
  any: {},
  sealed: { labels: ['Restricted'] },
  wiki: { sources: ['wiki'] },
  both: { sources: ['desk'], labels: ['restricted', 'Café'] },
};
