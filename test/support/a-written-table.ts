import { postgres } from '../../connectors/postgres/sync.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { aConnectorRun } from './a-connector-run.ts';
import { DEALS, dealsSettings } from './a-deals-table.ts';
import type { APostgres } from './a-postgres.ts';

/** Deals that people may write, each by the database's own rules: their own ones, and everybody sees those of their team. */
export interface WrittenTable {
  readonly settings: Settings;
  /** The role of ada: her own, or everybody's. */
  readonly role: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
  run(signal?: AbortSignal): Run<Settings, never>;
  /** Every row, as the superuser sees it. */
  state(): Promise<Record<string, Record<string, unknown>>>;
}

const ROLES = ['ada_w', 'bob_w', 'cyd_w', 'app_w'] as const;

/** A database for the tests of one file. Each of them gets its tables made afresh, which is quicker than a database. */
export const aWrittenDatabase = async (
  server: APostgres,
): Promise<(by: 'role' | 'setting', table?: Record<string, unknown>, port?: number) => Promise<WrittenTable>> => {
  await server.sql('CREATE DATABASE written');
  await server.sql(`${ROLES.map((role) => `CREATE ROLE ${role};`).join('')}
    CREATE ROLE crawler_w LOGIN REPLICATION BYPASSRLS; GRANT ${ROLES.join(', ')} TO crawler_w`);
  const sql = (text: string): Promise<Record<string, unknown>[]> => server.sql(text, 'written');
  return async (by, table = {}, port = server.port) => {
    const me = by === 'role' ? `(SELECT id FROM person WHERE role = current_user)` : `current_setting('app.user', true)`;
    await sql(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; ${DEALS}
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO crawler_w, ${ROLES.join(', ')};
      GRANT INSERT, UPDATE, DELETE ON deal TO ${ROLES.join(', ')};
      UPDATE person SET role = id || '_w';
      ALTER TABLE deal ENABLE ROW LEVEL SECURITY;
      CREATE POLICY sees ON deal FOR SELECT USING (owner = ${me} OR team IN (SELECT name FROM team WHERE member = ${me}));
      CREATE POLICY makes ON deal FOR INSERT WITH CHECK (owner = ${me});
      CREATE POLICY changes ON deal FOR UPDATE USING (owner = ${me});
      CREATE POLICY removes ON deal FOR DELETE USING (owner = ${me});`);
    const url = server.url('written').replace('postgres@', 'crawler_w@').replace(`:${server.port}/`, `:${port}/`);
    const rls = by === 'role' ? {} : { role: 'app_w', setting: 'app.user' };
    const writable = ['id', 'name', 'notes', 'stage', 'amount', 'owner', 'due'];
    const given = Object.entries({ writable, permissions: { rls }, ...table }).filter(([, value]) => value !== undefined);
    const settings = dealsSettings(url, {}, Object.fromEntries(given));
    return {
      settings,
      role: by === 'role' ? 'ada_w' : 'app_w',
      sql,
      run: (signal) => {
        const { cursor: _, ...run } = aConnectorRun<Settings, never>(settings, { folder: '/', ...(signal && { signal }) });
        return run;
      },
      state: async () => Object.fromEntries((await sql('SELECT * FROM deal ORDER BY id')).map((row) => [String(row['id']), row])),
    };
  };
};

/** Somebody with an account in the database. */
export const as = (id: string): Account => ({ id, emails: [`${id}@acme.test`], active: true, kind: 'member' });

/** What may be written in a database. */
export const actions = postgres.writes ?? [];
