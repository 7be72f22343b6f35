import { describe, expect, test } from 'vitest';

import type { SourceDocument } from '../../src/core/document.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { type ALiveIndex, aLiveIndex, LIVE, ranked } from '../support/a-live-index.ts';
import { aDocument, except, only } from '../support/builders.ts';

const LATER = 2 * 3_600_000;

const POLICIES = {
  default: NO_POLICY,
  clients: new Map([
    ['chat', { ...NO_POLICY, denyLabels: ['restricted'] }],
    ['desk', { ...NO_POLICY, sources: ['other'] }],
  ]),
};

/** Whom no rule lets Ada see, through the client `chat`. */
const HIDDEN: readonly SourceDocument[] = [
  aDocument({ key: 'bob', acl: only('person:bob@acme.test') }),
  aDocument({ key: 'denied', acl: except(['everyone'], ['person:ada@acme.test']) }),
  aDocument({ key: 'unknown', acl: { unknown: 'lost' } }),
  aDocument({ key: 'undecided', acl: only('group:never-listed') }),
  aDocument({ key: 'labelled', labels: ['restricted'] }),
  aDocument({ key: 'a00', title: 'Spring spring', acl: only('user:bob') }),
];

const worlds = async (documents: readonly SourceDocument[], hidden: readonly SourceDocument[]): Promise<ALiveIndex> => {
  const index = await aLiveIndex({ rules: { policies: POLICIES } });
  await index.sync([...hidden, ...documents]);
  index.clock.now += LATER;
  return index;
};

/** All that Ada can ask through a client, one after the other, and how often the source was asked each time. */
const everything = async ({ as, source }: ALiveIndex, keys: readonly string[]) => {
  const ada = as('ada', 'chat');
  const answers: { answer: unknown; asked: readonly string[] }[] = [];
  const ask = async (asking: () => Promise<unknown>): Promise<void> => {
    const before = source.asked.length;
    const answer = await asking();
    answers.push({ answer, asked: source.asked.slice(before).map(({ key }) => key) });
  };
  await ask(() => ada.search());
  await ask(() => ada.search({ limit: 2 }));
  await ask(() => ada.search({ query: 'harbour' }));
  await ask(() => ada.list());
  for (const key of keys) {
    await ask(() => ada.fetch(key));
    await ask(() => ada.fetch(key, { live: true }));
  }
  return answers;
};

/** Cursors are made with chance. */
const masked = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (name, value: unknown) => (name === 'next_cursor' ? '*' : value)));

describe('of what is hidden', () => {
  test.each([...HIDDEN.map(({ key }) => key), 'absent', 'k00/..'])('its source hears nothing, by no tool: %s', async (key) => {
    const index = await worlds([], HIDDEN);
    const answers = await everything(index, [key]);
    expect(answers).toHaveLength(6);
    expect(index.source.asked).toEqual([]);
  });

  test('nothing shows in an answer, nor in how often the source is asked', async () => {
    const seen = ranked(7);
    const keys = ['k00', 'k06', ...HIDDEN.map(({ key }) => key), 'absent'];
    const [plain, full] = [await worlds(seen, []), await worlds(seen, HIDDEN)];
    for (const { source } of [plain, full]) source.says.set('k03', 'gone');
    const answers = masked(await everything(plain, keys));
    expect(masked(await everything(full, keys))).toEqual(answers);
    expect(plain.source.asked.length).toBeGreaterThan(10);
    expect(full.source.asked.length).toBe(plain.source.asked.length);
  });

  test('its source hears nothing of a source that the client does not carry, or that is not configured', async () => {
    const index = await worlds(ranked(2), []);
    expect(await index.as('ada', 'desk').fetch('k00', { live: true })).toMatchObject({ error: { code: 'not_found' } });
    expect(await index.as('ada', 'desk').search()).toMatchObject({ output: { results: [] } });
    expect(index.source.asked).toEqual([]);
  });

  test('its source hears nothing of what is past a promise that denies', async () => {
    const index = await aLiveIndex({ freshness: { ...LIVE, content: { within: 1, onBreach: 'deny' } } });
    await index.sync(ranked(2));
    index.clock.now += LATER;
    expect(await index.as('ada').fetch('k00', { live: true })).toMatchObject({ error: { code: 'not_found' } });
    expect(index.source.asked).toEqual([]);
  });

  test('list_sources asks no source, and lists what holds by what is stored', async () => {
    const index = await worlds(ranked(2), HIDDEN);
    index.source.says.clear();
    expect(await index.as('ada', 'chat').list()).toMatchObject({ output: { sources: [{ name: 'wiki' }] } });
    expect(index.source.asked).toEqual([]);
  });

  test('a search asks about no more documents than it ranks', async () => {
    const index = await worlds(ranked(130), HIDDEN);
    index.source.says.clear();
    expect(await index.as('ada', 'chat').search({ limit: 50 })).toMatchObject({ output: { results: [] } });
    expect(index.source.asked).toHaveLength(100);
    expect(new Set(index.source.asked.map(({ key }) => key)).size).toBe(100);
  });
});
