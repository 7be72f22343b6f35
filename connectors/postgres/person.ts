import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';

import { type Session, sqlState } from './api.ts';

/** Settings of a session, each after those it overrides. */
export type Given = readonly (readonly [name: string, value: string])[];

/** What decides how a key is written, which must be compared, or how long and how whole we are answered: ours, whoever asks. */
const OURS = [
  'timezone',
  'datestyle',
  'intervalstyle',
  'extra_float_digits',
  'lc_monetary',
  'bytea_output',
  'client_encoding',
  'standard_conforming_strings',
  'row_security',
  'role',
  'session_authorization',
];
const OURS_TOO = '(_timeout|_transaction_.*)$';

const settingRow = z.object({
  role: z.string().nullable(),
  mine: z.string(),
  name: z.string(),
  value: z.string(),
  standard: z.string(),
});

/**
 * By role, what the database would set for somebody who signs in as it: policies may read that. Nothing that is set for our own role
 * is among it. Rights to a setting are not ours to give: what not everybody may set is left out.
 */
export const settingsOf = async (session: Session, roles: readonly string[]): Promise<(role: string) => Given> => {
  const rows = await session.rows(settingRow, SETTINGS, [[...roles], OURS, OURS_TOO]);
  const hidden = rows.filter(({ mine }) => mine === 'true').map(({ name, standard }) => [name, standard] as const);
  const standing = [['search_path', session.path] as const, ...hidden];
  return (role) => [
    ...new Map([
      ...standing,
      ...rows.flatMap((row) => (row.role === null || row.role === role ? [[row.name, row.value] as const] : [])),
    ]),
  ];
};

/** In the order in which one overrides another: of all, of the database, of the role, of the role in the database. */
const SETTINGS = `
  SELECT CASE WHEN s.setrole <> 0 THEN r.rolname END AS role, (s.setrole <> 0 AND r.rolname = session_user)::text AS mine, c.name, c.value,
         coalesce(p.boot_val, '') AS standard
  FROM pg_db_role_setting AS s
  LEFT JOIN pg_roles AS r ON r.oid = s.setrole
  CROSS JOIN LATERAL (
    SELECT split_part(one, '=', 1) AS name, substr(one, strpos(one, '=') + 1) AS value FROM unnest(s.setconfig) AS one
  ) AS c
  LEFT JOIN pg_settings AS p ON lower(p.name) = lower(c.name)
  WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
    AND (s.setrole = 0 OR r.rolname = session_user OR r.rolname = ANY ($1::text[]))
    AND (p.context = 'user' OR p.name IS NULL AND c.name LIKE '%.%')
    AND lower(c.name) <> ALL ($2::text[]) AND lower(c.name) !~ $3
  ORDER BY s.setrole <> 0, s.setdatabase <> 0`;

/** No role, or a setting that is none: nobody could sign in so. */
const NOBODY = new Set(['22023', '42704', '42602']);

/** Becomes a role with these settings, until the savepoint `castellan_as`. False where there is no such role. */
export const become = async (session: Session, role: string, given: Given): Promise<boolean> => {
  const set = given.map(([name, value]) => `set_config(${escapeLiteral(name)}, ${escapeLiteral(value)}, true)`);
  const statements = ['SAVEPOINT castellan_as', ...oneByOne(set), `SET LOCAL ROLE ${escapeIdentifier(role)}`];
  try {
    await session.run(statements.join('; '));
    return true;
  } catch (error) {
    if (NOBODY.has(sqlState(error) ?? '')) return false;
    throw error;
  }
};

const oneByOne = (calls: readonly string[]): string[] => calls.map((call) => `SELECT pg_catalog.${call}`);
