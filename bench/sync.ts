import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { z } from 'zod';

import type { Acl } from '../src/core/acl.ts';
import type { Change } from '../src/core/change.ts';
import { defineConnector } from '../src/core/connector.ts';
import { openLocalEmbedderThread } from '../src/embed/thread.ts';
import { runSync } from '../src/ingest/runner.ts';
import { embedWaiting } from '../src/ingest/vectors.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';
import { diceOf } from '../test/property/dice.ts';
import { madeUpText } from './made-up-text.ts';
import { table } from './table.ts';

/**
 * Syncs made-up documents through the whole of ingest: first into an empty index, then again unchanged, then with every
 * permission moved. Beside each, on the same disk and in commits of the same size, the least that SQLite could do for it:
 * FTS5 for the texts, one row a document for the rest. Then the real model embeds some of the chunks.
 */
const DOCUMENTS = 5_000;
/** Of words of about seven letters: two or three chunks. */
const WORDS = 300;
const EMBEDDED = 200;
const COMMIT = 200;

const dice = diceOf(11);
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'castellan-bench-'));
const store = await openStore({ path: join(folder, 'index.db'), now: Date.now });

const aclOf = (at: number, moved: boolean): Acl => ({
  terms: [{ allow: [`group:g${(at + (moved ? 1 : 0)) % 50}`], deny: [], from: 'folder' }],
});
const documents = Array.from({ length: DOCUMENTS }, (_, at) => {
  const [first, second] = [madeUpText(dice, WORDS / 2), madeUpText(dice, WORDS / 2)];
  return { key: `folder/page-${at}.md`, title: madeUpText(dice, 4), text: `# Page\n\n${first}\n\n## Part\n\n${second}\n` };
});
const told = ({ key, title, text }: (typeof documents)[number], at: number, revision?: string): Change => ({
  type: 'document',
  document: {
    key,
    title,
    type: 'page',
    updatedAt: new Date(0),
    acl: aclOf(at, false),
    body: { kind: 'text', text, format: 'markdown' },
    ...(revision !== undefined && { revision }),
  },
});

/** Seconds a run takes; it must end well. */
const sync = async (changes: Iterable<Change>): Promise<number> => {
  const connector = defineConnector({
    name: 'made-up',
    title: 'Made up',
    settings: z.object({}),
    cursor: z.unknown(),
    operations: [],
    hosts: () => [],
    sync: async function* () {
      yield* changes;
    },
  });
  const began = performance.now();
  const end = await runSync({ store, connector, source: { name: 'wiki', settings: {}, folder }, now: Date.now, signal });
  if (end.status !== 'complete') throw new Error(JSON.stringify(end.problems));
  return (performance.now() - began) / 1000;
};

const plain = new SQLite(join(folder, 'plain.db'));
plain.pragma('journal_mode = WAL');
plain.pragma('synchronous = FULL');
plain.exec(`
  CREATE VIRTUAL TABLE text USING fts5(title, body);
  CREATE TABLE document (key TEXT PRIMARY KEY, revision TEXT, acl TEXT, seen INTEGER)`);
/** Seconds that one statement a document takes, in commits of the same size. */
const plainly = (each: (document: (typeof documents)[number], at: number) => void): number => {
  const began = performance.now();
  for (let from = 0; from < DOCUMENTS; from += COMMIT) {
    plain.transaction(() => documents.slice(from, from + COMMIT).forEach((document, at) => each(document, from + at)))();
  }
  return (performance.now() - began) / 1000;
};
const insertText = plain.prepare('INSERT INTO text (title, body) VALUES (?, ?)');
const insert = plain.prepare('INSERT INTO document VALUES (?, ?, ?, 0)');
const confirm = plain.prepare('UPDATE document SET seen = seen + 1 WHERE key = ? AND revision = ?');
const move = plain.prepare('UPDATE document SET acl = ? WHERE key = ?');

const rate = (seconds: number): number => DOCUMENTS / seconds;
const row = (what: string, ours: number, theirs: number, aim = ''): string[] => [
  what,
  Math.round(rate(ours)).toLocaleString('en'),
  Math.round(rate(theirs)).toLocaleString('en'),
  (theirs / ours).toFixed(2),
  aim,
];

try {
  const first = await sync(documents.map((document, at) => told(document, at, '1')));
  const firstPlain = plainly(({ key, title, text }, at) => {
    insertText.run(title, text);
    insert.run(key, '1', JSON.stringify(aclOf(at, false)));
  });
  const again = await sync(documents.map((document, at) => told(document, at, '1')));
  const againPlain = plainly(({ key }) => confirm.run(key, '1'));
  const moved = await sync(documents.map(({ key }, at): Change => ({ type: 'acl', key, acl: aclOf(at, true) })));
  const movedPlain = plainly(({ key }, at) => move.run(JSON.stringify(aclOf(at, true)), key));
  const byHash = await sync(documents.map((document, at) => told(document, at)));

  const embedder = await openLocalEmbedderThread();
  const chunks = await store.waitingCount(embedder.fingerprint);
  const abort = new AbortController();
  const began = performance.now();
  const { embedded } = await embedWaiting({
    store,
    embedder,
    signal: abort.signal,
    onProgress: ({ done = 0 }) => {
      if (done >= EMBEDDED) abort.abort();
    },
  });
  const aChunk = (performance.now() - began) / 1000 / embedded;
  await embedder.close();

  const written = [
    table(
      [
        `${DOCUMENTS.toLocaleString('en')} documents, ${chunks.toLocaleString('en')} chunks`,
        'documents/s',
        'plain SQLite/s',
        'ratio',
        'aim',
      ],
      [
        row('first sync, until found by words', first, firstPlain),
        row('again, the same revisions', again, againPlain, '3,000'),
        row('again, the same bodies without revisions', byHash, againPlain),
        row('every permission moved, nothing else', moved, movedPlain, '5,000'),
      ],
    ),
    '',
    `Embedding: ${(1 / aChunk).toFixed(0)} chunks/s over ${embedded} chunks; ${((100 * aChunk * chunks) / (aChunk * chunks + first)).toFixed(0)} % of a first sync until found by meaning.`,
  ];
  process.stdout.write(`${written.join('\n')}\n`);
} finally {
  plain.close();
  await store.close();
  rmSync(folder, { recursive: true });
}
