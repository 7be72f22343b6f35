import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';

import { type APlace, accountLine, aPlace, synced, whole } from '../support/a-place.ts';
import { tamper } from '../support/tampering.ts';

let place: APlace | undefined;
afterEach(() => place?.remove());

const page = (key: string, text: string) => ({
  type: 'document',
  key,
  title: key,
  updated_at: '2026-01-02T03:04:05Z',
  text,
  format: 'plain',
  acl: { terms: [{ allow: ['everyone'], deny: [], from: 'wiki' }] },
});

test('of what a source deleted no byte is left in the data folder', async () => {
  place = await aPlace(whole([accountLine('ada'), page('kept', 'The lantern.'), page('gone', 'The zyxomorph merger.')]));
  await synced(place);
  const { data } = place;
  const holding = (): string[] => readdirSync(data).filter((file) => readFileSync(join(data, file)).includes('zyxomorph'));
  expect(holding()).not.toEqual([]);

  await place.append([{ type: 'delete', key: 'gone' }]);
  await synced(place);

  expect(holding()).toEqual([]);
});

test('a flipped byte in a stored text stops every command that would report on the index, or write to it', async () => {
  place = await aPlace(whole([accountLine('ada'), page('plan', 'The lantern is lit.')]));
  await synced(place);
  tamper(join(place.data, 'index.db'), "UPDATE chunk SET text = 'The lantern is lot.'");
  for (const command of ['status', 'sync']) {
    const { code, stdout, stderr } = await place.run([command]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^The index .*index\.db is damaged \(a stored text is not the one that was stored\)\. /u);
  }
});

test('so does one damaged page in the middle of the file', async () => {
  place = await aPlace(
    whole([accountLine('ada'), ...Array.from({ length: 40 }, (_, at) => page(`p${at}`, `The lantern ${at} is lit.`))]),
  );
  await synced(place);
  const path = join(place.data, 'index.db');
  const db = new SQLite(path, { readonly: true });
  const root = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'posting'").pluck().get());
  const size = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size, 0x5a), 0, size, (root - 1) * size);
  closeSync(file);
  for (const command of ['status', 'sync']) {
    const { code, stderr } = await place.run([command]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is damaged')]);
  }
});
