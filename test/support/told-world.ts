import * as fc from 'fast-check';

import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Deniable, Member, Principal } from '../../src/core/principal.ts';
import type { Told } from './told.ts';

/** People of every kind: members, of another organisation, without an e-mail. Some have accounts in the world, some none. */
export const ASKERS: readonly Identity[] = [
  { issuer: 'idp', subject: 'p0', email: 'p0@acme.test' },
  { issuer: 'idp', subject: 'p1', email: 'p1@acme.test' },
  { issuer: 'idp', subject: 'p2', email: 'p2@partner.test' },
  { issuer: 'idp', subject: 'p3' },
];

const user = fc.constantFrom<Member>('user:u0', 'user:u1', 'user:u2');
const group = fc.constantFrom<Member>('group:g0', 'group:g1', 'group:g2', 'group:g3', 'group:g4');
const shared = fc.constantFrom<Member>('person:p0@acme.test', 'domain:partner.test', 'org:g0', 'org:g1', 'org:x', 'everyone');
const audience = fc.constantFrom<Principal>(
  'audience:c0',
  'audience:c1',
  'audience:c2',
  'audience:c3',
  'audience:c4',
  'audience:gone',
);
const member: fc.Arbitrary<Member> = fc.oneof({ weight: 2, arbitrary: user }, { weight: 4, arbitrary: group }, shared);
const deniable: fc.Arbitrary<Deniable> = fc.oneof({ weight: 2, arbitrary: user }, { weight: 2, arbitrary: group }, shared);
const principal: fc.Arbitrary<Principal> = fc.oneof(
  { weight: 5, arbitrary: member },
  { weight: 5, arbitrary: audience },
  fc.constant<Principal>('public'),
);

const term = fc.record({
  allow: fc.array(principal, { minLength: 1, maxLength: 3 }),
  deny: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(deniable, { maxLength: 2 })),
  from: fc.constantFrom('page', 'space', 'folder'),
});

/** Any acl over the names of `aToldWorld`. */
export const anAcl: fc.Arbitrary<Acl> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(term).map((terms): Acl => ({ terms })) },
  { weight: 4, arbitrary: fc.tuple(term, term).map((terms): Acl => ({ terms })) },
  fc.constant<Acl>({ unknown: 'not told' }),
);

const stands = { at: fc.integer({ min: 1, max: 50 }), fresh: fc.constantFrom(true, true, true, true, false) };
const names = <T>(prefix: string, of: fc.Arbitrary<T>, most: number): fc.Arbitrary<Readonly<Record<string, T>>> =>
  fc.array(of, { minLength: 1, maxLength: most }).map((all) => Object.fromEntries(all.map((one, at) => [`${prefix}${at}`, one])));

const account = fc.record({
  ...stands,
  emails: fc.subarray(['p0@acme.test', 'p1@acme.test', 'p2@partner.test'], { maxLength: 1 }),
  active: fc.constantFrom(true, true, true, false),
  kind: fc.constantFrom('member' as const, 'member' as const, 'guest' as const),
});

/** So that chains are long often enough: this one holds the next. */
const chained = fc.constantFrom(true, true, false);

/** What a source of accounts, groups in groups and containers in containers may have told, cycles and gaps included. */
export const aToldWorld: fc.Arbitrary<Told> = fc
  .record({
    accounts: names('u', account, 3),
    links: fc.record({
      p0: fc.subarray(['u0', 'u1']),
      p1: fc.subarray(['u1']),
      p2: fc.subarray(['u2']),
      p3: fc.subarray(['u2']),
    }),
    groups: names('g', fc.record({ ...stands, chained, members: fc.array(member, { maxLength: 3 }) }), 5),
    items: names('c', fc.record({ ...stands, chained, acl: anAcl }), 5),
  })
  .map(({ accounts, groups, items, ...rest }) => ({
    ...rest,
    accounts: Object.entries(accounts).map(([id, given]) => ({ id, ...given })),
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, { chained: holdsNext, members, ...of }], at) => [
        name,
        { ...of, members: [...(holdsNext ? [`group:g${at + 1}` as const] : []), ...members] },
      ]),
    ),
    items: Object.fromEntries(
      Object.entries(items).map(([name, { chained: namesNext, acl, ...of }], at) => [
        name,
        { ...of, acl: namesNext ? alsoNaming(`audience:c${at + 1}`, acl) : acl },
      ]),
    ),
  }));

const alsoNaming = (principal: Principal, acl: Acl): Acl => {
  if ('unknown' in acl) return acl;
  const [first, ...others] = acl.terms;
  return { terms: [{ ...first, allow: [principal, ...first.allow] }, ...others] };
};
