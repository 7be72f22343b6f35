import { escapeIdentifier } from 'pg';
import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Session, sqlState } from './api.ts';
import { oidsOf, type Table } from './catalog.ts';
import { quotedName } from './names.ts';
import type { Settings } from './settings.ts';

/** More write-ahead log kept for us is worth a word, in bytes. */
const KEPT_MAX = 1_073_741_824;

/** A place in the write-ahead log, as a number: `16/B374D848` is 0x16B374D848. */
export const lsnOf = (written: string): bigint => {
  const [, high = '', low = ''] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/u.exec(written) ?? [];
  return high === '' ? 0n : (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

/** Where the stream stands. */
export interface Stream {
  readonly slot: string;
  readonly publication: string;
  /** All that was committed after it comes by the stream. */
  readonly from: string;
  /** What was there when the slot was made, if it was made now: see `MadeSlot`. */
  readonly snapshot?: string;
  /** Why what is stored cannot be brought up to date from its cursor, if so. */
  readonly broken?: string;
}

/** What a cursor remembers of the stream. */
export interface Remembered {
  readonly lsn: string;
  readonly system: string;
  readonly timeline: string;
}

/** The names, unless they are given: one slot and one publication a source. */
const namesOf = (source: string, { slot, publication }: Settings): { slot: string; publication: string } => {
  const name = `castellan_${source.replaceAll('-', '_')}`.slice(0, 63);
  return { slot: slot ?? name, publication: publication ?? name };
};

const serverRow = z.object({ system: z.string(), timeline: z.string(), now: z.string(), level: z.string() });
export type Server = z.infer<typeof serverRow>;

/** Which database this is, and how far it is: what is committed before `now` is in the log. */
export const serverOf = async (session: Session, source: string): Promise<Server> => {
  const [server] = await session.rows(
    serverRow,
    // Of the log that is being written, and not of the last checkpoint: that comes minutes after a standby took over.
    `SELECT (pg_control_system()).system_identifier::text AS system, current_setting('wal_level') AS level,
            CASE WHEN pg_is_in_recovery() THEN '' ELSE (('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int)::text END AS timeline,
            CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_current_wal_flush_lsn()::text END AS now`,
  );
  if (!server) throw new AppError('source_changed', 'The database does not say which it is.');
  if (server.now === '')
    throw new AppError(
      'source_rejected',
      `${source}: this server is a standby, which cannot be followed. Give the address of the primary: sources.${source}.url`,
    );
  return server;
};

const slotRow = z.object({
  plugin: z.string(),
  here: z.string(),
  confirmed: z.string().nullable(),
  status: z.string().nullable(),
  kept: z.string().nullable(),
});

/** Makes the stream ready: publication and slot are there, and what is before the cursor is let go, for it is stored. */
export const openStream = async (
  session: Session,
  { source, settings, notice }: Pick<Run<Settings, unknown>, 'source' | 'settings' | 'notice'>,
  {
    tables,
    remembered,
    server,
  }: { readonly tables: readonly Table[]; readonly remembered: Remembered | undefined; readonly server: Server },
): Promise<Stream> => {
  const { slot, publication } = namesOf(source, settings);
  if (server.level !== 'logical') {
    throw new AppError(
      'config',
      `${source}: the database keeps no logical log. Set wal_level = logical in postgresql.conf and restart it.`,
    );
  }
  const published = await publish(session, { source, publication, tables, deciding: settings.deciding });
  const [found] = await session.rows(
    slotRow,
    `SELECT plugin::text, (database = current_database())::text AS here, confirmed_flush_lsn::text AS confirmed, wal_status AS status,
            pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint::text AS kept
     FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  if (found && (found.plugin !== 'pgoutput' || found.here !== 'true')) {
    throw new AppError(
      'config',
      `${source}: the replication slot ${slot} is somebody else's. Name another: sources.${source}.slot`,
    );
  }
  const lost = found !== undefined && (found.status === 'lost' || found.confirmed === null);
  if (!found) {
    const made = await createSlot(session, source, slot);
    return { slot, publication, ...made, ...(remembered && { broken: 'its replication slot was gone' }) };
  }
  const anew = (why: string): Promise<Stream> => renewed(session, source, { slot, publication, from: '0/0' }, why);
  if (lost) return anew('the database threw away the log that was kept for it');
  const confirmed = found.confirmed ?? '0/0';
  if (Number(found.kept ?? 0) > KEPT_MAX) {
    const gigabytes = (Number(found.kept) / 1_073_741_824).toFixed(1);
    notice({
      kind: 'advice',
      message: `The database keeps ${gigabytes} GB of its log for ${slot}. Sync more often, or drop the slot.`,
    });
  }
  // What it let pass before may have been committed and seen by nobody yet: only a slot that is made now says what that was.
  if (!remembered) return anew('nothing of it is stored');
  if (!isSame(remembered, server)) return anew('this is another database server than before');
  if (lsnOf(remembered.lsn) < lsnOf(confirmed))
    return anew('what came after its cursor was let go already (two Castellans need two slots)');
  if (published) return anew('the publication did not hold all its tables');
  if (lsnOf(remembered.lsn) > lsnOf(server.now)) return anew('the database is at an earlier state than before');
  // Only now: what the cursor says was stored is stored, for it was stored with it.
  if (lsnOf(remembered.lsn) > lsnOf(confirmed))
    await session.run('SELECT pg_replication_slot_advance($1, $2::pg_lsn)', [slot, remembered.lsn]);
  return { slot, publication, from: remembered.lsn };
};

/** Is this the server whose log a cursor speaks of? A standby that took over, or a backup, goes on by another timeline. */
export const isSame = (one: Pick<Remembered, 'system' | 'timeline'>, other: Pick<Remembered, 'system' | 'timeline'>): boolean =>
  one.system === other.system && one.timeline === other.timeline;

/** Begins a slot again where what it holds cannot be followed: until all was read, no cursor fits it. */
export const renewed = async (session: Session, source: string, stream: Stream, why: string): Promise<Stream> => {
  await session.run('SELECT pg_drop_replication_slot($1)', [stream.slot]);
  return { ...stream, ...(await createSlot(session, source, stream.slot)), broken: why };
};

const createSlot = async (session: Session, source: string, slot: string): Promise<Pick<Stream, 'from' | 'snapshot'>> => {
  try {
    const { lsn: from, snapshot } = await session.makeSlot(slot);
    return { from, snapshot };
  } catch (cause) {
    if (sqlState(cause) === '53400')
      throw new AppError(
        'source_rejected',
        `${source}: the database has no replication slot left for ${slot}. Drop one that nobody follows (SELECT slot_name FROM pg_replication_slots WHERE NOT active), or raise max_replication_slots and restart it.`,
        { cause },
      );
    if (sqlState(cause) !== '42501') throw cause;
    throw new AppError('source_rejected', `${source}: its role may not follow changes. Run: ALTER ROLE <its role> REPLICATION`, {
      cause,
    });
  }
};

const publicationRow = z.object({ whole: z.string(), viaRoot: z.string() });
const publishedRow = z.object({ schema: z.string(), relation: z.string(), filtered: z.string() });

/** Sees to it that all tables are published whole. Gives whether one had to be added. */
const publish = async (
  session: Session,
  {
    source,
    publication,
    tables,
    deciding,
  }: {
    readonly source: string;
    readonly publication: string;
    readonly tables: readonly Table[];
    readonly deciding: readonly string[];
  },
): Promise<boolean> => {
  const [found] = await session.rows(
    publicationRow,
    `SELECT (pubinsert AND pubupdate AND pubdelete AND pubtruncate)::text AS whole,
            (pubviaroot AND EXISTS (SELECT FROM pg_class WHERE relispartition AND oid = ANY ($2::oid[])))::text AS "viaRoot"
     FROM pg_publication WHERE pubname = $1`,
    [publication, tables.map(({ oid }) => oid)],
  );
  if (found?.viaRoot === 'true') {
    throw new AppError(
      'config',
      `${source}: the publication ${publication} tells of partitions as of the whole they are part of. Run: ALTER PUBLICATION ${escapeIdentifier(publication)} SET (publish_via_partition_root = false)`,
    );
  }
  if (found && found.whole !== 'true') {
    throw new AppError(
      'config',
      `${source}: the publication ${publication} leaves kinds of changes out. Run: ALTER PUBLICATION ${escapeIdentifier(publication)} SET (publish = 'insert, update, delete, truncate')`,
    );
  }
  const published = await session.rows(
    publishedRow,
    `SELECT schemaname AS schema, tablename AS relation,
            (rowfilter IS NOT NULL OR cardinality(attnames) < (
              SELECT count(*) FROM pg_attribute WHERE attrelid = format('%I.%I', schemaname, tablename)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ))::text AS filtered
     FROM pg_publication_tables WHERE pubname = $1`,
    [publication],
  );
  const wanted = [...tables.map(({ from }) => from), ...(await relationsOf(session, source, deciding)).map(({ from }) => from)];
  const part = published.find(({ filtered }) => filtered === 'true');
  if (part && wanted.includes(quoted(part))) {
    throw new AppError(
      'config',
      `${source}: the publication ${publication} leaves rows or columns of ${part.relation} out. Publish it whole.`,
    );
  }
  const there = new Set(published.map(quoted));
  const missing = wanted.filter((from) => !there.has(from));
  if (found && missing.length === 0) return false;
  const name = escapeIdentifier(publication);
  const sql = found
    ? `ALTER PUBLICATION ${name} ADD TABLE ${missing.map(only).join(', ')}`
    : `CREATE PUBLICATION ${name} FOR TABLE ${wanted.map(only).join(', ')}`;
  try {
    await session.run(sql);
    return true;
  } catch (cause) {
    if (sqlState(cause) !== '42501') throw cause;
    throw new AppError('source_rejected', `${source}: its role may not publish its tables. Let their owner run: ${sql}`, {
      cause,
    });
  }
};

/** Not those that inherit from it: they may have no key, and could not be changed any more. */
const only = (from: string): string => `ONLY ${from}`;

const quoted = ({ schema, relation }: { readonly schema: string; readonly relation: string }): string =>
  quotedName(schema, relation);

const decidingRow = z.object({ oid: z.string(), schema: z.string(), relation: z.string(), identified: z.string() });

interface Deciding {
  readonly oid: number;
  /** As it stands in SQL. */
  readonly from: string;
}

/** The tables that decide for others. */
export const relationsOf = async (session: Session, source: string, names: readonly string[]): Promise<Deciding[]> => {
  const found: Deciding[] = [];
  const oids = names.length === 0 ? new Map<string, string>() : await oidsOf(session, names);
  for (const name of names) {
    const [row] = await session.rows(
      decidingRow,
      `SELECT c.oid::text, n.nspname AS schema, c.relname AS relation,
              (c.relreplident IN ('f', 'i') OR c.relreplident = 'd' AND EXISTS (
                SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary
              ))::text AS identified
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE c.oid = $1::oid AND c.relkind = 'r'`,
      [oids.get(name) ?? null],
    );
    if (!row) throw new AppError('source_changed', `sources.${source}.deciding names ${name}, which is no table that is there.`);
    const from = quoted(row);
    if (row.identified !== 'true')
      throw new AppError(
        'config',
        `sources.${source}.deciding: published as it is, rows of ${name} could not be changed any more. Run: ALTER TABLE ${from} REPLICA IDENTITY FULL`,
      );
    found.push({ oid: Number(row.oid), from });
  }
  return found;
};
