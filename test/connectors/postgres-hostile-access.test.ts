import { describe, expect, test } from 'vitest';

import { lsnOf } from '../../connectors/postgres/slot.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource, type ConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type ADatabase, aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

/** Roles are of the whole server: each test has its own. */
let count = 0;

interface Secured {
  readonly db: ADatabase;
  readonly source: ConnectedSource<Settings>;
  readonly ada: string;
  readonly bob: string;
}

/** Deals that the database shows to their owners, by a role for each person. */
const secured = async (sql = '', table: Record<string, unknown> = {}): Promise<Secured> => {
  const db = await server.database();
  count += 1;
  const [ada, bob] = [`ada_h${count}`, `bob_h${count}`];
  await db.sql(`${DEALS}
    CREATE ROLE ${ada}; CREATE ROLE ${bob};
    UPDATE person SET role = id || '_h${count}' WHERE id IN ('ada', 'bob');
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${ada}, ${bob};
    ALTER TABLE deal ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON deal FOR SELECT USING (owner = (SELECT id FROM person WHERE role = current_user));
    ${sql.replaceAll('$ada', ada).replaceAll('$bob', bob)}`);
  const source = await aConnectedSource(postgres, dealsSettings(db.url, {}, { permissions: { rls: {} }, ...table }));
  return { db, source, ada, bob };
};

/** Runs ask again at most once a minute. */
const later = ({ clock }: ConnectedSource<Settings>): void => void (clock.now += 61_000);

describe('row-level security', () => {
  test('a person whose role is called none is nobody, not the one who asks', async () => {
    const { source } = await secured(`UPDATE person SET role = 'none' WHERE id = 'cyd';`);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.sees('cyd', KEYS)).toEqual([]);
    expect(await source.sees('ada', KEYS)).toEqual(['deals/1']);
  });

  test('whoever may not read a column that is shown does not see the row', async () => {
    const { source } = await secured('REVOKE SELECT ON deal FROM $ada; GRANT SELECT (id, owner) ON deal TO $ada;');
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.sees('ada', KEYS)).toEqual([]);
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
  });

  test('what a row got while it was touched is taken back when the policy goes back', async () => {
    const { db, source } = await secured();
    await source.sync();
    await db.sql(`ALTER POLICY mine ON deal USING (true); UPDATE deal SET notes = 'spring again' WHERE id = 1`);
    await source.sync();
    expect(await source.sees('bob', KEYS)).toContain('deals/1');
    await db.sql('ALTER POLICY mine ON deal USING (owner = (SELECT id FROM person WHERE role = current_user))');
    later(source);
    await source.sync();
    expect(await source.sees('bob', KEYS)).toEqual(['deals/2']);
  });

  test('a key that is written like the hash of another row’s is not that row', async () => {
    const long = 'x'.repeat(2000);
    const { createHash } = await import('node:crypto');
    const twin = `~${createHash('sha256').update(`deals/${long}`).digest('hex')}`;
    const { source } = await secured(
      `CREATE TABLE note (id text PRIMARY KEY, owner text, notes text); ALTER TABLE note ENABLE ROW LEVEL SECURITY;
       CREATE POLICY mine ON note FOR SELECT USING (owner = (SELECT id FROM person WHERE role = current_user));
       GRANT SELECT ON note TO $ada, $bob;
       INSERT INTO note VALUES ('${twin}', 'bob', 'mine'), ('${long}', 'ada', 'secret of ada');`,
      { from: 'note', fields: {}, url: 'https://crm.acme.test/' },
    );
    await source.sync();
    expect(await source.finds('bob', 'secret')).toEqual([]);
    expect(await source.finds('ada', 'secret')).toHaveLength(1);
  });

  test('rows that share a key are refused', async () => {
    const { source } = await secured(
      `CREATE TABLE note (id text, owner text, notes text); ALTER TABLE note ENABLE ROW LEVEL SECURITY; ALTER TABLE note REPLICA IDENTITY FULL;
       CREATE POLICY mine ON note FOR SELECT USING (owner = (SELECT id FROM person WHERE role = current_user));
       GRANT SELECT ON note TO $ada, $bob;
       INSERT INTO note VALUES ('1', 'bob', 'mine'), ('1', 'ada', 'secret of ada');`,
      { from: 'note', key: ['id'], fields: {}, url: 'https://crm.acme.test/' },
    );
    await source.sync();
    expect(await source.finds('bob', 'secret')).toEqual([]);
  });
  test('a policy that writes is refused what it would write', async () => {
    const { db, source } = await secured(
      `CREATE TABLE stolen (what text); GRANT ALL ON stolen TO PUBLIC; CREATE FUNCTION people() RETURNS text LANGUAGE sql AS $f$ INSERT INTO stolen VALUES ('x') RETURNING what $f$;
      CREATE VIEW odd AS SELECT id, email FROM person WHERE people() IS NOT NULL;`,
    );
    const end = await source.sync({ settings: dealsSettings(db.url, { accounts: 'SELECT id, email FROM odd' }, {}) });
    expect(end.status).toBe('failed');
    expect(await db.sql('SELECT * FROM stolen')).toEqual([]);
  });
});

/** What the log says of no row, and yet takes away. */
const TAKEN = [
  ['a right', 'REVOKE SELECT ON deal FROM $bob'],
  ['a membership', 'REVOKE team$ada FROM $bob'],
  ['a policy', 'DROP POLICY ours ON deal'],
] as const;

describe.each(TAKEN)('where a run came by before %s was asked after that is taken back', (_, sql) => {
  const given = async () => {
    const all = await secured(`CREATE ROLE team$ada; GRANT team$ada TO $bob; DROP POLICY mine ON deal;
      CREATE POLICY ours ON deal FOR SELECT TO team$ada USING (owner = 'bob');`);
    expect(await all.source.sync()).toMatchObject({ status: 'complete' });
    expect(await all.source.sees('bob', KEYS)).toEqual(['deals/2']);
    await all.db.sql(sql.replaceAll('$ada', all.ada).replaceAll('$bob', all.bob));
    await all.source.sync();
    return all;
  };

  test('it is asked after within the minute, though nothing more happens', async () => {
    const { db, source } = await given();
    const cursor = postgres.cursor.parse(await source.index.store.cursor('app'));
    expect(lsnOf(cursor.lsn)).toBeGreaterThan(lsnOf(cursor.askedLsn));
    let ended = false;
    const waiting = postgres
      .awaitChange?.({
        ...aConnectorRun(dealsSettings(db.url, {}, { permissions: { rls: {} } }), {
          folder: '/',
          // Whatever the server writes by itself into its log, it wakes nobody.
          cursor: { ...cursor, lsn: 'FFFFFFFF/FFFFFFFF' },
          signal: AbortSignal.timeout(10_000),
        }),
        now: () => new Date(source.clock.now),
      })
      .then(() => (ended = true));
    await db.sql('SELECT pg_sleep(0.4)');
    expect(ended).toBe(false);
    later(source);
    await waiting;
    await source.sync();
    expect(await source.sees('bob', KEYS)).toEqual([]);
  });
});

test('what a transaction that is not visible yet takes back is asked after again', async () => {
  const { db, source } = await secured();
  await source.sync();
  await db.sql('CREATE TABLE work (id int)');
  const begun = db.sql(`BEGIN; INSERT INTO work VALUES (1); SELECT pg_sleep(60); ROLLBACK`).catch(() => 'ended');
  const sleeping = `FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
  await expect.poll(() => db.sql(`SELECT pid ${sleeping}`)).toHaveLength(1);
  later(source);
  await source.sync();
  expect(await source.index.store.cursor('app')).toMatchObject({ askedAt: source.clock.now, askedLsn: '0/0' });
  await db.sql(`SELECT pg_terminate_backend(pid) ${sleeping}`);
  expect(await begun).toBe('ended');
});
