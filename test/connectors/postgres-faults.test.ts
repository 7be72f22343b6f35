import { describe, expect, test, vi } from 'vitest';

import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { brokenPromises, COURSES, type FaultCase, type FaultyWorld, type Sight } from '../contracts/fault-contract.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { DEALS, dealsSettings } from '../support/a-deals-table.ts';
import { type ADatabase, aPostgres } from '../support/a-postgres.ts';
import { aTcpFaultProxy, type ATcpFaultProxy, type TcpFault } from '../support/a-tcp-fault-proxy.ts';

const server = await aPostgres();
await server.sql('CREATE ROLE reading LOGIN REPLICATION BYPASSRLS');

/** Rows that nobody sees, so that losing them all would be too much to believe. */
const FILLED = `INSERT INTO deal (id, name, notes) SELECT n, 'Row', 'filler' FROM generate_series(100, 160) AS n;`;
const BEFORE: Sight = { ada: ['deals/1', 'deals/3'], bob: ['deals/2'], cyd: ['deals/3'], mallory: [] };
const NOW: Sight = { ada: ['deals/3'], bob: ['deals/1', 'deals/9'], cyd: [], mallory: [] };
const CHANGED = `
  INSERT INTO deal (id, name, notes, owner) VALUES (9, 'Iota', 'spring new', 'bob');
  UPDATE deal SET owner = 'bob' WHERE id = 1;
  DELETE FROM deal WHERE id = 2;
  DELETE FROM team WHERE member = 'cyd';`;

interface DealsWorld extends FaultyWorld {
  readonly proxy: ATcpFaultProxy;
  readonly db: ADatabase;
  /** A fault by SQL: it has struck. */
  strike(sql: string): Promise<void>;
}

/** Sales behind a proxy, read as a role that may only read; what it may not make itself is there. */
const aDealsWorld = async () => {
  const db = await server.database();
  await db.sql(`${DEALS}${FILLED}
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO reading; CREATE PUBLICATION castellan_app FOR TABLE deal;`);
  const proxy = await aTcpFaultProxy(server.port);
  let [changed, struck] = [false, 0];
  const world: DealsWorld = {
    proxy,
    db,
    sight: () => (changed ? NOW : BEFORE),
    async change() {
      await db.sql(CHANGED);
      changed = true;
    },
    async strike(sql) {
      await db.sql(sql);
      struck += 1;
    },
    struck: () => struck + proxy.struck,
  };
  const settings: Settings = dealsSettings(`postgres://reading@127.0.0.1:${proxy.port}/${db.name}`);
  return { world, connector: postgres, settings };
};

type Case = FaultCase<DealsWorld>;
const told = (sentence: RegExp): Case['ends'] => ({ told: sentence });
const onWire = (name: string, fault: TcpFault, ends: Case['ends'], rest: Partial<Case> = {}): Case => ({
  name,
  begin: ({ proxy }) => proxy.script(fault),
  end: ({ proxy }) => proxy.script(undefined),
  ends,
  ...rest,
});
const bySql = (name: string, sql: string, back: string, ends: Case['ends']): Case => ({
  name,
  begin: (world) => world.strike(sql),
  end: async ({ db }) => {
    await db.sql(back);
  },
  ends,
});

const UNREACHED = told(/cannot be reached/u);
/** Bytes of the server: while it says hello, and while it is asked. */
const PLACES = [400, 3_000];

const CASES: readonly Case[] = [
  onWire('a refused connection', { kind: 'refuse' }, UNREACHED),
  ...PLACES.map((after) => onWire(`a reset after ${after} bytes`, { kind: 'reset', after }, UNREACHED)),
  ...PLACES.map((after) => onWire(`an end after ${after} bytes`, { kind: 'cut', after }, UNREACHED)),
  ...PLACES.map((after) => onWire(`a hang after ${after} bytes`, { kind: 'hold', after }, UNREACHED, { beside: waitedOut })),
  onWire('a few bytes at a time', { kind: 'slow', after: 0, bytes: 40 }, 'mended'),
  onWire('a server that is stopped in the middle', { kind: 'hold', after: 3_000 }, told(/57P01/u), { beside: stopped }),
  bySql(
    'a renamed column',
    'ALTER TABLE deal RENAME notes TO words',
    'ALTER TABLE deal RENAME words TO notes',
    told(/column notes, which/u),
  ),
  bySql('a dropped column', 'ALTER TABLE deal DROP stage', 'ALTER TABLE deal ADD stage text', told(/column stage, which/u)),
  bySql(
    'a retyped column',
    `ALTER TABLE deal ALTER amount TYPE text USING 'about ' || amount`,
    `ALTER TABLE deal ALTER amount TYPE numeric USING nullif(substr(amount, 7), '')::numeric`,
    told(/amount should be a number/u),
  ),
  bySql(
    'a key that may be null',
    'ALTER TABLE deal REPLICA IDENTITY FULL; ALTER TABLE deal DROP CONSTRAINT deal_pkey; ALTER TABLE deal ALTER id DROP NOT NULL',
    'ALTER TABLE deal ADD PRIMARY KEY (id); ALTER TABLE deal REPLICA IDENTITY DEFAULT',
    told(/has no primary key/u),
  ),
  bySql(
    'a row of 20 MB',
    `UPDATE deal SET notes = repeat('vast word ', 2000000) WHERE id = 3`,
    `UPDATE deal SET notes = 'spring lease' WHERE id = 3`,
    told(/notes is longer than/u),
  ),
  bySql(
    'a lost slot',
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()`,
    '',
    'mended',
  ),
  bySql('a revoked table', 'REVOKE SELECT ON deal FROM reading', 'GRANT SELECT ON deal TO reading', told(/Grant what/u)),
  bySql(
    'people that are revoked',
    'REVOKE SELECT ON person FROM reading',
    'GRANT SELECT ON person TO reading',
    told(/Grant what/u),
  ),
  bySql(
    'row security that hides all rows',
    'ALTER ROLE reading NOBYPASSRLS; ALTER TABLE deal ENABLE ROW LEVEL SECURITY',
    'ALTER ROLE reading BYPASSRLS; ALTER TABLE deal DISABLE ROW LEVEL SECURITY',
    told(/BYPASSRLS/u),
  ),
  bySql(
    'an empty table in the place of the full one',
    `ALTER TABLE deal RENAME TO full_deal; CREATE TABLE deal (LIKE full_deal INCLUDING ALL); GRANT SELECT ON deal TO reading;
     ALTER PUBLICATION castellan_app ADD TABLE deal`,
    'DROP TABLE deal; ALTER TABLE full_deal RENAME TO deal',
    told(/The listing lacks \d+ of \d+ documents, so nothing was deleted/u),
  ),
];

/** Time passes as soon as nothing comes any more. */
async function waitedOut({ proxy }: DealsWorld, ended: AbortSignal): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const done = new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
    while (!ended.aborted) {
      await Promise.race([proxy.holding(), done]);
      if (!ended.aborted) await vi.advanceTimersByTimeAsync(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    vi.useRealTimers();
  }
}

/** An administrator restarts it, while an answer is on its way. */
async function stopped({ proxy, db }: DealsWorld): Promise<void> {
  await proxy.holding();
  await db.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'castellan app'`);
  proxy.release();
}

describe.each(COURSES.slice(1))('in %s', (course) => {
  test.each(CASES.map((fault) => [fault.name, fault] as const))(
    'promises are kept through %s',
    async (_, fault) => {
      expect(await brokenPromises(await aDealsWorld(), fault, course)).toEqual([]);
    },
    60_000,
  );
});

test.each(CASES.filter(({ name }) => name.endsWith(' 3000 bytes')).map((fault) => [fault.name, fault] as const))(
  'in the first run, promises are kept through %s',
  async (_, fault) => expect(await brokenPromises(await aDealsWorld(), fault, 'the first run')).toEqual([]),
);

test('a table that is empty where there were 10,000 rows is not believed, in either kind of run', async () => {
  const { world, settings } = await aDealsWorld();
  await world.db.sql(`INSERT INTO deal (id, name) SELECT n, 'Row' FROM generate_series(1000, 10999) AS n`);
  const source = await aConnectedSource(postgres, settings);
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 10_065 } });
  await world.db.sql(`ALTER TABLE deal RENAME TO full_deal; CREATE TABLE deal (LIKE full_deal INCLUDING ALL);
    GRANT SELECT ON deal TO reading; ALTER PUBLICATION castellan_app ADD TABLE deal`);
  for (const listing of [false, true]) {
    const end = await source.sync({ due: { listing, permissions: true, content: true } });
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(end.problems[0]?.message).toMatch(/lacks 10065 of 10065 documents, so nothing was deleted.*--accept-deletions/u);
  }
  expect(await source.finds('ada', 'spring')).toEqual(['app:deals/1', 'app:deals/3']);
});
