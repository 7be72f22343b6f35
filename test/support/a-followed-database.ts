import { expect } from 'vitest';

import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource, type ConnectedSource } from './a-connected-source.ts';
import { DEALS, dealsSettings } from './a-deals-table.ts';
import type { ADatabase, APostgres } from './a-postgres.ts';

/** A database of deals that was read whole once. */
export interface Followed {
  readonly db: ADatabase;
  readonly source: ConnectedSource<Settings>;
  readonly settings: Settings;
}

/** Makes such databases on a server: `sql` comes after the tables, `table` and `given` change how they are configured. */
export const followedOn =
  (server: Pick<APostgres, 'database'>) =>
  async (table: Record<string, unknown> = {}, sql = '', given: Record<string, unknown> = {}): Promise<Followed> => {
    const db = await server.database();
    await db.sql(DEALS + sql);
    const settings = dealsSettings(db.url, given, table);
    const beside = { ...settings, slot: `${settings.slot}_beside` };
    const source = await aConnectedSource(postgres, settings, { beside });
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    return { db, source, settings };
  };
