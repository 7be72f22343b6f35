import { describe, expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { Connector } from '../../src/core/connector.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import type { Cursor } from '../../connectors/postgres/cursor.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { runSync } from '../../src/ingest/runner.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type Followed, followedOn } from '../support/a-followed-database.ts';
import { aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

const followed = followedOn(server);

describe('people', () => {
  test('the last who leaves a team loses what is the team’s', async () => {
    const { db, source } = await followed();
    expect(await source.sees('ada', KEYS)).toContain('deals/3');
    await db.sql(`DELETE FROM team`);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.sees('ada', KEYS)).toEqual(['deals/1']);
    expect(await source.sees('cyd', KEYS)).toEqual([]);
  });

  test('whoever is gone from the accounts sees nothing any more', async () => {
    const { db, source } = await followed();
    await db.sql(`DELETE FROM person WHERE id = 'bob'`);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.sees('bob', KEYS)).toEqual([]);
  });

  test('an account that is called like a principal is only itself', async () => {
    const { source } = await followed(
      {},
      `INSERT INTO person VALUES ('everyone', 'eve@acme.test', 'Eve'); INSERT INTO team VALUES ('sales', 'everyone');`,
    );
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
  });
});

describe('keys', () => {
  test.each([
    ['boolean', 'true', 'false'],
    ['char(8)', "'ab'", "'cd'"],
    ['inet', "'10.0.0.1'", "'10.0.0.2'"],
    ['cidr', "'10.0.0.0/8'", "'11.0.0.0/8'"],
    ['bytea', String.raw`'\x00ff'`, String.raw`'\x01'`],
    ['float8', '0.1', "'-Infinity'"],
    ['real', "'0.1'", "'3'"],
    ['numeric', '1.50', "'NaN'"],
    ['timestamptz', "'2026-01-01 03:04:05.123456+01'", "'infinity'"],
    ['interval', "'1 day 2 hours'", "'1 mon'"],
    ['uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    ['"char"', "'a'", "'b'"],
    ['name', "'a'", "'b'"],
    ['money', "'12.5'", "'13'"],
    ['text[]', "'{a,b}'", "'{}'"],
    ['mood', "'sad'", '\'so, "so"\''],
    ['pair', "'(1,a)'::pair", '\'(2,"b, c")\'::pair'],
    ['small', '3', '4'],
    ['jsonb', `'{"a": 1}'`, `'[]'`],
    ['bit(3)', `B'101'`, `B'111'`],
    ['int4range', `'[1,5)'`, `'empty'`],
    ['tsvector', `'a b'`, `'c'`],
    ['citext', `'A b'`, `'c'`],
    ['ltree', `'a.b'`, `'c'`],
  ])('of type %s tell what was deleted and what was changed', async (type, one, two) => {
    const { db, source } = await followed(
      { from: 'note', text: ['notes'], fields: {}, url: 'https://crm.acme.test/', permissions: { everyone: true } },
      `${['citext', 'ltree'].includes(type) ? `CREATE EXTENSION ${type};` : ''} CREATE TYPE mood AS ENUM ('sad', 'so, "so"'); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN small AS int CHECK (VALUE < 100);
       CREATE TABLE note (id ${type} PRIMARY KEY, notes text); INSERT INTO note VALUES (${one}, 'winter'), (${two}, 'winter');`,
    );
    expect(await source.finds('ada', 'winter')).toHaveLength(2);
    await db.sql(`UPDATE note SET notes = 'summer' WHERE id = ${two}; DELETE FROM note WHERE id = ${one}`);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.finds('ada', 'winter')).toEqual([]);
    expect(await source.finds('ada', 'summer')).toHaveLength(1);
    expect(await source.differs()).toEqual([]);
  });

  test('that are stored beside their row are told too', async () => {
    const { db, source } = await followed(
      { from: 'note', text: ['notes'], fields: {}, url: 'https://crm.acme.test/', permissions: { everyone: true } },
      `CREATE TABLE note (id int[], notes text); ALTER TABLE note ALTER COLUMN id SET STORAGE EXTERNAL; ALTER TABLE note ADD PRIMARY KEY (id);
       INSERT INTO note SELECT array_agg(n * 100000), 'winter' FROM generate_series(1, 600) AS n;`,
    );
    await db.sql(`UPDATE note SET notes = 'summer'`);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.finds('ada', 'summer')).toHaveLength(1);
    expect(await source.differs()).toEqual([]);
  });
});

describe('what changes rows without a word in the log', () => {
  test.each([
    [
      'a column that decides is made anew',
      `ALTER TABLE deal DROP COLUMN owner; ALTER TABLE deal ADD COLUMN owner text DEFAULT 'bob'`,
    ],
    ['a column that decides is rewritten', `ALTER TABLE deal ALTER COLUMN owner TYPE text USING 'bob'`],
    ['a text is rewritten', `ALTER TABLE deal ALTER COLUMN notes TYPE text USING 'autumn'`],
    ['a value of an enumeration is renamed', `ALTER TYPE mood RENAME VALUE 'sad' TO 'glad'`],
    [
      'another table takes its place',
      `CREATE TABLE deal2 (LIKE deal INCLUDING ALL); INSERT INTO deal2 SELECT * FROM deal WHERE id < 3; ALTER TABLE deal RENAME TO deal1; ALTER TABLE deal2 RENAME TO deal`,
    ],
    [
      'it is renamed, changed and renamed back',
      `ALTER TABLE deal RENAME TO deal2; DELETE FROM deal2 WHERE id = 1; UPDATE deal2 SET owner = 'bob' WHERE id = 3; ALTER TABLE deal2 RENAME TO deal`,
    ],
    [
      'another column tells of deletions for a while',
      `CREATE UNIQUE INDEX by_name ON deal (name); ALTER TABLE deal REPLICA IDENTITY USING INDEX by_name; DELETE FROM deal WHERE id = 1; ALTER TABLE deal REPLICA IDENTITY DEFAULT`,
    ],
    ['its key is written otherwise', `ALTER TABLE deal ALTER COLUMN id TYPE numeric(10, 2)`],
    [
      'its schema is renamed and back',
      `ALTER SCHEMA public RENAME TO other; DELETE FROM other.deal WHERE id = 1; ALTER SCHEMA other RENAME TO public`,
    ],
    ['another title', `ALTER TABLE deal RENAME COLUMN name TO label`],
    ['all by a view', `CREATE VIEW v AS SELECT * FROM deal; UPDATE v SET owner = 'bob'`],
    [
      'a savepoint',
      `BEGIN; SAVEPOINT a; UPDATE deal SET owner = 'bob'; SAVEPOINT b; DELETE FROM deal WHERE id = 2; ROLLBACK TO b; RELEASE a; ALTER TABLE deal ADD COLUMN x int; UPDATE deal SET x = 1; COMMIT`,
    ],
    [
      'a truncation with others',
      `CREATE TABLE line (deal int REFERENCES deal); TRUNCATE deal CASCADE; INSERT INTO deal (id, name, owner) VALUES (1, 'Again', 'bob')`,
    ],
    ['a logical message', `SELECT pg_logical_emit_message(true, 'x', 'y'); DELETE FROM deal WHERE id = 1`],
  ])('%s: what is stored follows', async (_, sql) => {
    const { db, source } = await followed(
      { fields: { status: 'mood' } },
      `CREATE TYPE mood AS ENUM ('sad', 'so'); ALTER TABLE deal ADD COLUMN mood mood DEFAULT 'sad';`,
    );
    await db.sql(`CREATE TABLE IF NOT EXISTS other_thing (id int PRIMARY KEY); ${sql}`);
    const first = await source.sync();
    expect(first.status).not.toBe('failed');
    expect(await source.differs()).toEqual([]);
  });
});

test('a table that inherits is not taken for its parent, and the application can go on changing it', async () => {
  const { db, source } = await followed(
    {},
    `CREATE TABLE big_deal () INHERITS (deal); INSERT INTO big_deal (id, name, notes, owner) VALUES (1, 'Child', 'winter', 'bob'), (7, 'Other', 'winter', 'ada');`,
  );
  expect(await source.finds('bob', 'winter')).toEqual([]);
  expect(await source.fetched('ada', 'deals/1')).toBe('spring offer');
  await db.sql(`DELETE FROM big_deal WHERE id = 7`);
  expect(await source.sync()).toMatchObject({ status: 'complete' });
});

/** A run that is killed when it says something like this; what it said before is stored. */
const killedAt = async ({ source, settings }: Followed, kill: (change: Change<Cursor>) => boolean): Promise<void> => {
  const dying: Connector<Settings, Cursor> = {
    ...postgres,
    async *sync(run) {
      for await (const change of postgres.sync(run)) {
        if (kill(change)) throw new Error('killed');
        yield change;
      }
    },
  };
  const end = await runSync({
    store: source.index.store,
    connector: dying,
    source: { name: 'app', settings, folder: '/' },
    now: () => source.clock.now,
    signal: new AbortController().signal,
  });
  expect(end).toMatchObject({ status: 'failed', problems: [{ message: 'The connector failed: killed' }] });
};

describe('a run that died after it told', () => {
  test('of people does not keep the next from taking that back', async () => {
    const all = await followed();
    await all.db.sql(`INSERT INTO team VALUES ('sales', 'bob'); UPDATE deal SET stage = 'x' WHERE id = 1`);
    await killedAt(all, ({ type }) => type === 'document');
    expect(await all.source.sees('bob', KEYS)).toEqual(['deals/2']); // he waits until all of a run is in
    await all.db.sql(`DELETE FROM team WHERE member = 'bob'`);
    await all.source.sync();
    expect(await all.source.sees('bob', KEYS)).toEqual(['deals/2']);
  });

  test('of a new team does not keep the next from emptying it', async () => {
    const all = await followed();
    await all.db.sql(`INSERT INTO team VALUES ('lab', 'bob'); UPDATE deal SET team = 'lab' WHERE id = 3`);
    await killedAt(all, ({ type }) => type === 'document');
    await all.db.sql(`DELETE FROM team WHERE name = 'lab'`);
    await all.source.sync();
    expect(await all.source.sees('bob', KEYS)).toEqual(['deals/2']);
  });

  test('while it read all anew, for a table that was not published, lets the next read all again', async () => {
    const all = await followed();
    await all.db.sql('ALTER PUBLICATION castellan_app DROP TABLE deal; DELETE FROM deal WHERE id = 2');
    await killedAt(all, ({ type }) => type === 'complete');
    expect(await all.source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 1 } });
    expect(await all.source.differs()).toEqual([]);
  });
});

describe('a table', () => {
  test('with a generated column is followed', async () => {
    const { db, source } = await followed(
      {},
      `ALTER TABLE deal ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', notes)) STORED;`,
    );
    await db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1`);
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 1 } });
  });

  test('that decides and has no key is refused: the application could not change it any more', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} CREATE TABLE rule (who text); INSERT INTO rule VALUES ('ada');`);
    const source = await aConnectedSource(postgres, dealsSettings(db.url, { deciding: ['rule'] }));
    const end = await source.sync();
    expect(end.problems[0]?.message).toMatch(/Run: ALTER TABLE "?public"?\."?rule"? REPLICA IDENTITY FULL$/u);
    await db.sql('DELETE FROM rule');
  });

  test('that is configured twice is followed twice', async () => {
    const db = await server.database();
    await db.sql(DEALS);
    const once = dealsSettings(db.url);
    const settings = { ...once, tables: { ...once.tables, again: { ...once.tables['deals'], type: 'again' } } };
    const source = await aConnectedSource(postgres, postgres.settings.parse(settings));
    await source.sync();
    await db.sql('DELETE FROM deal WHERE id = 1');
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 2 } });
    expect(await source.sees('ada', ['deals/1', 'again/1', 'deals/3', 'again/3'])).toEqual(['deals/3', 'again/3']);
  });

  test('of a database without an encoding is refused', async () => {
    await server.sql(`CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0`);
    await server.sql(DEALS, 'bytes');
    await expect(changesOf(postgres, aConnectorRun(dealsSettings(server.url('bytes')), { folder: '/' }))).rejects.toThrow(
      /SQL_ASCII/u,
    );
  });
});

test('more than is worth following is read anew once, and not for ever', async () => {
  const { db, source } = await followed();
  await db.sql(
    `CREATE TABLE IF NOT EXISTS filler (id int); INSERT INTO deal (id, name) SELECT n, 'n' FROM generate_series(100, 100000) AS n; DELETE FROM deal WHERE id >= 100`,
  );
  await db.sql(
    `INSERT INTO deal (id, name) SELECT n, 'n' FROM generate_series(100, 100000) AS n; DELETE FROM deal WHERE id >= 100`,
  );
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 4 } });
  await db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1`);
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 1 } });
}, 60_000);
