import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import { openStore } from '../../../src/store/sqlite/index-store.ts';
import type { Write } from '../../../src/store/store.ts';
import { only } from '../../support/builders.ts';
import { aText, confirmation, document } from '../../support/new-document.ts';
import { COMPLETE, sync } from '../contract/place.ts';

const opened = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-postings-'));
  const path = join(folder, 'index.db');
  const store = await openStore({ path, now: () => 1000 });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return { store, path };
};

/** Asks the file itself, beside the store. */
const asked = <T>(path: string, sql: string): T[] => {
  const db = new SQLite(path, { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
};

test('what one commit writes twice, converts or takes out again leaves the postings of what is there', async () => {
  const { store, path } = await opened();
  const postings = () =>
    asked<{ key: string; text: string }>(
      path,
      `SELECT item.key, term.text
       FROM posting
       LEFT JOIN term ON term.id = posting.term
       LEFT JOIN chunk ON chunk.id = posting.chunk
       LEFT JOIN item ON item.id = chunk.item
       ORDER BY item.key, term.text`,
    ).map(({ key, text }) => `${key} ${text}`);
  const many = Array.from({ length: 150 }, (_, at) => `w${at}n`);
  await sync(store, [
    document({ key: 'a', title: 'T', text: aText('T', 'red fox') }),
    document({ key: 'b', title: 'T', text: aText('T', 'red owl') }),
    document({ key: 'c', title: 'T', text: aText('T', 'red hen') }),
    document({ key: 'd', title: 'T', text: aText('T', many.join(' ')) }),
    document({ key: 'a', title: 'T', text: aText('T', 'blue fox') }),
    { type: 'container', key: 'b', title: 'T', acl: only('everyone') },
    { type: 'delete', key: 'c' },
  ]);
  expect(postings()).toEqual(['a blue', 'a fox', 'a t', ...['t', ...many].toSorted().map((word) => `d ${word}`)]);
});

test('what a commit that failed would have written stays out of the next', async () => {
  const { store, path } = await opened();
  const writer = await store.open('wiki', 'jsonl', 1000);
  const broken: Write[] = [document({ key: 'a', text: aText('T', 'red fox') }), confirmation({ key: 'never stored' })];
  await expect(writer.write(broken)).rejects.toThrow('came without its text');
  const next = writer.write([document({ key: 'b', title: 'T', text: aText('T', 'owl') })]);
  await expect(next).resolves.toEqual({ changed: 1, deleted: 0 });
  expect(asked(path, 'SELECT term.text FROM posting JOIN term ON term.id = posting.term ORDER BY term.text')).toEqual([
    { text: 'owl' },
    { text: 't' },
  ]);
  await writer.finish(COMPLETE, 2000);
});
