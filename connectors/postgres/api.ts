import { setTimeout } from 'node:timers/promises';

import { Client, escapeIdentifier } from 'pg';
import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Settings } from './settings.ts';

/** Until a connection stands, and until a statement is answered, in ms. */
const CONNECT = 10_000;
const STATEMENT = 300_000;
const LIVE_STATEMENT = 1_500;
/** So much longer a connection may be quiet: the server itself ends a statement that takes too long. In ms. */
const GRACE = 10_000;
/** How long a server may take to say goodbye, in ms. */
const GOODBYE = 1_000;
/** Rows that are held at once. */
const PAGE = 2_000;
/** Of wide rows as many of these as take no more bytes than that, or one. */
const STEPS = [PAGE, 40];
const HELD = 16 * 1_048_576;

/** A connection to the database, for one thing at a time. */
export interface Session {
  /** Every value comes as text, or null. Rejects with an `AppError` that says what to do; the connection's secret is in none. */
  rows<Row>(schema: z.ZodType<Row>, sql: string, values?: readonly unknown[]): Promise<Row[]>;
  run(sql: string, values?: readonly unknown[]): Promise<void>;
  /** Like `rows`, a page at a time: within a transaction. */
  pages<Row>(schema: z.ZodType<Row>, sql: string, values?: readonly unknown[]): AsyncGenerator<Row[]>;
  /** While that works, names mean what they mean to the role of the connection, and what is PostgreSQL's own comes first. */
  asWritten<T>(work: () => Promise<T>): Promise<T>;
  /** Makes a logical slot of this name. */
  makeSlot(slot: string): Promise<MadeSlot>;
  /** By which the role of the connection finds names, in SQL: `"$user", public`. */
  readonly path: string;
  /** Like `pages`, of wide rows: `size` is what each takes in bytes, in SQL. No page takes much more than may be held at once. */
  sizedPages<Row>(
    schema: z.ZodType<Row>,
    sql: string,
    given: { readonly size: string; readonly values: readonly unknown[] },
  ): AsyncGenerator<Row[]>;
}

type Reading = Pick<Run<Settings, unknown>, 'source' | 'settings' | 'signal'>;

/** A slot that was made, and what everybody saw who began at that moment: all that was committed and does not come by the slot. */
export interface MadeSlot {
  readonly lsn: string;
  /** For `SET TRANSACTION SNAPSHOT`, until another slot is made. */
  readonly snapshot: string;
}

/** Works with a connection of its own, which is closed at the end, however that comes; an abort closes it at once. */
export async function* connected<T>(
  { source, settings, signal }: Reading,
  work: (session: Session) => AsyncIterable<T>,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const { client, session, end } = await open({ source, settings, signal }, STATEMENT);
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const step of work(session)) {
      signal.throwIfAborted();
      yield step;
    }
    await Promise.race([client.end(), setTimeout(GOODBYE, undefined, { ref: false })]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** One question of somebody who waits. */
export const asked = async <T>(reading: Reading, work: (session: Session) => Promise<T>): Promise<T> => {
  const { signal } = reading;
  signal.throwIfAborted();
  const { session, end } = await open(reading, LIVE_STATEMENT);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await work(session);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
};

interface Open {
  readonly client: Client;
  readonly session: Session;
  /** Ends it without a word: the server notices. */
  readonly end: () => void;
}

const open = async (reading: Reading, statement: number): Promise<Open> => {
  const { source, signal } = reading;
  const client = clientOf(reading, statement);
  const lost: Error[] = []; // what ended the connection while nobody waited for an answer
  client.on('error', (error) => void lost.push(error));
  let beside: Client | undefined;
  const end = (): void => [client, beside].forEach((one) => one?.connection.stream.destroy());
  signal.addEventListener('abort', end, { once: true });
  try {
    await client.connect();
    const [before] = pathSchema.parse(await client.query(SESSION));
    const makeSlot = async (slot: string): Promise<MadeSlot> => {
      beside?.connection.stream.destroy();
      beside = clientOf(reading, statement, 'database');
      return slotMadeBy(beside, source, slot);
    };
    return { client, end, session: sessionOn(client, source, { lost, makeSlot, path: before.rows[0].path }) };
  } catch (error) {
    end();
    signal.throwIfAborted();
    throw failure(source, error);
  } finally {
    signal.removeEventListener('abort', end);
  }
};

/** What finds the names of our own statements: nothing that anybody made. */
export const OWN_PATH = 'pg_catalog, pg_temp';
/** However the database or the role is set up, texts come in one form, and what we ask is what is answered, in its time. */
const SESSION = `
  SELECT pg_catalog.current_setting('search_path') AS path; SET search_path = ${OWN_PATH};
  SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('server_version_num')::int >= 170000;
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; SET lc_monetary = 'C';
  SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET quote_all_identifiers = off;
  SET default_transaction_read_only = off; SET default_transaction_isolation = 'read committed'; SET row_security = on;
  SET idle_in_transaction_session_timeout = 0`;
const pathSchema = z.tuple([z.object({ rows: z.tuple([z.object({ path: z.string() })]) })], z.unknown());

const clientOf = ({ source, settings }: Reading, statement: number, replication?: 'database'): Client =>
  new Client({
    connectionString: settings.url.reveal(),
    application_name: `castellan ${source}`,
    connectionTimeoutMillis: CONNECT,
    statement_timeout: statement,
    query_timeout: statement + GRACE,
    keepAlive: true,
    types: { getTypeParser: () => (value: string) => value },
    ...(replication && { replication }),
  });

/** It waits for all transactions that write, each no longer than for a statement. */
const slotMadeBy = async (client: Client, source: string, slot: string): Promise<MadeSlot> => {
  client.on('error', () => undefined); // what it holds is missed when it is asked for
  try {
    await client.connect();
    await client.query(`SET lock_timeout = ${STATEMENT}`);
    const made = await client.query(`CREATE_REPLICATION_SLOT ${escapeIdentifier(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT`);
    const [{ consistent_point: lsn, snapshot_name: snapshot }] = madeSchema.parse(made.rows);
    return { lsn, snapshot };
  } catch (error) {
    throw failure(source, error);
  }
};

const madeSchema = z.tuple([z.object({ consistent_point: z.string(), snapshot_name: z.string() })]);

const sessionOn = (
  client: Client,
  source: string,
  { lost, path, makeSlot }: Pick<Session, 'path' | 'makeSlot'> & { readonly lost: readonly Error[] },
): Session => {
  const query = async (sql: string, values: readonly unknown[]): Promise<unknown[]> => {
    try {
      const result = await client.query({ text: sql, values: [...values] });
      return Array.isArray(result) ? [] : result.rows;
    } catch (error) {
      throw failure(source, lost[0] ?? error);
    }
  };
  const parsed = <Row>(schema: z.ZodType<Row>, rows: readonly unknown[]): Row[] =>
    rows.map((row) => {
      const result = schema.safeParse(row);
      if (result.success) return result.data;
      const [issue] = result.error.issues;
      throw new AppError(
        'source_changed',
        `${source} answered with something else than expected at ${issue?.path.join('.') ?? 'a row'} (${issue?.message ?? 'invalid'}).`,
      );
    });
  return {
    rows: async (schema, sql, values = []) => parsed(schema, await query(sql, values)),
    run: async (sql, values = []) => void (await query(sql, values)),
    path,
    makeSlot,
    // Where it fails, its transaction and its connection end with it.
    asWritten: async (work) => {
      await query("SELECT set_config('search_path', $1, false)", [path.trim() === '' ? OWN_PATH : `pg_catalog, ${path}`]);
      const answer = await work();
      await query(`SET search_path = ${OWN_PATH}`, []);
      return answer;
    },
    async *pages(schema, sql, values = []) {
      for await (const page of fetched(query, { sql, values, first: PAGE, next: () => PAGE })) yield parsed(schema, page);
    },
    async *sizedPages(schema, sql, { size, values }) {
      const ahead = STEPS.map(
        (step) => `sum(${size}) OVER (ROWS BETWEEN 1 FOLLOWING AND ${step} FOLLOWING)::text AS "ahead ${step}"`,
      );
      const next = (last: unknown): number => {
        const known = aheadSchema.parse(last);
        return STEPS.find((step) => Number(known[`ahead ${step}`] ?? 0) <= HELD) ?? 1;
      };
      const sized = `SELECT sized.*, ${ahead.join(', ')} FROM (${sql}) AS sized`;
      for await (const page of fetched(query, { sql: sized, values, first: 1, next })) yield parsed(schema, page);
    },
  };
};

interface Fetching {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly first: number;
  readonly next: (last: unknown) => number;
}

type Query = (sql: string, values: readonly unknown[]) => Promise<unknown[]>;

/** Pages of what a statement gives: of how many rows, the last row before them says. */
async function* fetched(query: Query, { sql, values, first, next }: Fetching): AsyncGenerator<unknown[]> {
  await query(`DECLARE castellan_page NO SCROLL CURSOR FOR ${sql}`, values);
  for (let count = first; ;) {
    const page = await query(`FETCH ${count} FROM castellan_page`, []);
    if (page.length > 0) yield page;
    if (page.length < count) break;
    count = next(page.at(-1));
  }
  await query('CLOSE castellan_page', []);
}

const aheadSchema = z.record(z.string(), z.string().nullable());

const faultSchema = z.object({ code: z.string().optional(), message: z.string().default('') });

/** What PostgreSQL calls it, as `AppError.cause` of what we say. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof AppError ? faultSchema.safeParse(error.cause).data?.code : undefined;

/** What the database or the network said, without what of it could be a secret: pg quotes no password, but an address may hold one. */
const failure = (source: string, cause: unknown): AppError => {
  if (cause instanceof AppError) return cause;
  const { code = '', message = '' } = faultSchema.safeParse(cause).data ?? {};
  const said = message.replace(/\w+:\/\/\S+/gu, 'its address').slice(0, 300);
  const known = KNOWN.find(({ codes }) => codes.test(code));
  if (known) return new AppError(known.as, `${source}: ${said} (${code}). ${known.remedy(source)}`, { cause });
  const inSql = /^[0-9A-Z]{5}$/u.test(code);
  if (inSql) return new AppError('source_rejected', `${source}: the database refused a question: ${said} (${code}).`, { cause });
  return new AppError(
    'source_unavailable',
    `${source}: the database cannot be reached (${code || said}). It is asked again by the next run.`,
    { cause },
  );
};

const KNOWN: readonly {
  readonly codes: RegExp;
  readonly as: 'source_unavailable' | 'source_rejected' | 'source_changed';
  remedy(source: string): string;
}[] = [
  { codes: /^28|^3D000$/u, as: 'source_rejected', remedy: (source) => `Correct the address of sources.${source}.url.` },
  { codes: /^42501$/u, as: 'source_rejected', remedy: () => 'Grant what connectors/postgres/README.md lists.' },
  {
    codes: /^(?:42P01|42703|3F000)$/u,
    as: 'source_changed',
    remedy: (source) => `Correct sources.${source}, or put back what was renamed.`,
  },
  {
    codes: /^55006$/u,
    as: 'source_unavailable',
    remedy: (source) =>
      `It is asked again by the next run; two Castellans need two slots, and so does whatever else follows it: sources.${source}.slot`,
  },
  { codes: /^(?:57P0|53|08|40|57014)/u, as: 'source_unavailable', remedy: () => 'It is asked again by the next run.' },
];
