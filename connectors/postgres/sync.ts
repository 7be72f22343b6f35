import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { accessOf, isAsked } from './access.ts';
import { connected, type Session } from './api.ts';
import { type Table, tablesOf } from './catalog.ts';
import { type Cursor, cursorSchema, isLate, isUnasked } from './cursor.ts';
import { keyOf, rowChanges, rowSchema } from './map.ts';
import { type People, peopleChanges, readPeople } from './people.ts';
import { readRow } from './read.ts';
import { readRows, selectKeys } from './rows.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { isSame, lsnOf, openStream, relationsOf, renewed, serverOf, type Server, type Stream } from './slot.ts';
import { beginSeeing } from './snapshot.ts';
import { type Touched, touchedUpTo } from './stream.ts';
import { deleteRow } from './write-delete.ts';
import { insertRow } from './write-insert.ts';
import { updateRow } from './write-update.ts';

/** Rows that are asked for at once. */
const PAGE = 2_000;
/** Between two looks at how far the log is, in ms. */
const POLL = 100;

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
    for await (const server of connected(run, (session) => placesOf(session, run.source, signal))) {
      if (!isSame(cursor, server) || lsnOf(server.now) > lsnOf(cursor.lsn) || isUnasked(cursor, run.now().getTime())) return;
    }
  },
  read: readRow,
  writes: [insertRow, updateRow, deleteRow],
});

/** Which server it is and how far its log is, now and again. */
async function* placesOf(session: Session, source: string, signal: AbortSignal): AsyncGenerator<Server> {
  for (;;) {
    yield await serverOf(session, source);
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
  /** When it began, ms since 1970. */
  readonly now: number;
  /** Whether it sees all that is in the log before `server.now`. */
  readonly settled: boolean;
}

async function* changesOf(run: PostgresRun, session: Session): AsyncGenerator<Change<Cursor>> {
  const { cursor, source, settings, notice } = run;
  const now = run.now().getTime();
  const server = await serverOf(session, source);
  const tables = await tablesOf(session, source, settings);
  await assertSeesRows(session, source, tables);
  const opened = await openStream(session, run, { tables, remembered: cursor, server });
  const { stream, touched } = await followed({ run, session, tables, server }, opened);
  if (cursor && stream.broken !== undefined) {
    notice({ kind: 'advice', message: `All rows are read anew, for ${stream.broken}.` });
  }
  const settled = await beginSeeing(session, { touched, snapshot: stream.snapshot });
  const people = await readPeople(session, source, settings);
  if (people.problem !== undefined) notice({ kind: 'advice', message: people.problem });
  const work: Work = { run, session, tables, stream, server, people, now, settled };
  // Only a listing takes an account out as it takes out whatever is not named.
  if (cursor && touched && goneOf(cursor.accounts, accountsOf(people)).length === 0) yield* newChanges(work, cursor, touched);
  else yield* allChanges(work, touched);
  await session.run('COMMIT');
}

interface Followed {
  readonly stream: Stream;
  /** Undefined where all is to be read. */
  readonly touched?: Touched;
}

/** What the log says. Where it could not be followed from the cursor, it begins again, and all is read. */
const followed = async (
  { run: { cursor, due, settings, source }, session, tables, server }: Pick<Work, 'run' | 'session' | 'tables' | 'server'>,
  stream: Stream,
): Promise<Followed> => {
  if (!cursor || stream.broken !== undefined) return { stream };
  if (cursor.settings !== digestOf(settings, tables)) {
    return { stream: await renewed(session, source, stream, 'its settings or its tables are not what they were') };
  }
  if (due.listing) return { stream };
  const touched = await touchedUpTo(session, stream, { tables, upTo: server.now });
  return typeof touched === 'string' ? { stream: await renewed(session, source, stream, touched) } : { stream, touched };
};

const accountsOf = ({ accounts }: People): string[] => accounts.map(({ account }) => account.id);

const goneOf = (before: readonly string[], now: Iterable<string>): string[] => {
  const there = new Set(now);
  return before.filter((one) => !there.has(one));
};

/** Everything there is. What is committed meanwhile comes again by the stream, which begins before it. */
async function* allChanges(work: Work, touched?: Touched): AsyncGenerator<Change<Cursor>> {
  const { run, session, tables, people, stream } = work;
  const { cursor } = run;
  // If it dies on the way, nothing that the cursor says of what is stored holds.
  if (cursor) yield { type: 'checkpoint', cursor: { ...cursor, settings: '' } };
  yield { type: 'listing' };
  yield* peopleChanges(people);
  for (const table of tables) yield containerOf(table);
  // What the log says is gone is gone, however much it is.
  if (touched) for (const table of tables) yield* toldChanges(work, table, touched);
  const asked: Record<string, string> = {};
  for (const table of tables) {
    const access = await accessOf(session, table, { source: run.source, accounts: people.accounts });
    asked[table.name] = access.digest;
    yield* access.containers;
    for await (const page of readRows(session, table)) {
      for (const row of page) yield* rowChanges(table, row, access.aclOf(row));
    }
  }
  yield { type: 'complete' };
  // An older cursor that still holds says more than the slot, which may have been let go less far.
  const lsn = cursor && stream.broken === undefined ? cursor.lsn : stream.from;
  yield { type: 'checkpoint', cursor: cursorOf(work, { lsn, asked, ...askedNow(work) }) };
}

/** What is not what it was, as it is now. */
async function* newChanges(work: Work, cursor: Cursor, touched: Touched): AsyncGenerator<Change<Cursor>> {
  const { run, session, tables, people, server, now } = work;
  const peopleMoved = people.digest !== cursor.people;
  const asked: Record<string, string> = { ...cursor.asked };
  for (const table of tables) if (isAsked(table) && touched.rows.get(table.name)?.size) asked[table.name] = '';
  // Whatever is said from here on may be stored, and the run die after it: the next one must not take it for what it was.
  const begun: Cursor = {
    ...cursor,
    asked: { ...asked },
    ...(peopleMoved && {
      people: '',
      accounts: [...new Set([...cursor.accounts, ...accountsOf(people)])],
      groups: [...new Set([...cursor.groups, ...people.groups.keys()])],
    }),
  };
  if (!isDeepStrictEqual(begun, cursor)) yield { type: 'checkpoint', cursor: begun };
  if (peopleMoved) {
    yield* peopleChanges(people);
    for (const group of goneOf(cursor.groups, people.groups.keys())) yield { type: 'members', group, members: [] };
  }
  const deciding = new Set((await relationsOf(session, run.source, run.settings.deciding)).map(({ oid }) => oid));
  const decided = peopleMoved || touched.relations.values().some((relation) => deciding.has(relation));
  const asks = decided || (run.due.permissions && isLate(cursor, now));
  for (const table of tables) {
    yield* toldChanges(work, table, touched);
    if (asks && isAsked(table)) yield* movedAcls(work, table, { begun, asked });
  }
  // Where only the database knows who may see a row, nothing is known of the rows it was not asked about.
  const isWhole = asks || !tables.some(isAsked);
  if (isWhole) yield { type: 'unchanged' };
  yield {
    type: 'checkpoint',
    cursor: cursorOf(work, { lsn: server.now, asked, ...(isWhole ? askedNow(work) : askedOf(cursor)) }),
  };
}

/** What the log says of one table. */
async function* toldChanges(work: Work, table: Table, { emptied, rows }: Touched): AsyncGenerator<Change<never>> {
  if (emptied.has(table.name)) {
    yield { type: 'delete', key: table.name };
    yield containerOf(table);
  }
  yield* touchedChanges(work, table, rows.get(table.name) ?? new Map());
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
    for await (const page of readRows(session, table, keys)) {
      for (const row of page) {
        yield* rowChanges(table, row, access.aclOf(row));
        some.delete(keyOf(table, row));
      }
    }
    for (const key of some.keys()) yield { type: 'delete', key };
  }
}

/** Asks who may see each row. Only where that moved is anything said of it. */
async function* movedAcls(
  { run, session, people }: Work,
  table: Table,
  { begun, asked }: { readonly begun: Cursor; readonly asked: Record<string, string> },
): AsyncGenerator<Change<Cursor>> {
  const access = await accessOf(session, table, { source: run.source, accounts: people.accounts });
  if (access.digest === asked[table.name]) return;
  asked[table.name] = '';
  yield { type: 'checkpoint', cursor: { ...begun, asked: { ...asked } } };
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

type Asked = Pick<Cursor, 'askedAt' | 'askedLsn'>;

/** What is not seen for sure is asked for again. */
const askedNow = ({ now, settled, server }: Work): Asked => ({ askedAt: now, askedLsn: settled ? server.now : '0/0' });

const askedOf = ({ askedAt, askedLsn }: Cursor): Asked => ({ askedAt, askedLsn });

const cursorOf = (
  { run, tables, people, server: { system, timeline } }: Work,
  part: Asked & Pick<Cursor, 'lsn' | 'asked'>,
): Cursor => ({
  ...part,
  system,
  timeline,
  settings: digestOf(run.settings, tables),
  people: people.digest,
  accounts: accountsOf(people),
  groups: [...people.groups.keys()],
});

/** Of what the settings say of rows, and of what tables they found; the address, a secret, says nothing in JSON. */
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
