import { describe, expect, test } from 'vitest';

import type { Identity } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { Deniable } from '../../src/core/principal.ts';
import { except } from '../support/builders.ts';
import { openIndex } from '../support/index-in-process.ts';

const MONDAY = Date.UTC(2026, 0, 5);
const TWO_DAYS = 48 * 3_600_000;
const PEOPLE = ['ada@acme.test', 'bob@acme.test', 'max@partner.test'];

/** Each way to deny Ada; `org:` groups deny everybody while there is no directory. */
const DENIES: readonly Deniable[] = [
  'user:ada',
  'group:crew',
  'group:fleet',
  'person:ada@acme.test',
  'domain:acme.test',
  'org:staff',
  'everyone',
];

const account = (id: string, email: string): Change => ({
  type: 'account',
  account: { id, emails: [email], active: true, kind: 'member' },
});
const CREW: Change = { type: 'members', group: 'crew', members: ['user:ada'] };
const FLEET: Change = { type: 'members', group: 'fleet', members: ['group:crew'] };
const SURE: readonly Change[] = [account('ada', 'ada@acme.test'), account('bob', 'bob@acme.test'), CREW, FLEET];

/** Each way in which it can become doubtful who somebody is: what the source says, and how long ago. */
const DOUBTS: Readonly<Record<string, { readonly said: readonly Change[]; readonly age?: number }>> = {
  'nobody is linked': { said: [CREW, FLEET] },
  'two accounts carry the e-mail': { said: [...SURE, account('ada-2', 'ada@acme.test')] },
  'the account is inactive': {
    said: [...SURE, { type: 'account', account: { id: 'ada', emails: ['ada@acme.test'], active: false, kind: 'member' } }],
  },
  'the account lost its e-mail': { said: [...SURE, account('ada', 'other@acme.test')] },
  'the groups were never listed': { said: SURE.slice(0, 2) },
  'the inner group was never listed': { said: [...SURE.slice(0, 2), FLEET] },
  'the groups could not be listed': {
    said: [
      ...SURE.slice(0, 2),
      ...['crew', 'fleet'].map((group): Change => ({ type: 'members', group, members: { unknown: '403' } })),
    ],
  },
  'everything is past its promise': { said: SURE, age: TWO_DAYS },
};

/** Who sees a document that the public may see, but for one deny; it is confirmed now, whatever else has aged. */
const readers = async (
  deny: Deniable,
  { said, age = 0 }: { readonly said: readonly Change[]; readonly age?: number },
): Promise<string[]> => {
  let now = MONDAY - age;
  const index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => now,
  });
  try {
    await index.sync('wiki', said);
    const identities = PEOPLE.map((email): Identity => ({ issuer: 'local', subject: email, email }));
    for (const identity of identities) await index.identify(identity);
    now = MONDAY;
    const body = { kind: 'text', text: 'The plan.', format: 'plain' } as const;
    const document = { key: 'plan', title: 'Plan', type: 'page', updatedAt: new Date(0), acl: except(['public'], [deny]), body };
    await index.sync('wiki', [{ type: 'document', document }]);
    const seen: string[] = [];
    for (const identity of identities) {
      await index.identify(identity);
      const fetched = 'output' in (await index.ask(identity, 'fetch', { id: 'wiki:plan' }));
      const found = JSON.stringify(await index.ask(identity, 'search', { query: 'plan' })).includes('wiki:plan');
      if (found !== fetched) throw new Error(`search ${found ? 'shows' : 'hides'} what fetch does not`);
      if (fetched) seen.push(identity.subject);
    }
    return seen;
  } finally {
    await index.close();
  }
};

describe.each(DENIES)('a document that denies %s', (deny) => {
  test('is seen by no more people when it becomes doubtful who they are', async () => {
    const sure = await readers(deny, { said: SURE });
    expect(sure).not.toContain('ada@acme.test');
    const widened: string[] = [];
    for (const [doubt, world] of Object.entries(DOUBTS)) {
      const gained = (await readers(deny, world)).filter((who) => !sure.includes(who));
      widened.push(...gained.map((who) => `${doubt}: ${who}`));
    }
    expect(widened).toEqual([]);
  });
});

test('a deny that means nobody who asks lets them in while nothing is in doubt', async () => {
  expect(await readers('person:eve@acme.test', { said: SURE })).toEqual(PEOPLE);
  expect(await readers('user:eve', { said: SURE })).toEqual(['ada@acme.test', 'bob@acme.test']);
});
