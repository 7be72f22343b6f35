import { describe, expect, test } from 'vitest';

import type { Settings } from '../../connectors/postgres/settings.ts';
import type { Cursor } from '../../connectors/postgres/cursor.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectorRun, changesOf, cursorOf } from '../support/a-connector-run.ts';
import { dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type Followed, followedOn } from '../support/a-followed-database.ts';
import { aPostgres } from '../support/a-postgres.ts';
import { type Dice, diceOf } from '../property/dice.ts';

const server = await aPostgres();

const followed = followedOn(server);

describe('what is committed at the source', () => {
  test.each([
    ['an insert', `INSERT INTO deal (id, name, owner) VALUES (9, 'New', 'ada')`, 1],
    ['an update', `UPDATE deal SET notes = 'autumn' WHERE id = 1`, 1],
    ['a deletion', 'DELETE FROM deal WHERE id = 1', 0],
    ['a changed key', 'UPDATE deal SET id = 11 WHERE id = 1', 1],
    [
      'a swap of keys',
      'UPDATE deal SET id = CASE id WHEN 1 THEN 102 ELSE 101 END WHERE id IN (1, 2); UPDATE deal SET id = id - 100 WHERE id > 100',
      2,
    ],
    ['a row that came and went', `INSERT INTO deal (id, name) VALUES (9, 'x'); DELETE FROM deal WHERE id = 9`, 0],
    ['an update that leaves a large text alone', `UPDATE deal SET stage = 'lost' WHERE id = 3`, 1],
    ['an emptied table', 'TRUNCATE deal', 0],
    ['an emptied table with new rows', `TRUNCATE deal; INSERT INTO deal (id, name, owner) VALUES (2, 'Again', 'ada')`, 1],
    ['a new member of a team', `INSERT INTO team VALUES ('sales', 'bob')`, 0],
    ['a new column', 'ALTER TABLE deal ADD COLUMN more text; UPDATE deal SET more = name', 4],
    ['another type of a column', 'ALTER TABLE deal ALTER COLUMN amount TYPE text; UPDATE deal SET amount = 7 WHERE id = 1', 4],
    ['nothing', 'SELECT 1', 0],
  ])('%s is brought in without reading the rest', async (_, sql, read) => {
    const { db, source } = await followed(
      {},
      `UPDATE deal SET notes = (SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 3000) AS n) WHERE id = 3;`,
    );
    await db.sql(sql);
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read } });
    expect(await source.differs()).toEqual([]);
  });

  test('in a transaction that is open stays out, and one that is rolled back too', async () => {
    const { db, source } = await followed();
    await db.sql(`BEGIN; UPDATE deal SET notes = 'never' WHERE id = 1; ROLLBACK`);
    expect(await source.sync()).toMatchObject({ counts: { read: 0, changed: 0 } });
    expect(await source.differs()).toEqual([]);
  });

  test('an owner who is replaced loses the row with the next run, and the new one has it', async () => {
    const { db, source } = await followed();
    expect(await source.sees('ada', KEYS)).toContain('deals/1');
    await db.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1`);
    await source.sync();
    expect(await source.sees('ada', KEYS)).toEqual(['deals/3']);
    expect(await source.sees('bob', KEYS)).toEqual(['deals/1', 'deals/2']);
  });

  test('whoever leaves a team loses what is the team’s', async () => {
    const { db, source } = await followed();
    await db.sql(`DELETE FROM team WHERE member = 'cyd'`);
    await source.sync();
    expect(await source.sees('cyd', KEYS)).toEqual([]);
  });

  test('a million bytes of changes in one transaction come whole', async () => {
    const { db, source } = await followed();
    await db.sql(
      `INSERT INTO deal (id, name, notes, owner) SELECT n, 'bulk', repeat('word ', 20), 'ada' FROM generate_series(100, 5100) AS n`,
    );
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 5001 } });
    expect(await source.differs()).toEqual([]);
  });
});

describe('nothing is lost', () => {
  test('by a run that read and did not store: the next one reads it again', async () => {
    const { db, source, settings } = await followed();
    await db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1`);
    const cursor = cursorOf(await changesOf(postgres, aConnectorRun(settings, { folder: '/' }))); // a stranger's run, that is stored nowhere
    expect(cursor).toBeDefined();
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.differs()).toEqual([]);
  });

  test('and what a slot holds is let go only after it was stored', async () => {
    const { db, settings } = await followed();
    const run = (cursor?: Cursor) => changesOf(postgres, aConnectorRun(settings, { folder: '/', ...(cursor && { cursor }) }));
    const confirmed = async (): Promise<unknown> =>
      (await db.sql('SELECT confirmed_flush_lsn AS lsn FROM pg_replication_slots WHERE database = current_database()'))[0]?.[
        'lsn'
      ];
    const first = cursorOf(await run());
    await db.sql(`UPDATE deal SET notes = 'autumn'`);
    const before = await confirmed();
    const second = cursorOf(await run(first));
    expect(await confirmed()).toBe(before);
    await run(second);
    expect(await confirmed()).toBe(second?.lsn);
  });

  test.each([
    [
      'its slot was dropped',
      async ({ db }: Followed) =>
        void (await db.sql(
          'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()',
        )),
      /its replication slot was gone/u,
    ],
    [
      'its slot went on without it',
      async ({ db }: Followed) =>
        void (await db.sql(
          'SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots WHERE database = current_database()',
        )),
      /let go already/u,
    ],
    [
      'its publication lost a table',
      async ({ db }: Followed) =>
        void (await db.sql('ALTER PUBLICATION castellan_app DROP TABLE deal; UPDATE deal SET stage = $$x$$')),
      /publication did not hold all its tables/u,
    ],
  ])('where %s: all is read anew, and that is said', async (_, harm, why) => {
    const all = await followed();
    await all.db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1; DELETE FROM deal WHERE id = 2`);
    await harm(all);
    expect(await all.source.sync()).toMatchObject({ status: 'complete', counts: { read: 3, deleted: 1 } });
    expect(all.source.notices).toMatchObject([{ kind: 'advice', message: expect.stringMatching(why) }]);
    expect(await all.source.differs()).toEqual([]);
  });

  test('where the settings say something else than before: all is read anew', async () => {
    const { source, settings } = await followed();
    const other = dealsSettings(settings.url.reveal(), {}, { text: ['name', 'notes'] });
    expect(await source.sync({ settings: other })).toMatchObject({ counts: { read: 4, changed: 4 } });
  });

  test('where a column is gone: the run fails and names it, and what was stored stays', async () => {
    const { db, source } = await followed();
    await db.sql('ALTER TABLE deal DROP COLUMN notes');
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'failed', counts: { deleted: 0 } });
    expect(end.problems[0]?.message).toMatch(/names the column notes, which deal does not have/u);
    await db.sql('ALTER TABLE deal ADD COLUMN notes text');
    await source.sync({ due: { listing: true, permissions: true, content: true } });
    expect(await source.differs()).toEqual([]);
  });

  test('where thousands of rows are gone at once by DELETE: that is no half listing, they are deleted', async () => {
    const { db, source } = await followed(
      {},
      `INSERT INTO deal (id, name, owner) SELECT n, 'bulk', 'ada' FROM generate_series(100, 400) AS n;`,
    );
    await db.sql('DELETE FROM deal WHERE id >= 100');
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 301 } });
  });

  test('where a whole listing lacks most of what was there: nothing is deleted, and the command is named', async () => {
    const { db, source } = await followed(
      {},
      `INSERT INTO deal (id, name, owner) SELECT n, 'bulk', 'ada' FROM generate_series(100, 400) AS n;`,
    );
    await db.sql('DELETE FROM deal');
    const end = await source.sync({ due: { listing: true, permissions: true, content: true } });
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(end.problems[0]?.message).toMatch(/castellan sync app --accept-deletions$/u);
  });
});

test('a commit that waits for a replica is not read before it is visible', async () => {
  const { db, source } = await followed();
  // The log has it at once; others see it only when a replica confirms, and there is none.
  await server.sql(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
  await server.sql('SELECT pg_reload_conf()');
  const waiting = db.sql(`SET synchronous_commit = on; UPDATE deal SET notes = 'autumn' WHERE id = 1`);
  await expect.poll(() => db.sql(`SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)).toEqual([{ count: '1' }]);
  const read = source.sync();
  await db.sql('SELECT pg_sleep(0.4)');
  await server.sql('ALTER SYSTEM RESET synchronous_standby_names');
  await server.sql('SELECT pg_reload_conf()');
  await waiting;
  expect(await read).toMatchObject({ status: 'complete', counts: { read: 1 } });
  expect(await source.fetched('ada', 'deals/1')).toBe('autumn');
});

test('waiting for a change ends with the next commit, and not before', async () => {
  const { db, settings } = await followed();
  const cursor = cursorOf(await changesOf(postgres, aConnectorRun<Settings, Cursor>(settings, { folder: '/' })));
  const again = cursorOf(
    await changesOf(postgres, aConnectorRun<Settings, Cursor>(settings, { folder: '/', ...(cursor && { cursor }) })),
  );
  let ended = false;
  const waiting = postgres
    .awaitChange?.(aConnectorRun(settings, { folder: '/', ...(again && { cursor: again }) }))
    .then(() => (ended = true));
  await db.sql('SELECT pg_sleep(0.3)');
  expect(ended).toBe(false);
  await db.sql(`UPDATE deal SET notes = 'autumn' WHERE id = 1`);
  await waiting;
});

/** Random work on the tables: several statements a transaction, some of them rolled back. */
const work = (dice: Dice): string => {
  const id = (): number => dice.roll(12) + 1;
  const who = (): string => dice.pick(["'ada'", "'bob'", "'cyd'", 'NULL']);
  const step = (): string =>
    dice.pick([
      `INSERT INTO deal (id, name, notes, owner, team) VALUES (${id()}, 'n${id()}', 'spring ${id()}', ${who()}, ${dice.pick(["'sales'", 'NULL'])}) ON CONFLICT (id) DO UPDATE SET notes = excluded.notes`,
      `UPDATE deal SET notes = 'note ${id()}', owner = ${who()} WHERE id = ${id()}`,
      `UPDATE deal SET id = ${id() + 12} WHERE id = ${id()} AND NOT EXISTS (SELECT FROM deal AS d WHERE d.id BETWEEN 13 AND 24)`,
      `UPDATE deal SET id = id - 12 WHERE id > 12 AND NOT EXISTS (SELECT FROM deal AS d WHERE d.id = deal.id - 12)`,
      `DELETE FROM deal WHERE id = ${id()}`,
      `UPDATE deal SET notes = repeat('long ${id()} ', 3000) WHERE id = ${id()}`,
      ...(dice.chance(0.1) ? ['TRUNCATE deal'] : []),
      `UPDATE person SET active = NOT active WHERE id = ${dice.pick(["'ada'", "'bob'", "'cyd'"])}`,
      `DELETE FROM team WHERE member = ${dice.pick(["'ada'", "'cyd'"])}`,
      `INSERT INTO team VALUES ('sales', ${dice.pick(["'ada'", "'bob'", "'cyd'"])}) ON CONFLICT DO NOTHING`,
    ]);
  const steps = Array.from({ length: 1 + dice.roll(4) }, step).join('; ');
  return `BEGIN; ${steps}; ${dice.chance(0.15) ? 'ROLLBACK' : 'COMMIT'}`;
};

test('whatever is done at the source, following it stores what reading all of it would', async () => {
  const { db, source } = await followed();
  const dice = diceOf(20260301);
  for (let round = 0; round < 25; round += 1) {
    for (let count = dice.roll(5); count >= 0; count -= 1) await db.sql(work(dice));
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.differs()).toEqual([]);
  }
  expect(source.notices).toEqual([]); // none of them read all anew
}, 60_000);
