import { onTestFinished, describe, expect, test } from 'vitest';

import type { Cursor } from '../../connectors/postgres/cursor.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource, type ConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type PostgresServer, startPostgres } from '../support/a-postgres-server.ts';

const SOON = { timeout: 30_000, interval: 50 };

interface Pair {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  readonly source: ConnectedSource<Settings>;
  readonly settings: Settings;
  /** The same as they stand for the standby. */
  readonly there: Settings;
  /** The standby has all that the primary has. */
  readonly caughtUp: () => Promise<void>;
  /** The standby takes over. */
  readonly promote: () => Promise<void>;
}

const lsnOf = async ({ sql }: PostgresServer, what: string): Promise<unknown> =>
  (await sql(`SELECT ${what}::text AS lsn`))[0]?.['lsn'];

/** A primary that was read once, and a standby that follows it: with the slot as it was then, or without. */
const aPair = async (slot: 'with the slot' | 'without the slot'): Promise<Pair> => {
  const primary = await startPostgres();
  onTestFinished(primary.stop);
  await primary.sql(DEALS);
  const settings = dealsSettings(primary.url());
  const source = await aConnectedSource(postgres, settings);
  if (slot === 'with the slot') await source.sync();
  const standby = await primary.standby();
  onTestFinished(standby.stop);
  if (slot === 'without the slot') await source.sync();
  return {
    primary,
    standby,
    source,
    settings,
    there: dealsSettings(standby.url(), { slot: settings.slot }),
    caughtUp: async () => {
      const to = await lsnOf(primary, 'pg_current_wal_flush_lsn()');
      await expect.poll(() => lsnOf(standby, `(pg_last_wal_replay_lsn() >= '${String(to)}')`), SOON).toBe('true');
    },
    promote: async () => void (await standby.sql('SELECT pg_promote()')),
  };
};

/** The standby is cut off: what the primary commits from now on never comes. */
const cutOff = async ({ sql }: PostgresServer): Promise<void> => {
  await sql(`ALTER SYSTEM SET primary_conninfo = ''`);
  await sql('SELECT pg_reload_conf()');
  await expect.poll(() => sql('SELECT count(*) FROM pg_stat_wal_receiver'), SOON).toEqual([{ count: '0' }]);
};

describe.each(['with the slot', 'without the slot'] as const)('where a standby %s takes over', (slot) => {
  test('what it has otherwise is read, and whoever lost a row there has lost it', async () => {
    const { primary, standby, source, there, caughtUp, promote } = await aPair(slot);
    await caughtUp();
    await cutOff(standby);
    await primary.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1; DELETE FROM deal WHERE id = 2`);
    await source.sync();
    expect(await source.sees('bob', KEYS)).toEqual(['deals/1']);
    await promote();
    // Its log goes past the cursor without a word of what was different before.
    await standby.sql(`CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)`);
    await standby.sql(`UPDATE deal SET owner = 'cyd' WHERE id = 3`);
    expect(await source.sync({ settings: there })).toMatchObject({ status: 'complete' });
    expect(source.notices.at(-1)).toMatchObject({ message: expect.stringMatching(/^All rows are read anew/u) });
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
    expect(await source.sees('ada', KEYS)).toEqual(['deals/1', 'deals/3']);
    await standby.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1`);
    expect(await source.sync({ settings: there })).toMatchObject({ status: 'complete', counts: { read: 1 } });
    expect(await source.sees('bob', KEYS)).toEqual(['deals/1', 'deals/2']);
  }, 120_000);
});

test('whoever waits for a change hears of a standby that took over, though its log is behind', async () => {
  const { primary, standby, source, settings, there, caughtUp, promote } = await aPair('with the slot');
  await caughtUp();
  await cutOff(standby);
  await primary.sql(`CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)`);
  await source.sync();
  const cursor: Cursor = postgres.cursor.parse(await source.index.store.cursor('app'));
  const waiting = (given: Settings): Promise<void> | undefined =>
    postgres.awaitChange?.(aConnectorRun<Settings, Cursor>(given, { folder: '/', cursor, signal: AbortSignal.timeout(60_000) }));
  await expect(waiting(there)).rejects.toThrow(/is a standby, which cannot be followed. Give the address of the primary/u);
  await promote();
  await waiting(there);
  expect(settings.slot).toBe(there.slot);
}, 120_000);

test('a standby is refused, and the primary named', async () => {
  const { source, there } = await aPair('with the slot');
  const end = await source.sync({ settings: there });
  expect(end).toMatchObject({ status: 'failed', counts: { deleted: 0 } });
  expect(end.problems[0]?.message).toMatch(/is a standby.*sources\.app\.url$/u);
}, 120_000);
