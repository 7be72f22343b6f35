import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import SQLite from 'better-sqlite3';
import { Client } from 'pg';

import { postgres } from '../connectors/postgres/sync.ts';
import { DEFAULT_FRESHNESS } from '../src/core/freshness.ts';
import { Secret } from '../src/core/secret.ts';
import { runSync } from '../src/ingest/runner.ts';
import { startPostgres } from '../test/support/a-postgres-server.ts';
import { openIndexAt } from '../test/support/index-in-process.ts';
import { diceOf } from '../test/property/dice.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';
import { commitsUntilSeen } from './connect-latency.ts';
import { madeUpText } from './made-up-text.ts';
import { percentile, table } from './table.ts';

/**
 * Reads a table of PostgreSQL through the real connector, until its rows are found by words, then follows it and measures how long
 * after a commit its row is found, or denied. Beside the first: the same rows selected and written into FTS5 alone.
 * `--rows <n>`: how many; `--commits <n>`: how many are measured each way.
 */
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, commits: { type: 'string', default: '50' } },
});
const ROWS = Number(values.rows);
const COMMITS = Number(values.commits);
/** Of words of about seven letters: a note of a few lines. */
const WORDS = 12;
const OWNERS = 50;
/** Rows in one commit of the baseline, and asked for at once. */
const COMMIT = 200;
const PAGE = 2_000;
const INSERTED = 5_000;
/** How often memory is looked at. */
const LOOKS = 5;

const folder = mkdtempSync(join(tmpdir(), 'castellan-bench-'));
const server = await startPostgres();
const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1_048_576);

const fill = async (): Promise<void> => {
  const dice = diceOf(17);
  await server.sql(`
    CREATE TABLE person (id text PRIMARY KEY, email text);
    INSERT INTO person SELECT 'u' || n, 'u' || n || '@acme.test' FROM generate_series(0, ${OWNERS - 1}) AS n;
    CREATE TABLE deal (id int PRIMARY KEY, name text, notes text, owner text, updated_at timestamptz DEFAULT now())`);
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  for (let from = 0; from < ROWS; from += INSERTED) {
    const ids = Array.from({ length: Math.min(INSERTED, ROWS - from) }, (_, at) => from + at);
    const notes = ids.map(() => madeUpText(dice, WORDS));
    await client.query(
      `INSERT INTO deal (id, name, notes, owner) SELECT n, 'deal ' || n, t, 'u' || n % ${OWNERS} FROM unnest($1::int[], $2::text[]) AS u(n, t)`,
      [ids, notes],
    );
  }
  await client.end();
};

const settings = postgres.settings.parse({
  url: new Secret(server.url()),
  accounts: 'SELECT id, email FROM person',
  tables: { deals: { from: 'deal', text: ['notes'], permissions: { owner: 'owner' } } },
});
const source = { name: 'app', settings, folder };

/** The connector, with the time that the runner waits for it: for the database, and for what it makes of its rows. */
const timed = (): { readonly connector: typeof postgres; readonly waited: () => number } => {
  let waited = 0;
  const connector: typeof postgres = {
    ...postgres,
    sync: async function* (run) {
      const steps = postgres.sync(run)[Symbol.asyncIterator]();
      for (;;) {
        const began = performance.now();
        const step = await steps.next();
        waited += performance.now() - began;
        if (step.done) return;
        yield step.value;
      }
    },
  };
  return { connector, waited: () => waited };
};

/** The least that could be done: the same rows, into words without permissions. */
const plainly = async (): Promise<number> => {
  const db = new SQLite(join(folder, 'plain.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE VIRTUAL TABLE text USING fts5(title, body)');
  const insert = db.prepare('INSERT INTO text (title, body) VALUES (?, ?)');
  const began = performance.now();
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  await client.query('BEGIN; DECLARE page NO SCROLL CURSOR FOR SELECT id, name, notes, owner, updated_at FROM deal');
  for (;;) {
    const { rows } = await client.query<{ name: string; notes: string }>(`FETCH ${PAGE} FROM page`);
    if (rows.length === 0) break;
    for (let from = 0; from < rows.length; from += COMMIT) {
      db.transaction(() => rows.slice(from, from + COMMIT).forEach(({ name, notes }) => insert.run(name, notes)))();
    }
  }
  await client.end();
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return seconds;
};

try {
  await fill();
  const path = join(folder, 'index.db');
  await (await openStore({ path, now: Date.now })).close();
  const index = await openIndexAt(path, {
    rules: { ownedDomains: ['acme.test'], sources: new Map([['app', DEFAULT_FRESHNESS]]) },
    now: Date.now,
  });
  const plain = await plainly();
  const { connector, waited } = timed();
  const memory: string[] = [];
  const before = megabytes();
  const began = performance.now();
  const end = await runSync({
    store: index.store,
    connector,
    source,
    now: Date.now,
    signal: new AbortController().signal,
    onProgress: ({ read }) => {
      while (memory.length < LOOKS && read >= ((memory.length + 1) * ROWS) / LOOKS) memory.push(`${megabytes()}`);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  if (end.status !== 'complete') throw new Error(JSON.stringify(end.problems));
  const written = [
    table(
      [`a first reading of ${ROWS.toLocaleString('en')} rows`, 'rows/s', 'aim'],
      [
        ['through the connector, until found by words', Math.round(ROWS / seconds).toLocaleString('en'), '5,000'],
        ['selected, into FTS5 alone', Math.round(ROWS / plain).toLocaleString('en'), ''],
      ],
    ),
    `The runner waited ${Math.round((100 * waited()) / 1000 / seconds)} % of the time for the connector and the database.`,
    `Resident memory in MB: ${before} before, then at every fifth of the rows ${memory.join(', ')}.`,
  ];
  const latencies = await commitsUntilSeen({ index, server, source, commits: COMMITS });
  written.push(
    '',
    table(
      [`${COMMITS} commits each, followed`, 'p50', 'p95', 'most', 'aim, p95', 'the same read in the database, p50'],
      latencies.map(({ what, ms, beside }) => [
        what,
        ...[0.5, 0.95, 1].map((share) => `${Math.round(percentile(ms, share))} ms`),
        '1,000 ms',
        `${percentile(beside, 0.5).toFixed(1)} ms`,
      ]),
    ),
  );
  process.stdout.write(`${written.join('\n')}\n`);
  await index.leave();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
