import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { accessOf, isAsked } from './access.ts';
import { connected, type Session } from './api.ts';
import { type Table, tablesOf } from './catalog.ts';
import { keyOf, rowChanges, rowSchema } from './map.ts';
import { type People, peopleChanges, readPeople } from './people.ts';
import { readRow } from './read.ts';
import { listsOf, selectKeys, selectRows } from './rows.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { lsnOf, openStream, relationsOf, serverOf, type Server, type Stream } from './slot.ts';
import { seesAll, type Touched, touchedUpTo } from './stream.ts';

/** Rows that are asked for at once. */
const PAGE = 2_000;
/** What only the database decides is asked anew at most this often while changes come, in ms. */
const ASK_AGAIN = 60_000;
/** How long commits of the log may take to become visible, in ms, and how often that is looked at. */
const VISIBLE = 10_000;
const LOOK = 25;
/** Between two looks at how far the log is, in ms. */
const POLL = 100;

const cursorSchema = z.strictObject({
  /** What was committed before it is stored. */
  lsn: z.string(),
  system: z.string(),
  timeline: z.string(),
  /** Of the settings and of the tables as they are: with others, what is stored is not what would be. */
  settings: z.string(),
  people: z.string(),
  /** Of the tables whose rows' readers are asked for: who they were. */
  asked: z.record(z.string(), z.string()),
  /** When they were, ms since 1970. */
  askedAt: z.number(),
});
/** Where a run left off. */
export type Cursor = z.infer<typeof cursorSchema>;
type PostgresRun = Run<Settings, Cursor>;

/** Tables of a PostgreSQL database, each row a document, with the permissions the database or its columns give. */
export const postgres = defineConnector<Settings, Cursor>({
  name: 'postgres',
  title: 'PostgreSQL',
  settings: settingsSchema,
  cursor: cursorSchema,
  operations: [],
  hosts: ({ url }) => {
    const host = URL.parse(url.reveal())?.host;
    return host ? [host] : [];
  },
  sync: (run) => connected(run, (session) => changesOf(run, session)),
  awaitChange: async (run) => {
    const { cursor, signal } = run;
    if (!cursor) return;
    for await (const now of connected(run, (session) => placesOf(session, signal))) if (lsnOf(now) > lsnOf(cursor.lsn)) return;
  },
  read: readRow,
});

/** How far the log is, now and again. */
async function* placesOf(session: Session, signal: AbortSignal): AsyncGenerator<string> {
  for (;;) {
    yield (await serverOf(session)).now;
    await setTimeout(POLL, undefined, { signal });
  }
}

/** What every step of a run knows. */
interface Work {
  readonly run: PostgresRun;
  readonly session: Session;
  readonly tables: readonly Table[];
  readonly people: People;
  readonly stream: Stream;
  readonly server: Server;
}

async function* changesOf(run: PostgresRun, session: Session): AsyncGenerator<Change<Cursor>> {
  const { cursor, source, settings, notice } = run;
  const server = await serverOf(session);
  const tables = await tablesOf(session, source, settings);
  await assertSeesRows(session, source, tables);
  const stream = await openStream(session, run, { tables, remembered: cursor, server });
  if (cursor && stream.broken !== undefined) {
    notice({ kind: 'advice', message: `All rows are read anew, for ${stream.broken}.` });
  }
  const touched =
    cursor && !run.due.listing && stream.broken === undefined && cursor.settings === digestOf(settings, tables)
      ? await touchedUpTo(session, stream, { tables, upTo: server.now })
      : undefined;
  await beginSeeing(session, touched);
  const work: Work = { run, session, tables, stream, server, people: await readPeople(session, source, settings) };
  if (cursor && touched) yield* newChanges(work, cursor, touched);
  else yield* allChanges(work);
  await session.run('COMMIT');
}

/** One snapshot for everything this run says, not older than what the log said. */
const beginSeeing = async (session: Session, touched: Touched | undefined): Promise<void> => {
  for (let waited = 0; ; waited += LOOK) {
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ');
    if (!touched || (await seesAll(session, touched.transactions))) return;
    await session.run('ROLLBACK');
    if (waited >= VISIBLE) {
      throw new AppError(
        'source_unavailable',
        `A transaction is committed and not visible for ${VISIBLE / 1000} s: a replica may be late. It is read by the next run.`,
      );
    }
    await setTimeout(LOOK);
  }
};

/** Everything there is. What is committed meanwhile comes again by the stream, which begins before it. */
async function* allChanges(work: Work): AsyncGenerator<Change<Cursor>> {
  const { run, session, tables, people, stream } = work;
  const { cursor } = run;
  yield { type: 'listing' };
  yield* peopleChanges(people);
  for (const table of tables) yield containerOf(table);
  const asked: Record<string, string> = {};
  for (const table of tables) {
    const access = await accessOf(session, table, { source: run.source, accounts: people.accounts });
    asked[table.name] = access.digest;
    yield* access.containers;
    for await (const page of session.pages(rowSchema, selectRows(table, false))) {
      for (const row of page) yield* rowChanges(table, row, access.aclOf(row));
    }
  }
  yield { type: 'complete' };
  // An older cursor that still holds says more than the slot, which may have been let go less far.
  const lsn = cursor && stream.broken === undefined ? cursor.lsn : stream.from;
  yield { type: 'checkpoint', cursor: cursorOf(work, { lsn, asked, askedAt: run.now().getTime() }) };
}

/** What is not what it was, as it is now. */
async function* newChanges(work: Work, cursor: Cursor, touched: Touched): AsyncGenerator<Change<Cursor>> {
  const { run, session, tables, people, server } = work;
  const now = run.now().getTime();
  const peopleMoved = people.digest !== cursor.people;
  if (peopleMoved) yield* peopleChanges(people);
  const deciding = new Set(await relationsOf(session, run.source, run.settings.deciding));
  const decided = peopleMoved || touched.relations.values().some((relation) => deciding.has(relation));
  const isLate = now - cursor.askedAt >= ASK_AGAIN || now < cursor.askedAt;
  const asks = decided || (run.due.permissions && isLate);
  const asked: Record<string, string> = { ...cursor.asked };
  for (const table of tables) {
    if (touched.emptied.has(table.name)) {
      yield { type: 'delete', key: table.name };
      yield containerOf(table);
    }
    yield* touchedChanges(work, table, touched.rows.get(table.name) ?? new Map());
    if (asks && isAsked(table)) yield* movedAcls(work, table, asked);
  }
  // Where only the database knows who may see a row, nothing is known of the rows it was not asked about.
  if (asks || !tables.some(isAsked)) yield { type: 'unchanged' };
  yield { type: 'checkpoint', cursor: cursorOf(work, { lsn: server.now, asked, askedAt: asks ? now : cursor.askedAt }) };
}

/** The rows of these keys, as they are now, or that they are no more. */
async function* touchedChanges(
  { run, session, people }: Work,
  table: Table,
  rows: ReadonlyMap<string, readonly string[]>,
): AsyncGenerator<Change<never>> {
  const all = [...rows];
  for (let at = 0; at < all.length; at += PAGE) {
    const some = new Map(all.slice(at, at + PAGE));
    const keys = [...some.values()];
    const access = await accessOf(session, table, { source: run.source, accounts: people.accounts, keys });
    yield* access.containers;
    for (const row of await session.rows(rowSchema, selectRows(table, true), listsOf(keys, table.key.length))) {
      yield* rowChanges(table, row, access.aclOf(row));
      some.delete(keyOf(table, row));
    }
    for (const key of some.keys()) yield { type: 'delete', key };
  }
}

/** Asks who may see each row. Only where that moved is anything said of it. */
async function* movedAcls(
  { run, session, people }: Work,
  table: Table,
  asked: Record<string, string>,
): AsyncGenerator<Change<never>> {
  const access = await accessOf(session, table, { source: run.source, accounts: people.accounts });
  if (access.digest === asked[table.name]) return;
  asked[table.name] = access.digest;
  yield* access.containers;
  for await (const page of session.pages(rowSchema, selectKeys(table, false))) {
    for (const row of page) yield { type: 'acl', key: keyOf(table, row), acl: access.aclOf(row) };
  }
}

/** It says nothing of its rows: they have permissions of their own. */
const containerOf = ({ name, settings }: Table): Change<never> => ({
  type: 'container',
  key: name,
  title: settings.from,
  acl: { terms: [{ allow: [], deny: [], from: `table ${name}` }] },
});

const cursorOf = (
  { run, tables, people, server: { system, timeline } }: Work,
  part: Pick<Cursor, 'lsn' | 'asked' | 'askedAt'>,
): Cursor => ({
  ...part,
  system,
  timeline,
  settings: digestOf(run.settings, tables),
  people: people.digest,
});

/** Of what the settings say of rows, and of what they are read from; the address, a secret, says nothing in JSON. */
const digestOf = (settings: Settings, tables: readonly Table[]): string =>
  createHash('sha256')
    .update(JSON.stringify([settings, tables.map(({ shape }) => shape)]))
    .digest('hex');

const bypassRow = z.object({ hidden: z.string() });

/** Row security that binds us too would hide rows without a word, and they would be taken for gone. */
const assertSeesRows = async (session: Session, source: string, tables: readonly Table[]): Promise<void> => {
  for (const { name, from } of tables) {
    const [row] = await session.rows(bypassRow, 'SELECT row_security_active($1::regclass)::text AS hidden', [from]);
    if (row?.hidden !== 'true') continue;
    throw new AppError(
      'source_rejected',
      `${source}: row security hides rows of ${name} from Castellan itself, which cannot tell them from deleted ones. Run: ALTER ROLE <its role> BYPASSRLS`,
    );
  }
};
