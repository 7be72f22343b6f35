import { escapeIdentifier } from 'pg';
import { PgoutputPlugin } from 'pg-logical-replication';
import { z } from 'zod';

import type { Session } from './api.ts';
import type { Table } from './catalog.ts';
import { keyFrom } from './map.ts';
import type { Stream } from './slot.ts';

/** With more changed rows than this, reading the tables anew costs less than asking for each. */
const TOUCHED_MAX = 200_000;

/** What was committed in a stretch of the log: which rows are not what they were. What they are now is read from the tables. */
export interface Touched {
  /** By table, the values of the keys, old and new, by the document's key. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** Tables that were emptied. */
  readonly emptied: ReadonlySet<string>;
  /** Relations that something happened to, by their oid. */
  readonly relations: ReadonlySet<number>;
  /** Transactions it came by, as the log counts them (32 bits). */
  readonly transactions: ReadonlySet<number>;
}

/** Why a stretch of the log is not followed. */
type Unfollowed = 'more was changed than is worth following' | 'the log does not tell which rows were changed';

const peekedRow = z.object({ data: z.string().transform((hex) => Buffer.from(hex, 'hex')) });

/**
 * Looks at what was committed up to a place in the log, and takes nothing away: the next run lets go of it once this one is
 * stored.
 */
export const touchedUpTo = async (
  session: Session,
  { slot, publication }: Stream,
  { tables, upTo }: { readonly tables: readonly Table[]; readonly upTo: string },
): Promise<Touched | Unfollowed> => {
  const byOid = Map.groupBy(tables, ({ oid }) => oid);
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
  const rows = new Map<string, Map<string, readonly string[]>>(tables.map(({ name }) => [name, new Map()]));
  const emptied = new Set<string>();
  const relations = new Set<number>();
  const transactions = new Set<number>();
  let count = 0;
  let untold = false;

  const touch = ({ relationOid }: Relation, of: readonly (Tuple | null)[]): void => {
    relations.add(relationOid >>> 0);
    for (const table of byOid.get(relationOid >>> 0) ?? []) {
      for (const row of of) {
        if (!row) continue;
        const values = table.key.flatMap((column) => {
          const value = row[column];
          return typeof value === 'string' ? [value] : [];
        });
        if (values.length < table.key.length) untold = true;
        else rows.get(table.name)?.set(keyFrom(table.name, values), values);
        count += 1;
      }
    }
  };

  await session.run('BEGIN');
  const select = `
    SELECT encode(data, 'hex') AS data, length(data) AS size
    FROM pg_logical_slot_peek_binary_changes($1, $2::pg_lsn, ${TOUCHED_MAX + 1}, 'proto_version', '1', 'publication_names', $3)`;
  for await (const page of session.sizedPages(peekedRow, select, {
    size: '2 * sized.size',
    values: [slot, upTo, escapeIdentifier(publication)],
  })) {
    for (const { data } of page) {
      const message = plugin.parse(data);
      if (message.tag === 'begin') transactions.add(message.xid >>> 0);
      // A key is compared with how it is read from its table: as text, not as what a library takes it for.
      else if (message.tag === 'relation') for (const column of message.columns) column.parser = (raw: unknown) => raw;
      else if (message.tag === 'insert') touch(message.relation, [message.new]);
      else if (message.tag === 'update') {
        const before = message.key ?? message.old;
        touch(message.relation, [before, { ...before, ...told(message.new) }]);
      } else if (message.tag === 'delete') touch(message.relation, [message.key ?? message.old]);
      else if (message.tag === 'truncate') {
        for (const relation of message.relations) {
          touch(relation, []);
          for (const { name } of byOid.get(relation.relationOid >>> 0) ?? []) emptied.add(name);
        }
      }
    }
    if (count > TOUCHED_MAX || untold) break;
  }
  await session.run('ROLLBACK');
  if (untold) return 'the log does not tell which rows were changed';
  if (count > TOUCHED_MAX) return 'more was changed than is worth following';
  return { rows, emptied, relations, transactions };
};

type Relation = { readonly relationOid: number };
type Tuple = Readonly<Record<string, unknown>>;

/** Without large values that are as they were: those the log leaves out. */
const told = (row: Tuple): Tuple => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
