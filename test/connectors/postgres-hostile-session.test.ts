import { describe, expect, test } from 'vitest';

import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

/** What is called like PostgreSQL's own and is found first. Whoever runs the functions is written down, or refused. */
const SHADOWS = `
  ${[
    'pg_class',
    'pg_index',
    'pg_attribute',
    'pg_type',
    'pg_publication_tables',
    'pg_replication_slots',
    'pg_settings',
    'pg_locks',
  ]
    .map((name) => `CREATE TABLE public.${name} (nothing int);`)
    .join('\n')}
  CREATE FUNCTION public.trapped() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'somebody''s function ran as %', current_user; END $$;
  CREATE FUNCTION public.array_to_string(xid8[], text) RETURNS text LANGUAGE sql AS 'SELECT public.trapped()';
  CREATE FUNCTION public.row_security_active(regclass) RETURNS boolean LANGUAGE sql AS 'SELECT public.trapped() IS NULL';
  CREATE FUNCTION public.json_agg(name) RETURNS text LANGUAGE sql AS 'SELECT public.trapped()';
  CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT public.trapped()::regclass';
  CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT public.trapped()';
  CREATE FUNCTION public.format(text, int) RETURNS text LANGUAGE sql AS 'SELECT public.trapped()';
  CREATE FUNCTION public."left"(text, int) RETURNS text LANGUAGE sql AS 'SELECT public.trapped()';
  CREATE FUNCTION public.same(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT public.trapped() IS NULL';
  CREATE OPERATOR public.= (LEFTARG = int, RIGHTARG = int, FUNCTION = public.same);
  CREATE TYPE public.text AS (a int);
  CREATE TYPE public.int4 AS (a int);`;

/** What a database or a role may set, so that values are written, statements read or transactions ended otherwise. */
const SETTINGS = [
  [
    'how values are written',
    [
      `DateStyle = 'SQL, DMY'`,
      `TimeZone = 'Asia/Tokyo'`,
      `IntervalStyle = 'sql_standard'`,
      `bytea_output = 'escape'`,
      'extra_float_digits = -3',
      'standard_conforming_strings = off',
      'quote_all_identifiers = on',
    ],
  ],
  [
    'what transactions are',
    [
      `default_transaction_isolation = 'serializable'`,
      'default_transaction_read_only = on',
      'default_transaction_deferrable = on',
      'row_security = off',
    ],
  ],
  [
    'how long they may take',
    ['statement_timeout = 300', 'transaction_timeout = 300', 'idle_in_transaction_session_timeout = 300'],
  ],
] as const;

describe('a database that is set up oddly', () => {
  test('whose own tables, functions and operators are called like PostgreSQL’s gets none of them asked', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} ${SHADOWS} ALTER DATABASE ${db.name} SET search_path = public, pg_catalog`);
    const source = await aConnectedSource(postgres, dealsSettings(db.url, { deciding: ['team'] }));
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 4 }, problems: [] });
    await db.sql(`UPDATE public.deal SET owner = 'bob' WHERE id OPERATOR(pg_catalog.=) 1`);
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 1 }, problems: [] });
    expect(await source.sees('bob', KEYS)).toEqual(['deals/1', 'deals/2']);
  });

  test.each(SETTINGS)('in %s says what every other says', async (_, settings) => {
    const [plain, odd] = [await server.database(), await server.database()];
    for (const db of [plain, odd])
      await db.sql(
        `${DEALS} ALTER TABLE deal ADD took interval DEFAULT '1 day 2:03:04', ADD ratio float8 DEFAULT 0.1 + 0.2, ADD raw bytea DEFAULT '\\x00ff';`,
      );
    for (const setting of settings) await server.sql(`ALTER DATABASE ${odd.name} SET ${setting}`);
    const given = { accounts: 'SELECT id, email, name, active::text FROM person CROSS JOIN (SELECT pg_sleep(0.5)) AS slow' };
    const table = { text: ['notes', 'took', 'ratio', 'raw'] };
    const [first, second] = await Promise.all(
      [plain, odd].map(async ({ url }) => aConnectedSource(postgres, dealsSettings(url, given, table))),
    );
    expect(await first?.sync()).toMatchObject({ status: 'complete', problems: [] });
    expect(await second?.sync()).toMatchObject({ status: 'complete', problems: [] });
    expect(await second?.fetched('ada', 'deals/1')).toBe(await first?.fetched('ada', 'deals/1'));
  });

  test('finds the tables and queries of the settings where its role finds them', async () => {
    const db = await server.database();
    await db.sql(`CREATE SCHEMA crm; SET search_path = crm; ${DEALS} ALTER DATABASE ${db.name} SET search_path = crm`);
    const query = { permissions: { query: `SELECT id, 'user:' || owner AS principal FROM deal WHERE owner IS NOT NULL` } };
    const source = await aConnectedSource(postgres, dealsSettings(db.url, { deciding: ['team'] }, query));
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 4 } });
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
  });
});

describe('a person of the database, whose role has settings of its own', () => {
  let count = 0;
  /** Two tenants, each with a table that names who they are; `$ada`, `$bob` and `$us` are roles. */
  const tenants = async (policy: string, sql: string) => {
    const db = await server.database();
    count += 1;
    const [ada, bob, us] = ['ada', 'bob', 'us'].map((who) => `${who}_s${count}`);
    const named = (text: string): string =>
      text
        .replaceAll('$ada', ada ?? '')
        .replaceAll('$bob', bob ?? '')
        .replaceAll('$us', us ?? '')
        .replaceAll('$db', db.name);
    await db.sql(
      named(`${DEALS} CREATE ROLE $ada; CREATE ROLE $bob; CREATE ROLE $us LOGIN REPLICATION BYPASSRLS; GRANT $ada, $bob TO $us;
        UPDATE person SET role = id || '_s${count}' WHERE id IN ('ada', 'bob');
        CREATE SCHEMA north; CREATE SCHEMA south;
        CREATE TABLE north.me AS SELECT 'ada' AS id; CREATE TABLE south.me AS SELECT 'bob' AS id;
        CREATE FUNCTION mine() RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN (SELECT id FROM me); END $f$;
        GRANT USAGE ON SCHEMA north, south TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public, north, south TO PUBLIC;
        ALTER TABLE deal ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON deal FOR SELECT USING (owner = ${policy});
        CREATE PUBLICATION castellan_app FOR TABLE deal; ${sql}`),
    );
    const url = db.url.replace('postgres@', `${us}@`);
    const source = await aConnectedSource(postgres, dealsSettings(url, {}, { permissions: { rls: {} } }));
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 4 } });
    return { ada: await source.sees('ada', KEYS), bob: await source.sees('bob', KEYS) };
  };

  test.each([
    ['its search_path', 'mine()', 'ALTER ROLE $ada SET search_path = north; ALTER ROLE $bob SET search_path = south'],
    [
      'its search_path in this database',
      'mine()',
      'ALTER ROLE $ada SET search_path = south; ALTER ROLE $ada IN DATABASE $db SET search_path = north; ALTER DATABASE $db SET search_path = public, south',
    ],
    [
      'a setting of the application',
      `current_setting('app.me', true)`,
      `ALTER ROLE $ada SET app.me = 'ada'; ALTER ROLE $bob SET app.me = 'bob'`,
    ],
  ])('is answered by %s', async (_, policy, sql) => {
    expect(await tenants(policy, `${sql};`)).toEqual({ ada: ['deals/1'], bob: ['deals/2'] });
  });

  test.each([
    ['the setting', `current_setting('app.me', true)`, `ALTER ROLE $us SET app.me = 'ada'`],
    [
      'the setting in this database',
      `current_setting('app.me', true)`,
      `ALTER ROLE $us IN DATABASE $db SET app.me = 'ada'; ALTER ROLE $ada SET app.me = 'nobody'`,
    ],
  ])('is not answered by %s that is Castellan’s own', async (_, policy, sql) => {
    expect(await tenants(policy, `${sql};`)).toEqual({ ada: [], bob: [] });
  });

  test('runs nothing of hers as anybody else, and stops no other', async () => {
    const { ada, bob } = await tenants(
      `(SELECT id FROM public.person WHERE role OPERATOR(pg_catalog.=) current_user)`,
      `ALTER ROLE $ada SET search_path = north, pg_catalog; CREATE TYPE north.text AS (a int); CREATE TYPE north.int4 AS (a int);
       CREATE FUNCTION north.format(pg_catalog.text, pg_catalog.int4) RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT ''2''::pg_catalog.text';`,
    );
    expect({ ada, bob }).toEqual({ ada: ['deals/1'], bob: ['deals/2'] });
  });
});
