import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { type Acl, canonical } from '../../../src/core/acl.ts';
import type { Identity } from '../../../src/core/caller.ts';
import { decide } from '../../../src/core/decide.ts';
import type { Freshness } from '../../../src/core/freshness.ts';
import { carriedBy } from '../../../src/core/policy.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type { Deniable, Member, Principal } from '../../../src/core/principal.ts';
import type { Service } from '../../../src/core/service.ts';
import type { Write } from '../../../src/store/store.ts';
import { type AnIndex, anIndex } from '../../support/an-index.ts';
import { document } from '../../support/new-document.ts';
import { factsOf, type Told } from '../../support/told.ts';

/** Facts are told at 0 (past their promise at `NOW`) or at 100; a last run may confirm all of them at 110. */
const OLD = 0;
const NEW = 100;
const CONFIRMED = 110;
const NOW = 120;
const WITHIN = 50;

const PEOPLE: readonly Identity[] = [
  { issuer: 'idp', subject: 'p0', email: 'p0@acme.test' },
  { issuer: 'idp', subject: 'p1', email: 'p1@acme.test' },
  { issuer: 'idp', subject: 'p2', email: 'p2@partner.test' },
  { issuer: 'idp', subject: 'p3' },
  // Services: what is linked to them and what their identity carries says nothing.
  { issuer: 'idp', subject: 's0' },
  { issuer: 'idp', subject: 'p1s', email: 'p1@acme.test' },
];

const servicesIn = (source: string): ReadonlyMap<string, Service> =>
  new Map([
    ['idp|s0', { shared: ['domain:acme.test', 'org:x', 'org:g0'], accounts: new Map([[source, ['u0', 'u1', 'never']]]) }],
    ['idp|p1s', { shared: ['person:p0@acme.test'], accounts: new Map([[source, ['u2']]]) }],
  ]);

const user = fc.constantFrom('user:u0', 'user:u1', 'user:u2', 'user:u3');
const group = fc.constantFrom('group:g0', 'group:g1', 'group:g2', 'group:g3');
const person = fc.constantFrom('person:p0@acme.test', 'person:p2@partner.test');
const shared = fc.oneof(
  person,
  fc.constantFrom('domain:acme.test', 'domain:partner.test', 'org:x', 'org:g0', 'org:g1', 'everyone'),
);
const audience = fc.constantFrom('audience:c0', 'audience:c1', 'audience:c2', 'audience:c3', 'audience:d0', 'audience:gone');
const member: fc.Arbitrary<Member> = fc.oneof({ weight: 3, arbitrary: user }, { weight: 3, arbitrary: group }, shared);
const deniable: fc.Arbitrary<Deniable> = fc.oneof({ weight: 3, arbitrary: user }, { weight: 3, arbitrary: group }, shared);
const principal: fc.Arbitrary<Principal> = fc.oneof(
  { weight: 6, arbitrary: member },
  { weight: 4, arbitrary: audience },
  fc.constant('public'),
);

const term = fc.record({
  allow: fc.array(principal, { minLength: 1, maxLength: 3 }),
  deny: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(deniable, { maxLength: 2 })),
  from: fc.constant('test'),
});
const acl: fc.Arbitrary<Acl> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(term).map((terms) => ({ terms })) },
  { weight: 3, arbitrary: fc.tuple(term, term).map((terms) => ({ terms })) },
  fc.constant({ unknown: 'not told' }),
);

const at = fc.constantFrom(OLD, NEW, NEW, NEW);
const told = <T>(value: fc.Arbitrary<T>) => fc.record({ at, value });
const account = fc.record({
  emails: fc.subarray(['p0@acme.test', 'p1@acme.test', 'p2@partner.test'], { maxLength: 2 }),
  active: fc.constantFrom(true, true, true, false),
  kind: fc.constantFrom('member' as const, 'member' as const, 'guest' as const),
  linkedTo: fc.constantFrom('p0', 'p1', 'p2', 'p3', 's0', undefined),
  keepsLink: fc.constantFrom(true, true, false),
});
const listing = fc.record({
  listed: fc.constantFrom(true, true, true, false),
  unknown: fc.constantFrom(false, false, false, true),
  members: fc.array(member, { maxLength: 4 }),
});

const source = fc.record({
  accounts: fc.tuple(told(account), told(account), told(account)),
  groups: fc.array(told(listing), { minLength: 2, maxLength: 4 }),
  containers: fc.array(told(acl), { minLength: 2, maxLength: 4 }),
  documents: fc.array(told(acl), { minLength: 1, maxLength: 6 }),
  confirmed: fc.constantFrom(false, false, true),
  onBreach: fc.constantFrom('deny' as const, 'deny' as const, 'label' as const),
});
type World = typeof source extends fc.Arbitrary<infer T> ? T : never;

/** A source, and a directory beside it, or none. */
const world = fc.record({ told: source, directory: fc.option(source, { freq: 2, nil: undefined }) });

const named = <T>(prefix: string, things: readonly T[]): (readonly [string, T])[] =>
  things.map((thing, at) => [`${prefix}${at}`, thing]);

/** The address an account is linked by: nobody's e-mail, so that a link says nothing else. */
const linkAddress = (id: string): string => `link-${id}@acme.test`;

const accountsOf = (accounts: World['accounts']) =>
  named('u', accounts).map(([id, { at, value }]) => {
    const linked = value.linkedTo !== undefined && value.keepsLink && value.active;
    return {
      at,
      linkedTo: value.linkedTo,
      linked,
      account: {
        id,
        active: value.active,
        kind: value.kind,
        emails: [...value.emails, ...(value.keepsLink ? [linkAddress(id)] : [])],
      },
    };
  });

/** What a source says in the run at `time`. */
const writesAt = (time: number, { accounts, groups, containers, documents }: World): Write[] => [
  ...accountsOf(accounts).flatMap(({ at, account }): Write[] => (at === time ? [{ type: 'account', account }] : [])),
  ...named('g', groups).flatMap(([group, { at, value }]): Write[] => {
    if (at !== time) return [];
    const whole: Write = { type: 'members', group, members: value.members };
    const failed: Write = { type: 'members', group, members: { unknown: '403' } };
    return [...(value.listed ? [whole] : []), ...(value.unknown ? [failed] : [])];
  }),
  ...named('c', containers).flatMap(([key, { at, value }]): Write[] =>
    at === time ? [{ type: 'container', key, title: key, acl: value }] : [],
  ),
  ...named('d', documents).flatMap(([key, { at, value }]) => (at === time ? [document({ key, acl: value })] : [])),
];

const write = async (index: AnIndex, source: string, world: World): Promise<void> => {
  const accounts = accountsOf(world.accounts);
  await index.sync(
    source,
    accounts.map(({ account: { id } }) => ({
      type: 'account',
      account: { id, emails: [linkAddress(id)], active: true, kind: 'member' },
    })),
    OLD,
  );
  for (const { linkedTo, account } of accounts) {
    if (linkedTo === undefined) continue;
    const evidence = { email: linkAddress(account.id) };
    const identity = { issuer: 'idp', subject: linkedTo };
    await index.store.link(identity, { source, account: account.id, method: 'email', evidence, at: OLD });
  }
  await index.sync(source, writesAt(OLD, world), OLD);
  await index.sync(source, writesAt(NEW, world), NEW);
  if (world.confirmed) await index.sync(source, [{ type: 'unchanged' }], CONFIRMED);
};

/** The same world, in memory. */
const toldOf = ({ accounts, groups, containers, documents, confirmed, onBreach }: World): Told => {
  const stands = (at: number, confirmable = true) => {
    const since = confirmed && confirmable ? CONFIRMED : at;
    return { at: since, fresh: onBreach === 'label' || NOW - since <= WITHIN };
  };
  const all = accountsOf(accounts);
  return {
    accounts: all.map(({ at, account }) => ({ ...account, ...stands(at) })),
    links: Object.fromEntries(
      PEOPLE.map(({ subject }) => [
        subject,
        all.filter(({ linked, linkedTo }) => linked && linkedTo === subject).map(({ account }) => account.id),
      ]),
    ),
    former: Object.fromEntries(
      PEOPLE.map(({ subject }) => [
        subject,
        all.filter(({ linked, linkedTo }) => !linked && linkedTo === subject).map(({ account }) => account.id),
      ]),
    ),
    groups: Object.fromEntries(
      named('g', groups).flatMap(([name, { at, value }]) =>
        value.listed ? [[name, { members: value.members.toSorted(), ...stands(at, !value.unknown) }]] : [],
      ),
    ),
    items: Object.fromEntries(
      [...named('c', containers), ...named('d', documents)].map(([key, { at, value }]) => [
        key,
        { acl: canonical(value), ...stands(at) },
      ]),
    ),
  };
};

const freshnessOf = ({ onBreach }: World): Freshness => ({
  permissions: { within: WITHIN, onBreach },
  content: { within: WITHIN, onBreach: 'label' },
});

test('what SQL shows is what the reference rule allows, on the stored rows and on the world itself', async () => {
  const index = await anIndex();
  const reader = index.reader();
  const seen = { visible: 0, hidden: 0, directories: 0 };
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ told: world, directory: people }) => {
      const source = `w${worlds++}`;
      const registry = `p${worlds}`;
      await write(index, source, world);
      if (people) await write(index, registry, people);
      const services = servicesIn(source);
      const rules: Rules = {
        ownedDomains: ['acme.test'],
        sources: new Map([[source, freshnessOf(world)], ...(people ? [[registry, freshnessOf(people)] as const] : [])]),
        services,
        ...(people && { directory: registry }),
      };
      const facts = toldOf(world);
      const directory = people && { ...toldOf(people), unread: !people.confirmed };
      if (people) seen.directories += 1;
      for (const person of PEOPLE) {
        reader.read((reading) => {
          const held = reading.holdAcls(person, rules, NOW);
          const snapshot = reading.snapshot(held, carriedBy('test', rules), NOW, {});
          const chunks = snapshot.postings('spring').map(({ chunk }) => chunk);
          const shown = snapshot
            .places(chunks)
            .map(({ documentId }) => documentId)
            .filter((id) => id.startsWith(`${source}:`));

          const stored = reading.facts(source, person, rules, NOW);
          const inMemory = factsOf(facts, person, { source, services, ...(directory && { directory }) });
          const allowed: string[] = [];
          for (const [key] of named('d', world.documents)) {
            const item = inMemory.audience(key);
            const found = reading.document(source, key);
            const decided = item && decide(item.acl, inMemory);
            expect(found && decide(found.acl.value, stored)).toEqual(found && decide(found.acl.value, inMemory));
            if (decided) allowed.push(`${source}:${key}`);
          }
          expect(shown.toSorted()).toEqual(allowed);
          seen.visible += allowed.length;
          seen.hidden += world.documents.length - allowed.length;
        });
      }
    }),
    { numRuns: 200 },
  );
  expect(Math.min(seen.visible, seen.hidden, seen.directories)).toBeGreaterThan(40); // worlds in which nothing is decided prove nothing
});
