import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';

import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { followedOn } from '../support/a-followed-database.ts';
import { aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

const followed = followedOn(server);

const SOON = { timeout: 30_000, interval: 50 };

/** A transaction that has written and is open; its number. */
const anOpenTransaction = async (url: string) => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined); // its database goes with the test
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN; SET LOCAL synchronous_commit = off');
  const { rows } = await client.query<{ xid: string }>(`INSERT INTO work VALUES (1) RETURNING pg_current_xact_id()::text AS xid`);
  return { xid: rows[0]?.xid ?? '', commit: () => client.query('COMMIT') };
};

const replicas = async (names: string): Promise<void> => {
  await server.sql(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
  await server.sql('SELECT pg_reload_conf()');
};

test.each([
  ['that is made', ''],
  ['that a run made and died', `SELECT pg_create_logical_replication_slot('of_' || current_database(), 'pgoutput')`],
])(
  'what is committed and waits for a replica while a slot %s comes to its point is not missed',
  async (_, before) => {
    const db = await server.database();
    await db.sql(`${DEALS} CREATE TABLE work (id int)`);
    if (before !== '') await db.sql(before);
    const source = await aConnectedSource(postgres, dealsSettings(db.url));
    const awaited = async (xid: string): Promise<void> => {
      await expect
        .poll(() => server.sql(`SELECT FROM pg_locks WHERE NOT granted AND transactionid = '${xid}'`), SOON)
        .toHaveLength(1);
    };

    const first = await anOpenTransaction(db.url);
    const read = source.sync();
    await awaited(first.xid);
    const second = await anOpenTransaction(db.url);
    await first.commit();
    await awaited(second.xid);
    await replicas('nobody');
    onTestFinished(() => replicas(''));
    const waiting = db.sql(`SET synchronous_commit = on; UPDATE deal SET notes = 'autumn', owner = 'bob' WHERE id = 1`);
    await expect.poll(() => db.sql(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`), SOON).toHaveLength(1);
    await second.commit();

    expect(await read).toMatchObject({ status: 'complete', counts: { read: 4 } });
    await replicas('');
    await waiting;
    await source.sync();
    expect(await source.fetched('bob', 'deals/1')).toBe('autumn');
    expect(await source.sees('ada', KEYS)).toEqual(['deals/3']);
  },
  120_000,
);

describe('what keeps a slot from being followed is said with its remedy', () => {
  test('there is none left', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} SELECT pg_create_physical_replication_slot('taken_' || n) FROM generate_series(1, 40) AS n`);
    onTestFinished(async () => {
      await server.sql(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'taken_%'`);
    });
    const end = await (await aConnectedSource(postgres, dealsSettings(db.url))).sync();
    expect(end).toMatchObject({ status: 'failed' });
    expect(end.problems[0]?.message).toMatch(
      /no replication slot left for of_test_\d+. Drop one that nobody follows.*max_replication_slots/u,
    );
  });

  test('its role may not', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} CREATE ROLE plain LOGIN BYPASSRLS; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain;
      CREATE PUBLICATION castellan_app FOR TABLE deal`);
    const end = await (await aConnectedSource(postgres, dealsSettings(db.url.replace('postgres@', 'plain@')))).sync();
    expect(end.problems[0]?.message).toMatch(/ALTER ROLE <its role> REPLICATION$/u);
  });

  test('another process follows it', async () => {
    const { db, source, settings } = await followed();
    const other = new Client({ connectionString: db.url, replication: 'database' } as object);
    other.on('error', () => undefined);
    await other.connect();
    const streaming = other
      .query(`START_REPLICATION SLOT ${settings.slot} LOGICAL 0/0 (proto_version '1', publication_names 'castellan_app')`)
      .catch(() => 'ended');
    await expect
      .poll(() => db.sql(`SELECT FROM pg_replication_slots WHERE active AND slot_name = '${settings.slot}'`), SOON)
      .toHaveLength(1);
    await db.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1`);
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'failed', counts: { deleted: 0 } });
    expect(end.problems[0]?.message).toMatch(/is active for PID \d+.*two Castellans need two slots.*sources\.app\.slot/u);
    other.connection.stream.destroy();
    await streaming;
    await expect.poll(async () => (await source.sync()).status, SOON).toBe('complete');
    expect(await source.sees('bob', KEYS)).toEqual(['deals/1', 'deals/2']);
  });

  test('two sources that share a slot each read all anew, and say so, and neither misses a word', async () => {
    const { db, source, settings } = await followed();
    const other = await aConnectedSource(postgres, settings);
    expect(await other.sync()).toMatchObject({ status: 'complete' });
    for (const owner of ['bob', 'cyd', 'ada']) {
      await db.sql(`UPDATE deal SET owner = '${owner}' WHERE id = 1`);
      for (const each of [source, other]) {
        expect(await each.sync()).toMatchObject({ status: 'complete' });
        expect(await each.sees(owner, ['deals/1'])).toEqual(['deals/1']);
      }
    }
    expect(source.notices.at(-1)).toMatchObject({ message: expect.stringMatching(/two Castellans need two slots/u) });
    expect(await source.differs()).toEqual([]);
  });
});

describe('a table that the log does not tell of is refused', () => {
  test.each([
    ['unlogged', `ALTER TABLE deal SET UNLOGGED`, {}, /is unlogged.*Run: ALTER TABLE "?public"?\."?deal"? SET LOGGED$/u],
    [
      'a materialised view',
      'CREATE MATERIALIZED VIEW seen AS SELECT * FROM deal',
      { from: 'seen', key: ['id'] },
      /is a materialised view, which cannot be followed. Name the tables behind it/u,
    ],
    [
      'partitioned',
      'CREATE TABLE parts (id int PRIMARY KEY, owner text) PARTITION BY RANGE (id)',
      { from: 'parts' },
      /is partitioned.*Name its partitions/u,
    ],
    [
      'a partition that is published as its whole',
      `CREATE TABLE parts (LIKE deal INCLUDING ALL) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (99);
       CREATE PUBLICATION castellan_app FOR TABLE parts, deal WITH (publish_via_partition_root = true)`,
      { from: 'part' },
      /SET \(publish_via_partition_root = false\)$/u,
    ],
  ])('%s', async (_, sql, table, sentence) => {
    const db = await server.database();
    await db.sql(`${DEALS} ${sql}`);
    const end = await (
      await aConnectedSource(
        postgres,
        dealsSettings(db.url, {}, { fields: {}, text: ['owner'], permissions: { owner: 'owner' }, ...table }),
      )
    ).sync();
    expect(end).toMatchObject({ status: 'failed' });
    expect(end.problems[0]?.message).toMatch(sentence);
  });
});

test('a partition is followed while it is taken out and put back', async () => {
  const { db, source } = await followed(
    { from: 'part' },
    `CREATE TABLE parts (LIKE deal INCLUDING ALL) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (99);
     CREATE TABLE far PARTITION OF parts FOR VALUES FROM (99) TO (999); INSERT INTO parts SELECT * FROM deal;`,
  );
  await db.sql(`UPDATE parts SET id = 100 WHERE id = 3; UPDATE parts SET owner = 'bob' WHERE id = 1`);
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 1 } });
  await db.sql(`ALTER TABLE parts DETACH PARTITION part; DELETE FROM part WHERE id = 2`);
  await source.sync();
  await db.sql(
    `ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (0) TO (99); UPDATE parts SET notes = 'autumn' WHERE id = 1`,
  );
  expect(await source.sync()).toMatchObject({ status: 'complete' });
  expect(await source.fetched('bob', 'deals/1')).toBe('autumn');
  expect(await source.differs()).toEqual([]);
});
