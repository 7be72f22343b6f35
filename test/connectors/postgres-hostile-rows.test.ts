import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { connected } from '../../connectors/postgres/api.ts';
import { tablesOf } from '../../connectors/postgres/catalog.ts';
import { readRows } from '../../connectors/postgres/rows.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { followedOn } from '../support/a-followed-database.ts';
import { aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

const followed = followedOn(server);

test('a row that grew too long is not shown as it was before, and comes back when it is shorter', async () => {
  const { db, source } = await followed();
  await db.sql(`UPDATE deal SET notes = repeat('x', 2000001) WHERE id = 1`);
  expect(await source.sync()).toMatchObject({ status: 'partial', counts: { problems: 1 } });
  expect(await source.sync()).toMatchObject({ status: 'complete' });
  expect(await source.sees('ada', KEYS)).toEqual(['deals/3']);
  await db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1`);
  await source.sync();
  expect(await source.fetched('ada', 'deals/1')).toBe('autumn');
});

test.each([
  ['has too long a field', {}, `stage = repeat('x', 10001)`, `stage = 'open'`, /stage is longer than 10000/u],
  ['has no address', { url: 'https://<stage>/' }, `stage = 'a b'`, `stage = 'crm.acme.test'`, /Its address is none/u],
  ['has too long an address', { url: 'https://crm.acme.test/<notes>' }, `notes = repeat('x', 4000)`, `notes = 'y'`, /address/u],
])('a row that %s is not shown as it was before, and comes back when it is mended', async (_, table, harm, mend, said) => {
  const { db, source, settings } = await followed(table, `UPDATE deal SET ${mend};`);
  await db.sql(`UPDATE deal SET ${harm}, owner = 'ada' WHERE id = 1`);
  const end = await source.sync();
  expect(end).toMatchObject({ status: 'partial', counts: { problems: 1 } });
  expect(end.problems[0]?.message).toMatch(said);
  expect(await source.sync()).toMatchObject({ status: 'complete' });
  expect(await source.sees('ada', KEYS)).toEqual(['deals/3']);
  expect(await postgres.read?.('deals/1', aConnectorRun<Settings, never>(settings, { folder: '/' }))).toBe('forbidden');
  await db.sql(`UPDATE deal SET ${mend} WHERE id = 1`);
  await source.sync();
  expect(await source.sees('ada', KEYS)).toEqual(['deals/1', 'deals/3']);
});

describe('an account that is none', () => {
  test.each([
    ['by its id', `UPDATE person SET id = E'bo\\x01b' WHERE id = 'bob'; INSERT INTO team VALUES ('sales', E'bo\\x01b')`],
    ['by its e-mail', `UPDATE person SET email = E'bob\\x01@acme.test' WHERE id = 'bob'`],
    [
      'for it has no id',
      `UPDATE deal SET owner = 'bob'; ALTER TABLE person DROP CONSTRAINT person_pkey; ALTER TABLE person ALTER id DROP NOT NULL; UPDATE person SET id = NULL WHERE id = 'bob'`,
    ],
    ['by what it is said to be', `UPDATE person SET kind = 'king' WHERE id = 'bob'`],
  ])('%s sees nothing, is told, and stops no other', async (_, sql) => {
    const { db, source } = await followed({}, `ALTER TABLE person ADD kind text DEFAULT 'member';`, {
      accounts: 'SELECT id, email, kind FROM person',
    });
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
    await db.sql(`${sql}; DELETE FROM team WHERE member = 'cyd'; UPDATE deal SET owner = 'ada', notes = 'autumn' WHERE id = 4`);
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'partial', counts: { problems: 1 } });
    expect(end.problems[0]?.message).toMatch(/accounts gives 1 row of accounts that are none/u);
    expect(await source.sees('bob', KEYS)).toEqual([]);
    expect(await source.sees('cyd', KEYS)).toEqual([]);
    expect(await source.sees('ada', KEYS)).toContain('deals/4');
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(source.notices.at(-1)).toMatchObject({ kind: 'advice', message: expect.stringMatching(/They see nothing/u) });
  });

  test('is a guest by its e-mail, and no member of the organisation whom nobody knows', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} UPDATE person SET id = E'bo\\x01b' WHERE id = 'bob'`);
    const source = await aConnectedSource(postgres, dealsSettings(db.url, {}, { permissions: { everyone: true } }));
    expect(await source.sync()).toMatchObject({ status: 'partial' });
    expect(await source.sees('bob', KEYS)).toEqual([]);
    expect(await source.sees('ada', KEYS)).toEqual(KEYS);
  });
});

describe('rows that are wide', () => {
  test.each([
    ['are all read', false],
    ['are all read by their keys', true],
  ])('%s, and few are held at once', async (_, wanted) => {
    const db = await server.database();
    await db.sql(`${DEALS} DELETE FROM deal;
      INSERT INTO deal (id, name, notes) SELECT n, 'x', CASE n % 3 WHEN 0 THEN 'narrow' ELSE repeat('w', 1500000) END FROM generate_series(1, 60) AS n;
      INSERT INTO deal (id, name, notes) VALUES (99, 'x', repeat('w', 40000000));`);
    const settings = dealsSettings(db.url);
    const keys = wanted ? Array.from({ length: 100 }, (__, index) => [String(index)]) : undefined;
    const run = aConnectorRun<Settings, never>(settings, { folder: '/' });
    const pages = connected(run, async function* pagesOf(session) {
      await session.run('BEGIN');
      for (const table of await tablesOf(session, 'app', settings)) yield* readRows(session, table, keys);
    });
    const ids: string[] = [];
    for await (const page of pages) {
      const held = page.reduce((sum, { notes }) => sum + (notes?.length ?? 0), 0);
      expect(held).toBeLessThan(20_000_000);
      for (const { id, notes } of page) ids.push(`${id} ${notes?.length ?? 0}`);
    }
    const all = Array.from({ length: 60 }, (__, index) => `${index + 1} ${(index + 1) % 3 === 0 ? 6 : 1_500_000}`);
    expect(ids.toSorted()).toEqual([...all, '99 0'].toSorted());
  });

  test('and larger than anybody reads are nobody’s, and that is said', async () => {
    const { db, source } = await followed();
    await db.sql(`UPDATE deal SET notes = repeat('w', 40000000) WHERE id = 1`);
    const end = await source.sync();
    expect(end.problems).toMatchObject([{ key: 'deals/1', message: expect.stringMatching(/^It is larger than 32 MB/u) }]);
    expect(await source.sees('ada', KEYS)).toEqual(['deals/3']);
  });

  test('that the log tells of come few at once too, between narrow ones, and none is missed', async () => {
    const db = await server.database();
    const run = aConnectorRun<Settings, never>(dealsSettings(db.url), { folder: '/' });
    const sql = `SELECT n, repeat('w', CASE WHEN n BETWEEN 3000 AND 3060 THEN 1500000 ELSE 10 END) AS data FROM generate_series(1, $1::int) AS n`;
    const row = z.object({ n: z.coerce.number(), data: z.string() });
    const pages = connected(run, async function* pagesOf(session) {
      await session.run('BEGIN');
      yield* session.sizedPages(row, sql, { size: 'length(sized.data)', values: [7000] });
    });
    const numbers: number[] = [];
    let count = 0;
    for await (const page of pages) {
      expect(page.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(20_000_000);
      numbers.push(...page.map(({ n }) => n));
      count += 1;
    }
    expect(numbers).toEqual(Array.from({ length: 7000 }, (_, index) => index + 1));
    expect(count).toBeLessThan(200);
  });

  test('are followed through the log', async () => {
    const { db, source } = await followed();
    await db.sql(
      `INSERT INTO deal (id, name, notes, owner) SELECT n, 'x', repeat('wide ', 20000), 'ada' FROM generate_series(100, 120) AS n`,
    );
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 21 } });
  });
});

describe('a key that is stored and that the type of its column does not take any more', () => {
  const NOTE = { from: 'note', fields: {}, url: 'https://crm.acme.test/', permissions: { everyone: true } };

  test.each([
    ['a number', 'int'],
    ['a number that is too small', 'smallint', '99999'],
    ['a UUID', 'uuid'],
    ['a time', 'timestamptz', '2026-02-31'],
    ['a value of an enumeration', 'mood'],
    ['a value of a domain', 'small', '7'],
    ['a shorter text', 'varchar(2)', 'abc'],
    ['a rounder number', 'numeric(4, 1)', '1.55'],
    ['a number that is written shorter', 'numeric(4, 1)', '1.50'],
  ])('for it is %s now, is gone, and so is its row', async (_, type, key = 'old') => {
    const { db, source, settings } = await followed(
      NOTE,
      `CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int CHECK (VALUE < 5);
       CREATE TABLE note (id text PRIMARY KEY, notes text); INSERT INTO note VALUES ('${key}', 'winter');`,
    );
    expect(await source.finds('ada', 'winter')).toHaveLength(1);
    const to = ['varchar(2)', 'numeric(4, 1)'].includes(type) ? `id::${type}` : `NULL::${type}`;
    await db.sql(`${to.startsWith('NULL') ? 'DELETE FROM note;' : ''} ALTER TABLE note ALTER id TYPE ${type} USING ${to}`);
    const run = aConnectorRun<Settings, never>(settings, { folder: '/' });
    expect(await postgres.read?.(`deals/${key}`, run)).toBe('gone');
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 1 } });
    expect(await source.differs()).toEqual([]);
  });

  test('and a row that cannot be computed is not said to be gone', async () => {
    const { db, settings } = await followed(
      NOTE,
      `CREATE TABLE note (id int PRIMARY KEY, notes text); INSERT INTO note VALUES (1, 'x');`,
    );
    await db.sql(`ALTER TABLE note ADD odd int GENERATED ALWAYS AS (1 / (id - 1)) VIRTUAL`);
    const odd = dealsSettings(settings.url.reveal(), {}, { ...NOTE, text: ['notes', 'odd'] });
    await expect(postgres.read?.('deals/1', aConnectorRun<Settings, never>(odd, { folder: '/' }))).rejects.toThrow(
      /division by zero/u,
    );
  });
});
