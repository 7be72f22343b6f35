import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { Due } from '../../src/core/connector.ts';
import type { Body } from '../../src/core/document.ts';
import { DEFAULT_FRESHNESS, type OnBreach } from '../../src/core/freshness.ts';
import { carriedBy } from '../../src/core/policy.ts';
import { redecide, type Verdict } from '../../src/reader/redecide.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, only } from '../support/builders.ts';
import { person, rulesFor, shown } from '../support/looking.ts';

const PERMISSIONS: Due = { listing: false, permissions: true, content: false };

const spring: Body = { kind: 'text', text: 'spring', format: 'plain' };
const TOO_LARGE: Body = { kind: 'bytes', mediaType: 'text/plain', size: 2 ** 40, read: async () => new Uint8Array() };

const plan = (given: Partial<ReturnType<typeof aDocument>> = {}): Change<number> => ({
  type: 'document',
  document: aDocument({ acl: only('everyone'), body: spring, revision: '1', ...given }),
});
const note = plan({ key: 'note' });
const MOVED = plan({ revision: '2', body: TOO_LARGE });
const { revision: _, ...rest } = aDocument({ acl: only('everyone'), body: TOO_LARGE, revision: '1' });
const unrevised: Change<number> = { type: 'document', document: rest };
const UNCHANGED: Change<number> = { type: 'unchanged' };
const SAID: Change<number> = { type: 'problem', key: 'plan', error: new Error('It is not given.') };

const rules = (onBreach: OnBreach) =>
  rulesFor(['wiki', { ...DEFAULT_FRESHNESS, content: { ...DEFAULT_FRESHNESS.content, onBreach } }]);

/** An index with a plan and a note, and then one run after another, a second apart. */
const after = async (...runs: readonly (readonly Change<number>[])[]): Promise<AnIndex> => {
  const index = await anIndex();
  await aSync(index.store, [
    { type: 'account', account: { id: 'ada', emails: ['ada@acme.test'], active: true, kind: 'member' } },
    plan(),
    note,
  ]);
  for (const [at, run] of runs.entries()) await aSync(index.store, run, { now: () => (at + 1) * 1_000 });
  return index;
};

const verdictOf = (index: AnIndex, onBreach: OnBreach, key: string): Verdict =>
  index.reader().read((reading) => {
    const asking = { identity: person('ada'), rules: rules(onBreach), carried: carriedBy('test', rules(onBreach)), now: 5_000 };
    return redecide(reading, asking)(`wiki:${key}`);
  });

const freshOf = (index: AnIndex, key = 'plan'): unknown => {
  const verdict = verdictOf(index, 'label', key);
  return typeof verdict === 'object' && 'fresh' in verdict ? verdict.fresh : verdict;
};

const outdatedIn = async ({ store }: AnIndex): Promise<number | undefined> => (await store.status(['wiki']))[0]?.outdated;

test('a text that moved and could not be read is not fresh, however often its source confirms what it does not mention', async () => {
  const index = await after([MOVED], [UNCHANGED], [UNCHANGED]);
  expect([freshOf(index), freshOf(index, 'note')]).toEqual([false, true]);
  expect(await outdatedIn(index)).toBe(1);
});

test('it is past a promise that denies or asks, and its neighbour is not', async () => {
  const index = await after([MOVED], [UNCHANGED]);
  expect([verdictOf(index, 'deny', 'plan'), verdictOf(index, 'live', 'plan')]).toMatchObject([
    'refused',
    { need: { key: 'plan' } },
  ]);
  const at = { rules: rules('deny'), now: 5_000 };
  expect(shown(index, at)).toEqual(['wiki:note']);
  expect(verdictOf(index, 'deny', 'note')).toMatchObject({ fresh: true });
});

test('it is fresh again once it is read, or its source is back at the text that is stored', async () => {
  for (const again of [plan({ revision: '2' }), plan()]) {
    const index = await after([MOVED], [again], [UNCHANGED]);
    expect([freshOf(index), await outdatedIn(index)]).toEqual([true, 0]);
  }
});

test('a run for permissions alone does not make it fresh', async () => {
  const index = await after([MOVED]);
  await aSync(index.store, [plan(), UNCHANGED], { now: () => 2_000, due: PERMISSIONS });
  expect(freshOf(index)).toBe(false);
});

test.each<[string, Change<number>]>([
  ['a problem that names it', SAID],
  ['a document that is not as it should be', plan({ url: 'nowhere' })],
  ['a text without a revision', unrevised],
  ['another title', plan({ title: 'Another', body: TOO_LARGE })],
])('%s is of a text that may have moved', async (_, change) => {
  const index = await after([change], [UNCHANGED]);
  expect([freshOf(index), await outdatedIn(index)]).toEqual([false, 1]);
});

test('a problem of what the run has read, or was not to read, says nothing of its text', async () => {
  const index = await after([plan(), SAID], [UNCHANGED]);
  expect(freshOf(index)).toBe(true);
  await aSync(index.store, [SAID], { now: () => 3_000, due: PERMISSIONS });
  expect(freshOf(index)).toBe(true);
});

test('a text that could not be read and whose revision did not move is the one that is stored', async () => {
  const index = await after();
  // With another host a text is to be made anew.
  await aSync(index.store, [plan({ body: TOO_LARGE })], { now: () => 1_000, hosts: ['wiki.acme.test'] });
  await aSync(index.store, [UNCHANGED], { now: () => 2_000 });
  expect(freshOf(index)).toBe(true);
});

test('status counts it, and not as what was confirmed last', async () => {
  const index = await after([MOVED], [UNCHANGED]);
  expect(await index.store.status(['wiki'])).toMatchObject([{ outdated: 1, oldestContent: 2_000 }]);
});
