import { parseArgs } from 'node:util';

import SQLite from 'better-sqlite3';

import type { Identity } from '../src/core/caller.ts';
import type { Change } from '../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../src/core/freshness.ts';
import { diceOf } from '../test/property/dice.ts';
import { openIndex } from '../test/support/index-in-process.ts';
import { madeUpText, wordOf } from './made-up-text.ts';
import { percentile, table } from './table.ts';

/**
 * Searches with conditions on fields, by words and without, as somebody who sees so many deals and not as many others. Beside each:
 * the same search without conditions, and what SQL takes for the same rows in a plain table with FTS5, without permissions.
 * `--visible <n>`, again and again: how many deals are seen; `--times <n>`: how often each is asked.
 */
const { values } = parseArgs({
  options: {
    visible: { type: 'string', multiple: true, default: ['10000', '100000'] },
    times: { type: 'string', default: '30' },
  },
});
const TIMES = Number(values.times);
/** Of words of about seven letters: a note of a few lines. */
const WORDS = 12;
/** What is neither seen nor to be paid for: one in so many. */
const HIDDEN = 5;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 5);
const ADA: Identity = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };

const STATUS = ['open', 'won', 'lost', 'parked'];

/** What is asked, and the same as SQL. */
const ASKED = [
  { what: 'one is equal', where: [{ field: 'status', is: 'Won' }], sql: `status = 'won'` },
  {
    what: 'one in a range',
    where: [{ field: 'amount', from: 1_000, to: 1_999 }],
    sql: 'amount BETWEEN 1000 AND 1999',
  },
  {
    what: 'five',
    where: [
      { field: 'status', is: 'Won' },
      { field: 'currency', is: 'EUR' },
      { field: 'amount', from: 1_000 },
      { field: 'due_at', from: '2026-01-05', to: '2026-03-31' },
      { field: 'closed_at', is: null },
    ],
    sql: `status = 'won' AND currency = 'EUR' AND amount >= 1000 AND closed_at IS NULL
      AND due_at BETWEEN '2026-01-05' AND '2026-03-31T23:59:59.999Z'`,
  },
] as const;

interface Deal {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly seen: boolean;
  readonly updatedAt: number;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

const dealsOf = (visible: number): Deal[] => {
  const dice = diceOf(23);
  return Array.from({ length: visible + Math.floor(visible / HIDDEN) }, (_, at) => ({
    key: `d${at}`,
    title: `deal ${at}`,
    text: madeUpText(dice, WORDS),
    seen: at % (HIDDEN + 1) !== 0 || at / (HIDDEN + 1) >= Math.floor(visible / HIDDEN),
    updatedAt: NOW - dice.roll(10_000_000),
    fields: {
      status: STATUS[dice.roll(STATUS.length)] ?? 'open',
      currency: dice.roll(2) === 1 ? 'EUR' : 'USD',
      amount: dice.roll(10_000),
      due_at: new Date(NOW + dice.roll(200) * DAY).toISOString(),
      closed_at: dice.roll(2) === 1 ? null : new Date(NOW).toISOString(),
    },
  }));
};

const changesOf = (deals: readonly Deal[]): Change[] => [
  { type: 'account', account: { id: 'ada', emails: [ADA.email ?? ''], active: true, kind: 'member' } },
  ...deals.map(({ key, title, text, seen, updatedAt, fields }): Change => ({
    type: 'document',
    document: {
      key,
      title,
      type: 'deal',
      updatedAt: new Date(updatedAt),
      acl: { terms: [{ allow: [seen ? 'user:ada' : 'user:bob'], deny: [], from: 'crm' }] },
      body: { kind: 'text', text, format: 'plain' },
      fields,
    },
  })),
];

/** The same rows with columns of their own, for whoever may read them all. */
const plainOf = (deals: readonly Deal[]): SQLite.Database => {
  const db = new SQLite(':memory:');
  db.exec(`
    CREATE TABLE deal (id INTEGER PRIMARY KEY, updated_at, status, currency, amount, due_at, closed_at);
    CREATE VIRTUAL TABLE text USING fts5(title, body)`);
  const insert = db.prepare('INSERT INTO deal VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertText = db.prepare('INSERT INTO text (rowid, title, body) VALUES (?, ?, ?)');
  db.transaction(() => {
    for (const [at, { title, text, seen, updatedAt, fields }] of deals.entries()) {
      if (!seen) continue;
      insert.run(at, updatedAt, fields.status, fields.currency, fields.amount, fields.due_at, fields.closed_at);
      insertText.run(at, title, text);
    }
  })();
  return db;
};

const timed = async (work: () => unknown): Promise<number[]> => {
  const taken: number[] = [];
  for (let time = 0; time <= TIMES; time++) {
    const began = performance.now();
    await work();
    if (time > 0) taken.push(performance.now() - began); // the first decides what is visible
  }
  return taken;
};

const measured = async (visible: number): Promise<string[][]> => {
  const deals = dealsOf(visible);
  const index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['crm', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  await index.sync('crm', changesOf(deals));
  await index.identify(ADA);
  const plain = plainOf(deals);
  const words = [wordOf(3), wordOf(200), wordOf(2_000)];
  const search = async (query: string, where?: (typeof ASKED)[number]['where']): Promise<void> => {
    const answer = await index.ask(ADA, 'search', { query, ...(where && { where }) });
    if (!('output' in answer)) throw new Error(JSON.stringify(answer));
  };
  const rows: string[][] = [];
  const without = await timed(() => search(words.join(' ')));
  for (const query of ['', words.join(' ')]) {
    for (const { what, where, sql } of ASKED) {
      const ours = await timed(() => search(query, where));
      const asked = plain.prepare(
        query === ''
          ? `SELECT id FROM deal WHERE ${sql} ORDER BY updated_at DESC, id LIMIT 11`
          : `SELECT deal.id FROM text JOIN deal ON deal.id = text.rowid WHERE text MATCH ? AND ${sql} ORDER BY bm25(text) LIMIT 11`,
      );
      const beside = await timed(() => asked.all(...(query === '' ? [] : [words.join(' OR ')])));
      const [p50, plainly, whole] = [percentile(ours, 0.5), percentile(beside, 0.5), percentile(without, 0.5)];
      rows.push([
        visible.toLocaleString('en'),
        query === '' ? 'no words' : 'three words',
        what,
        ...[p50, percentile(ours, 0.95)].map((ms) => ms.toFixed(1)),
        ...[whole, percentile(without, 0.95)].map((ms) => ms.toFixed(1)),
        (p50 / whole).toFixed(2),
        plainly.toFixed(1),
        (p50 / plainly).toFixed(1),
      ]);
    }
  }
  plain.close();
  await index.close();
  return rows;
};

const rows: string[][] = [];
for (const visible of values.visible) rows.push(...(await measured(Number(visible))));
const head = ['sees', 'asked', 'conditions', 'p50 ms', 'p95 ms', 'words alone: p50', 'p95', 'ratio', 'plain SQL: p50', 'ratio'];
process.stdout.write(`where: ${TIMES} times each, ten documents asked for\n${table(head, rows)}\n`);
