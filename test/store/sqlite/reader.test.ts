import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { DEFAULT_FRESHNESS, type Freshness } from '../../../src/core/freshness.ts';
import { carriedBy } from '../../../src/core/policy.ts';
import type { Reading } from '../../../src/store/reader.ts';
import { openReader } from '../../../src/store/sqlite/reader.ts';
import { aFolder } from '../../support/a-folder.ts';
import { anIndex } from '../../support/an-index.ts';
import { anAccount, only } from '../../support/builders.ts';
import { looking, person, rulesFor, shown } from '../../support/looking.ts';
import { aText, document } from '../../support/new-document.ts';

const HOUR = 3_600_000;

describe('promises', () => {
  const day = DEFAULT_FRESHNESS.permissions.within;
  const strict: Freshness = { ...DEFAULT_FRESHNESS, content: { within: HOUR, onBreach: 'deny' } };
  const lenient: Freshness = { ...DEFAULT_FRESHNESS, permissions: { within: HOUR, onBreach: 'label' } };

  test.each<readonly [string, Freshness, number, number]>([
    ['permissions past theirs hide', DEFAULT_FRESHNESS, day, 1],
    ['permissions past theirs hide, 1 ms later', DEFAULT_FRESHNESS, day + 1, 0],
    ['permissions that are only labelled never hide', lenient, day * 365, 1],
    ['content past its own hides where it is denied', strict, HOUR, 1],
    ['content past its own hides where it is denied, 1 ms later', strict, HOUR + 1, 0],
    ['content that is only labelled never hides', DEFAULT_FRESHNESS, HOUR + 1, 1],
  ])('%s', async (_, freshness, now, count) => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    expect(shown(index, { rules: rulesFor(['wiki', freshness]), now })).toHaveLength(count);
  });

  test('a group and a folder that nobody confirmed since hide what they decide, and a run that found nothing new brings them back', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      { type: 'members', group: 'eng', members: ['everyone'] },
      { type: 'container', key: 'folder', title: 'Folder', acl: only('everyone') },
    ]);
    await index.sync(
      'wiki',
      [document({ key: 'g', acl: only('group:eng') }), document({ key: 'f', acl: only('audience:folder') })],
      day,
    );
    expect(shown(index, { now: day })).toEqual(['wiki:f', 'wiki:g']);
    expect(shown(index, { now: day + 1 })).toEqual([]);
    await index.sync('wiki', [{ type: 'unchanged' }], day + 1);
    expect(shown(index, { now: day + 1 })).toEqual(['wiki:f', 'wiki:g']);
  });

  test('say until when a view stands: until the first of them runs out', async () => {
    const index = await anIndex();
    await index.sync('wiki', [{ type: 'account', account: anAccount({ id: 'ada' }) }], 10);
    await index.sync('wiki', [{ type: 'members', group: 'eng', members: ['everyone'] }], 20);
    await index.sync('wiki', [{ type: 'container', key: 'f', title: 'F', acl: only('everyone') }], 30);
    await index.sync('wiki', [document({ acl: only('audience:f') })], 40);
    const until = (now: number): number =>
      index.reader().read((reading) => reading.holdAcls(person('ada'), rulesFor('wiki'), now).until);
    expect(until(40)).toBe(day + 10);
    expect(until(day + 11)).toBe(day + 20); // the account has run out and cannot run out again
    expect(until(day + 21)).toBe(day + 30);
    expect(until(day + 31)).toBe(Infinity);
  });
});

describe('stored documents', () => {
  test('come whole, with their author’s account and their chunks in order', async () => {
    const index = await anIndex();
    const chunk = { stripped: 0, location: {}, terms: [], embedded: 'made up' };
    await index.sync('wiki', [
      { type: 'account', account: anAccount({ id: 'gus', name: 'Gus', kind: 'guest' }) },
      document({
        key: 'x:y',
        author: 'user:gus',
        labels: ['restricted'],
        fields: { status: 'open', amount: 3, done: null },
        text: {
          contentHash: 'ab'.repeat(32),
          chunks: [
            { ...chunk, text: 'One. ', location: { headings: ['A', 'B'] }, author: 'user:gus', stripped: 2 },
            { ...chunk, text: 'Two.', author: 'user:nobody' },
          ],
        },
      }),
    ]);
    const waiting = await index.store.waiting('toy', 10);
    const vectors = waiting.map((one) => ({ chunk: one.chunk, vector: Float32Array.of(1, 0) }));
    await index.store.putVectors('toy', vectors);
    looking(index, (_, reading) => {
      const document = reading.document('wiki', 'x:y');
      expect(document).toMatchObject({
        author: { name: 'Gus', kind: 'guest' },
        labels: ['restricted'],
        fields: { status: 'open', amount: 3, done: null },
        acl: { value: only('everyone') },
      });
      const chunks = reading.chunks(document?.item ?? 0);
      expect(chunks.map(({ text }) => text).join('')).toBe('One. Two.');
      expect(chunks[0]).toMatchObject({ location: { headings: ['A', 'B'] }, stripped: 2, embeddedWith: ['toy'] });
      expect(chunks.map(({ author }) => author)).toEqual([{ kind: 'guest' }, undefined]);
      expect(reading.chunks(document?.item ?? 0, [1]).map(({ text }) => text)).toEqual(['Two.']);
    });
  });

  test('are absent when nothing, or only a container, has the key', async () => {
    const index = await anIndex();
    await index.sync('wiki', [{ type: 'container', key: 'folder', title: 'F', acl: only('public') }]);
    looking(index, (_, reading) => {
      expect(reading.document('wiki', 'folder')).toBeUndefined();
      expect(reading.document('wiki', 'nope')).toBeUndefined();
      expect(reading.document('nope', 'folder')).toBeUndefined();
      expect(reading.chunks(99)).toEqual([]);
    });
  });

  test('are summed up by source, type, acl and labels, over those that are visible alone', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'a', updatedAt: 5, fields: { status: 'open' } }),
      document({ key: 'b', updatedAt: 7, fields: { amount: 1 } }),
      document({ key: 'h', updatedAt: 9, acl: only('user:bob'), fields: { secret: true } }),
      document({ key: 'i', type: 'issue', acl: only('user:bob') }),
    ]);
    const rows = looking(index, (_, reading) =>
      reading.visibleSources(reading.holdAcls(person('ada'), rulesFor('wiki'), 0), carriedBy('test', rulesFor('wiki')), 0),
    );
    expect(rows).toEqual([
      {
        source: 'wiki',
        type: 'page',
        acl: only('everyone'),
        labels: [],
        fields: ['amount', 'status'],
        updatedAt: 7,
        syncedAt: 0,
        permissionsSyncedAt: 0,
      },
    ]);
  });
});

describe('a transaction', () => {
  test('sees one commit, whatever is written meanwhile', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const reader = index.reader();
    const before = reader.read(({ basis }) => basis);
    await index.sync('wiki', [document({ key: 'new' })]);
    const after = reader.read(({ basis }) => basis);
    expect(after.databaseId).toBe(before.databaseId);
    expect(after.version).toBeGreaterThan(before.version);
  });

  test('that fails leaves nothing behind that the next could count', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const reader = index.reader();
    const carried = carriedBy('test', rulesFor('wiki'));
    const look = (reading: Reading, as: string): number =>
      reading.snapshot(reading.holdAcls(person(as), rulesFor('wiki'), 0), carried, 0, {}).count();
    const failing = (): void =>
      reader.read((reading) => {
        look(reading, 'ada');
        throw new Error('later');
      });
    expect(failing).toThrow('later');
    expect(reader.read((reading) => [look(reading, 'ada'), look(reading, 'bob')])).toEqual([1, 1]);
  });
});

describe('an index that cannot be read', () => {
  test('is unavailable when it is not there, and says what makes one', () => {
    expect(() => openReader('/nonexistent/index.db')).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('castellan sync') }),
    );
  });

  test('is unavailable when it is no database', async () => {
    const path = join(await aFolder(), 'index.db');
    writeFileSync(path, 'not a database, and long enough to be looked into\n'.repeat(100));
    expect(() => openReader(path)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  test('is unavailable when a page is damaged, and stays so for all others', async () => {
    const index = await anIndex();
    const pages = Array.from({ length: 300 }, (_, at) => document({ key: `k${at}`, text: aText('Plan', `${at} `.repeat(500)) }));
    await index.sync('wiki', pages);
    await index.store.close();
    const bytes = readFileSync(index.path);
    writeFileSync(index.path, bytes.fill(0xaa, Math.floor(bytes.length / 3))); // the schema is in the first pages
    const reader = index.reader();
    const unavailable = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('damaged') });
    const look = (): unknown => reader.read((reading) => pages.map((_, at) => reading.document('wiki', `k${at}`)));
    expect(look).toThrow(unavailable);
    expect(() => reader.read(({ basis }) => basis)).toThrow(unavailable);
  });
});
