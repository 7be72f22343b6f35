import { createHash } from 'node:crypto';

import { escapeIdentifier } from 'pg';
import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { AppError } from '../../src/core/errors.ts';
import { deniableSchema, principalSchema } from '../../src/core/principal.ts';
import { type Session, sqlState } from './api.ts';
import type { Table } from './catalog.ts';
import { keyOf, ownAcl, type Row, rowSchema } from './map.ts';
import type { RoledAccount } from './people.ts';
import { become, settingsOf } from './person.ts';
import { asKey, listsOf, selectKeys } from './rows.ts';

/** One bit an account and row is held while a table is asked: more than this, in bytes, is refused. */
const BITS_MAX = 256 * 1_048_576;

/** Who may see the rows of a table, as of one transaction. */
export interface Access {
  /** Whom acls name, and what decides them: to be yielded before the documents. */
  readonly containers: readonly Change<never>[];
  aclOf(row: Row): Acl;
  /** The same where nobody's access differs; empty where each row says it itself. */
  readonly digest: string;
}

/** Whom to ask about which rows. */
export interface Asking {
  readonly source: string;
  readonly accounts: readonly RoledAccount[];
  /** The values of their keys; undefined: all. */
  readonly keys?: readonly (readonly string[])[];
}

/** Is the database or a query asked who may see its rows? Otherwise each row says it by its own columns. */
export const isAsked = ({ settings: { permissions } }: Table): boolean =>
  permissions.rls !== undefined || permissions.query !== undefined;

/** Learns who may see rows. Within a transaction of one snapshot, for all it says to be of one moment. */
export const accessOf = async (session: Session, table: Table, asking: Asking): Promise<Access> => {
  if (table.settings.permissions.rls) return byRowSecurity(session, table, asking);
  if (table.settings.permissions.query !== undefined) return byQuery(session, table, asking);
  return { containers: [], aclOf: (row) => ownAcl(table, row), digest: '' };
};

const truthRow = z.object({ active: z.string().nullable() });
const SECURED = 'SELECT pg_catalog.row_security_active($1::pg_catalog.regclass)::pg_catalog.text AS active';

/** The database is asked as each account which rows it sees. One container for each set of readers, not one acl a row. */
const byRowSecurity = async (session: Session, table: Table, { source, accounts, keys }: Asking): Promise<Access> => {
  const { role: fixed, setting } = table.settings.permissions.rls ?? {};
  const active = accounts.filter(({ account }) => account.active);
  const words = Math.ceil(active.length / 32);
  const readers = new Map<string, Uint32Array>();
  const [select, values] = [selectKeys(table, keys !== undefined), keys ? listsOf(keys, table.key.length) : []];
  const own = await settingsOf(session, [...new Set(active.flatMap(({ role }) => fixed ?? role ?? []))]);
  for (const [index, { account, role = fixed }] of active.entries()) {
    const as = fixed ?? role;
    if (as === undefined || !isRole(as)) continue; // nobody in the database stands for them
    const given = [...own(as), ...(setting === undefined ? [] : [[setting, account.id] as const])];
    const there = await become(session, as, given);
    try {
      if (there) {
        if (fixed !== undefined) await assertSecured(session, source, table, fixed);
        for await (const page of session.pages(rowSchema, select, values)) {
          for (const row of page) {
            const key = keyOf(table, row);
            let bits = readers.get(key);
            if (!bits) {
              if ((readers.size + 1) * words * 4 > BITS_MAX) throw tooMany(source, table);
              readers.set(key, (bits = new Uint32Array(words)));
            }
            bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
          }
        }
      }
    } catch (error) {
      if (!isNobody(error)) throw error; // it sees nothing
    }
    await session.run('ROLLBACK TO SAVEPOINT castellan_as; RELEASE SAVEPOINT castellan_as');
  }
  const from = `row-level security of ${table.name}`;
  const containers = new Map<string, Change<never>>();
  const aclOfKey = new Map<string, Acl>();
  const sets = new Map<string, Acl>();
  const whole = createHash('sha256');
  for (const [key, bits] of [...readers].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const spelled = Buffer.from(bits.buffer).toString('base64');
    let acl = sets.get(spelled);
    if (!acl) {
      const allow = active.flatMap(({ account }, index) =>
        (bits[index >>> 5] ?? 0) & (1 << (index & 31)) ? [`user:${account.id}` as const] : [],
      );
      const set = `readers:${table.name}:${createHash('sha256').update(JSON.stringify(allow)).digest('hex').slice(0, 32)}`;
      containers.set(set, {
        type: 'container',
        key: set,
        title: `readers of ${table.name}`,
        acl: { terms: [{ allow, deny: [], from }] },
      });
      acl = { terms: [{ allow: [`audience:${set}`], deny: [], from }] };
      sets.set(spelled, acl);
    }
    aclOfKey.set(key, acl);
    whole.update(`${key} ${JSON.stringify(acl)}\n`);
  }
  const nobody: Acl = { terms: [{ allow: [], deny: [], from }] };
  return {
    containers: [...containers.values()],
    aclOf: (row) => aclOfKey.get(keyOf(table, row)) ?? nobody,
    digest: whole.digest('hex'),
  };
};

/** `none` would make us ourselves again, and a longer name is cut to somebody else's. */
export const isRole = (name: string): boolean => name !== 'none' && Buffer.byteLength(name) <= 63;

/** A role that row security does not bind would make everybody see everything. */
export const assertSecured = async (session: Session, source: string, table: Table, role: string): Promise<void> => {
  const [row] = await session.rows(truthRow, SECURED, [table.from]);
  if (row?.active === 'true') return;
  throw new AppError(
    'config',
    `sources.${source}.tables.${table.name}.permissions.rls.role: row security does not bind ${role} on ${table.from}. Name a role that neither owns the table nor bypasses row security.`,
  );
};

/** Of what is asked as a role: it may not read the table, or its policies rest on what it does not have. */
export const isNobody = (error: unknown): boolean => ['42501', '42704', '22023'].includes(sqlState(error) ?? '');
const tooMany = (source: string, { name }: Table): AppError =>
  new AppError(
    'config',
    `sources.${source}.tables.${name} has too many rows for so many accounts to be asked about each. Give its rows an owner or a group instead.`,
  );

const effectSchema = z.enum(['allow', 'deny']);

/** A query that names, for keys, whom it allows and denies. A row it does not name is seen by nobody. */
const byQuery = async (session: Session, table: Table, { source, keys }: Asking): Promise<Access> => {
  const { query = '' } = table.settings.permissions;
  const columns = table.key.map((column) => asKey('acl', column));
  const named = table.key.map((column) => `acl.${escapeIdentifier(column)} IS NOT NULL`).join(' AND ');
  const sidesOf = new Map<string, { allow: Set<string>; deny: Set<string> }>();
  const wanted = keys && new Set(keys.map((values) => JSON.stringify(values)));
  const select = `SELECT ${columns.join(', ')}, acl.principal::pg_catalog.text AS "castellan principal",
      coalesce(pg_catalog.to_jsonb(acl) OPERATOR(pg_catalog.->>) 'effect', 'allow') AS "castellan effect" FROM (${query}) AS acl WHERE ${named}`;
  await session.asWritten(async () => {
    for await (const page of session.pages(rowSchema, select)) {
      for (const row of page) {
        if (wanted && !wanted.has(JSON.stringify(table.key.map((column) => row[column] ?? '')))) continue;
        const key = keyOf(table, row);
        const sides = sidesOf.get(key) ?? { allow: new Set(), deny: new Set() };
        const effect = effectSchema.safeParse(row['castellan effect']);
        if (!effect.success)
          throw new AppError(
            'source_changed',
            `sources.${source}.tables.${table.name}.permissions.query gives an effect that is neither allow nor deny.`,
          );
        sides[effect.data].add(row['castellan principal'] ?? '');
        sidesOf.set(key, sides);
      }
    }
  });
  const from = `the query of ${table.name}`;
  const whole = createHash('sha256');
  const acls = new Map<string, Acl>();
  for (const [key, { allow, deny }] of [...sidesOf].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const allowed = [...allow].toSorted().map((one) => principalSchema.safeParse(one));
    const denied = [...deny].toSorted().map((one) => deniableSchema.safeParse(one));
    const wrong = [...allowed, ...denied].some(({ success }) => !success);
    const acl: Acl = wrong
      ? { unknown: `${from} names a principal that is none` }
      : { terms: [{ allow: allowed.flatMap(({ data }) => data ?? []), deny: denied.flatMap(({ data }) => data ?? []), from }] };
    acls.set(key, acl);
    whole.update(`${key} ${JSON.stringify(acl)}\n`);
  }
  const nobody: Acl = { terms: [{ allow: [], deny: [], from }] };
  return { containers: [], aclOf: (row) => acls.get(keyOf(table, row)) ?? nobody, digest: whole.digest('hex') };
};
