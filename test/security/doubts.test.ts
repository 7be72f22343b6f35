import { describe, expect, test } from 'vitest';

import type { Identity } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { Deniable } from '../../src/core/principal.ts';
import { account, aWorld, type AWorld, group, page, unknownGroup } from '../support/a-world.ts';
import { except, only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';

const DAY = DEFAULT_FRESHNESS.permissions.within;
const ADA = person('ada');
const BOB = person('bob');
const NAMELESS: Identity = { issuer: 'idp', subject: 'ada' };

/** A cause of doubt: who asks, what they may or may not be, and what the source said, oldest first, a day and a bit apart. */
interface Doubt {
  readonly who: Identity;
  readonly is: Deniable;
  readonly said: readonly (readonly Change[])[];
}

/** Bob is known, and with him two people are surely told apart. */
const SURE = [account('ada'), account('bob'), group('crew', 'user:ada'), group('fleet', 'group:crew')];
const LAST = [account('ada'), account('bob')];

/** Every cause there is, one line each. */
const DOUBTS: Readonly<Record<string, Doubt>> = {
  'a user, where the caller has no account': { who: ADA, is: 'user:bob', said: [[account('bob')]] },
  'a user, where the account of the caller is inactive': {
    who: ADA,
    is: 'user:ada',
    said: [[account('ada', { active: false }), account('bob')]],
  },
  'another user, where the account of the caller is inactive': {
    who: ADA,
    is: 'user:bob',
    said: [[account('ada', { active: false }), account('bob')]],
  },
  'a user, where two active accounts carry the e-mail of the caller': {
    who: ADA,
    is: 'user:ada',
    said: [[account('ada'), account('ada-2', { emails: ['ada@acme.test'] })]],
  },
  'a user, where the account lost the e-mail of the caller': {
    who: ADA,
    is: 'user:ada',
    said: [[account('ada', { emails: ['other@acme.test'] })]],
  },
  'a user, where nobody vouches for the e-mail of the caller': { who: NAMELESS, is: 'user:ada', said: [SURE] },
  'a user, where the account is past its promise': { who: ADA, is: 'user:ada', said: [SURE, []] },
  'a group that was never listed': { who: ADA, is: 'group:crew', said: [LAST] },
  'a group of which a page is missing': {
    who: ADA,
    is: 'group:crew',
    said: [[...LAST, { type: 'members', group: 'crew', members: ['user:ada'], more: true }]],
  },
  'a group that could never be listed': { who: ADA, is: 'group:crew', said: [[...LAST, unknownGroup('crew')]] },
  'a group whose last whole listing is past its promise, and that could not be listed since': {
    who: ADA,
    is: 'group:crew',
    said: [SURE, [...LAST, unknownGroup('crew')]],
  },
  'a group that nobody listed again within the promise': { who: ADA, is: 'group:crew', said: [SURE, LAST] },
  'a group that holds a group that was never listed': {
    who: BOB,
    is: 'group:fleet',
    said: [[...LAST, group('fleet', 'group:crew')]],
  },
  'a group that holds a group that holds a group that was never listed': {
    who: BOB,
    is: 'group:armada',
    said: [[...LAST, group('fleet', 'group:crew'), group('armada', 'group:fleet')]],
  },
  'a group of users, where the caller has no account': {
    who: ADA,
    is: 'group:crew',
    said: [[account('bob'), group('crew', 'user:bob')]],
  },
  'a group that holds a group of a directory, and there is none': {
    who: ADA,
    is: 'group:crew',
    said: [[...LAST, group('crew', 'org:staff')]],
  },
  'a group of a directory, where there is none': { who: ADA, is: 'org:staff', said: [LAST] },
  'a person, where nobody vouches for the e-mail of the caller': { who: NAMELESS, is: 'person:ada@acme.test', said: [SURE] },
  'a domain, where nobody vouches for the e-mail of the caller': { who: NAMELESS, is: 'domain:acme.test', said: [SURE] },
  'everyone, where nobody vouches for the e-mail of the caller': { who: NAMELESS, is: 'everyone', said: [SURE] },
  'everyone, where the caller is a guest': { who: ADA, is: 'everyone', said: [[account('ada', { kind: 'guest' })]] },
  'everyone, where an account that is not linked makes the caller a guest': {
    who: ADA,
    is: 'everyone',
    said: [[account('ada'), account('ada-2', { emails: ['ada@acme.test'], kind: 'guest' })]],
  },
  'everyone, where every account of the caller is inactive': {
    who: ADA,
    is: 'everyone',
    said: [[account('ada', { active: false })]],
  },
  'everyone, where the account of the caller is past its promise': { who: ADA, is: 'everyone', said: [SURE, []] },
};

/** The world in which that was said, and two pages: one allows only who is in doubt, one denies only them. */
const told = async ({ is, said }: Omit<Doubt, 'who'>): Promise<AWorld> => {
  const world = await aWorld(rulesFor('wiki'));
  for (const [at, changes] of said.entries()) {
    if (at > 0) world.pass(DAY + 1);
    await world.tell('wiki', ...changes);
  }
  await world.tell('wiki', page(only(is), { key: 'allowed' }), page(except(['public'], [is]), { key: 'denied' }));
  return world;
};

describe.each(Object.entries(DOUBTS))('whoever may or may not be %s', (_, { who, ...doubt }) => {
  test('is not let in by it, and is kept out by it', async () => {
    const world = await told(doubt);
    expect([await world.read(who, 'wiki:allowed'), await world.read(who, 'wiki:denied')]).toEqual([undefined, undefined]);
  });
});

/** The same principals with every doubt taken away: one of the two pages is seen, always. */
describe.each<readonly [string, Identity, Deniable, boolean]>([
  ['the user', ADA, 'user:ada', true],
  ['another user', ADA, 'user:bob', false],
  ['in the group', ADA, 'group:crew', true],
  ['not in the group', BOB, 'group:crew', false],
  ['in the group within', ADA, 'group:fleet', true],
  ['not in the group within', BOB, 'group:fleet', false],
  ['the person', ADA, 'person:ada@acme.test', true],
  ['another person', ADA, 'person:bob@acme.test', false],
  ['of the domain', ADA, 'domain:acme.test', true],
  ['of another domain', ADA, 'domain:partner.test', false],
  ['one of everyone', ADA, 'everyone', true],
])('whoever surely is %s', (_, who, is, yes) => {
  test('sees the one page or the other', async () => {
    const world = await told({ is, said: [SURE] });
    const seen = [await world.read(who, 'wiki:allowed'), await world.read(who, 'wiki:denied')];
    expect(seen.map((one) => one !== undefined)).toEqual([yes, !yes]);
  });
});
