import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Caller } from '../../src/core/caller.ts';
import { openViews } from '../../src/reader/views.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Reader } from '../../src/store/reader.ts';
import type { Write } from '../../src/store/store.ts';
import { anIndex } from '../support/an-index.ts';
import { asking, ids } from '../support/asking.ts';
import { only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { aText, document } from '../support/new-document.ts';

const ADA: Caller = { identity: person('ada'), client: 'test', scopes: ['read'] };
const RULES = rulesFor('wiki', 'people');
const REQUEST = { query: 'spring', limit: 50, offset: 0 };
const never = new AbortController().signal;

const members = (...names: readonly string[]): Write => ({
  type: 'members',
  group: 'eng',
  members: names.map((name) => `person:${name}@acme.test` as const),
});

const inEng = (key: string): Write => document({ key, acl: only('group:eng') });

/** A process of its own that writes the source `people` of an index. */
const aWriter = async (path: string): Promise<(...writes: readonly Write[]) => Promise<void>> => {
  const child = fork(join(import.meta.dirname, 'writing-process.ts'), [path]);
  onTestFinished(() => void child.kill());
  await once(child, 'message');
  return async (...writes) => {
    const committed = once(child, 'message');
    child.send(writes);
    await committed;
  };
};

describe('what was revoked in another process is denied from the next call on', () => {
  test('while a first sync embeds here', async () => {
    const index = await anIndex();
    await index.sync(
      'wiki',
      Array.from({ length: 200 }, (_, at) =>
        document({ key: `w${at}`, title: `Plan ${at}`, text: aText(`Plan ${at}`, 'Spring.'), acl: only('user:nobody') }),
      ),
    );
    await index.sync('people', [members('ada'), ...['a', 'b', 'c'].map(inEng)]);
    const write = await aWriter(index.path);
    const views = await openViews({ indexPath: index.path, rules: RULES, now: () => 0 });
    onTestFinished(() => views.close());
    let embedded = 0;
    const stop = new AbortController();
    const embedding = (async () => {
      while (!stop.signal.aborted) {
        const waiting = await index.store.waiting('toy', 1);
        embedded += waiting.length;
        await index.store.putVectors(
          'toy',
          waiting.map(({ chunk }) => ({ chunk, vector: Float32Array.of(1, 0) })),
        );
        await setImmediate();
      }
    })();
    const found = async (): Promise<number> => (await views.of(ADA).search(REQUEST, never)).hits.length;
    const seen: number[] = [];
    for (let at = 0; at < 15; at++) {
      await write(members('bob'));
      seen.push(await found());
      expect((await views.of(ADA).fetch('people:a', never)).found).toBe('refused');
      await write(members('ada'));
      seen.push(await found());
    }
    stop.abort();
    await embedding;
    expect(seen).toEqual(Array.from({ length: 15 }, () => [0, 3]).flat());
    expect(embedded).toBeGreaterThan(10);
  });

  test('be it a member, a folder, an account, or the whole of what a group was', async () => {
    const index = await anIndex();
    await index.sync('people', [
      { type: 'members', group: 'outer', members: ['group:eng'] },
      members('ada'),
      { type: 'container', key: 'top', title: 'Top', acl: only('group:outer') },
      document({ acl: only('audience:top') }),
    ]);
    const write = await aWriter(index.path);
    const views = await openViews({ indexPath: index.path, rules: RULES, now: () => 0 });
    onTestFinished(() => views.close());
    const found = async (): Promise<number> => (await views.of(ADA).search(REQUEST, never)).hits.length;
    const whole = async (): Promise<number> => {
      await write(
        members('ada'),
        { type: 'members', group: 'outer', members: ['group:eng'] },
        { type: 'container', key: 'top', title: 'Top', acl: only('group:outer') },
      );
      return found();
    };
    const revoking: readonly Write[] = [
      members(),
      { type: 'members', group: 'outer', members: ['group:other'] },
      { type: 'container', key: 'top', title: 'Top', acl: only('person:bob@acme.test') },
      { type: 'acl', key: 'top', acl: { unknown: 'not told' } },
    ];
    for (const revoked of revoking) {
      expect(await whole()).toBe(1);
      await write(revoked);
      expect(await found()).toBe(0);
    }
  });
});

test('a change in the middle of a search changes nothing of its answer, and all of the next', async () => {
  const index = await anIndex();
  await index.sync('people', [members('ada'), ...['a', 'b', 'c'].map(inEng)]);
  const other = await openStore({ path: index.path, now: () => 0 });
  onTestFinished(() => other.close());
  const writer = await other.open('people', 'test', 0);
  const reader = index.reader();
  const changing: Reader = {
    ...reader,
    read: (look) =>
      reader.read((reading) =>
        look({
          ...reading,
          snapshot: (...given) => {
            const snapshot = reading.snapshot(...given);
            void writer.write([members('bob')]); // is on disk when it returns, and not in this transaction
            return snapshot;
          },
        }),
      ),
  };
  const { search } = asking(index, { rules: RULES, reader: changing });
  const before = await search('ada');
  expect(ids(before)).toEqual(['people:a', 'people:b', 'people:c']);
  const after = await search('ada');
  expect([ids(after), ids(await search('bob')).length]).toEqual([[], 3]);
  expect(after.basis.version).toBeGreaterThan(before.basis.version);
});
