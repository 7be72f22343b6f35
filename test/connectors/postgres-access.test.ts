import { describe, expect, test } from 'vitest';

import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import type { Account } from '../../src/core/document.ts';
import { diceOf } from '../property/dice.ts';
import { aConnectedSource, type ConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type ADatabase, aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

/** Roles are of the whole server: each test has its own. */
let count = 0;
const rolesOf = (): { ada: string; bob: string; cyd: string; app: string } => {
  count += 1;
  return { ada: `ada_${count}`, bob: `bob_${count}`, cyd: `cyd_${count}`, app: `app_${count}` };
};

interface Secured {
  readonly db: ADatabase;
  readonly source: ConnectedSource<Settings>;
  readonly roles: ReturnType<typeof rolesOf>;
  readonly settings: Settings;
}

/** Deals that the database itself shows to their owners, by a role for each person or by a setting of the application. */
const secured = async (by: 'role' | 'setting', policy = '', given: Record<string, unknown> = {}): Promise<Secured> => {
  const db = await server.database();
  const roles = rolesOf();
  const me = by === 'role' ? `(SELECT id FROM person WHERE role = current_user)` : `current_setting('app.user', true)`;
  await db.sql(`${DEALS}
    ${Object.values(roles)
      .map((role) => `CREATE ROLE ${role};`)
      .join('')}
    UPDATE person SET role = id || '_${count}';
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${Object.values(roles).join(', ')};
    ALTER TABLE deal ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON deal FOR SELECT USING (${policy || `owner = ${me} OR team IN (SELECT name FROM team WHERE member = ${me})`});`);
  const settings = dealsSettings(db.url, given, {
    permissions: { rls: by === 'role' ? {} : { role: roles.app, setting: 'app.user' } },
  });
  const source = await aConnectedSource(postgres, settings);
  return { db, source, roles, settings };
};

const everyones = async (source: ConnectedSource<Settings>): Promise<Record<string, string[]>> => ({
  ada: await source.sees('ada', KEYS),
  bob: await source.sees('bob', KEYS),
  cyd: await source.sees('cyd', KEYS),
});

const as = (id: string): Account => ({ id, emails: [`${id}@acme.test`], active: true, kind: 'member' });

/** Runs ask again at most once a minute. */
const later = ({ clock }: ConnectedSource<Settings>): void => void (clock.now += 61_000);

describe.each(['role', 'setting'] as const)('row-level security by %s', (by) => {
  test('is what everybody sees, each set of readers once', async () => {
    const { source } = await secured(by);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await everyones(source)).toEqual({ ada: ['deals/1', 'deals/3'], bob: ['deals/2'], cyd: ['deals/3'] });
    expect(await source.differs()).toEqual([]);
  });

  test('moves with a column that decides', async () => {
    const { db, source } = await secured(by);
    await source.sync();
    await db.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1`);
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 1 } });
    expect(await everyones(source)).toEqual({ ada: ['deals/3'], bob: ['deals/1', 'deals/2'], cyd: ['deals/3'] });
  });

  test('moves with another table that is said to decide, at once', async () => {
    const { db, source } = await secured(by, '', { deciding: ['team'], groups: 'SELECT name, member FROM team WHERE false' });
    await source.sync();
    await db.sql(`DELETE FROM team WHERE member = 'ada'`);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: ['deals/1'], bob: ['deals/2'], cyd: ['deals/3'] });
  });

  test('moves with what nobody said decides, when the database is asked again', async () => {
    const { db, source } = await secured(by);
    await source.sync();
    await db.sql('ALTER POLICY mine ON deal USING (true)');
    later(source);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: KEYS, bob: KEYS, cyd: KEYS });
    await db.sql('ALTER POLICY mine ON deal USING (false)');
    later(source);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: [], bob: [], cyd: [] });
  });

  test('that nothing moved in confirms what is stored, and says nothing of the rows', async () => {
    const { source } = await secured(by);
    await source.sync();
    later(source);
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 0, changed: 0 } });
  });

  test('asked about one row, answers as the person', async () => {
    const { settings } = await secured(by);
    const run = aConnectorRun<Settings, never>(settings, { folder: '/' });
    expect(await postgres.read?.('deals/1', run, as('ada'))).toMatchObject({
      key: 'deals/1',
      acl: { terms: [{ allow: ['user:ada'] }] },
    });
    expect(await postgres.read?.('deals/1', run, as('bob'))).toBe('forbidden');
    expect(await postgres.read?.('deals/1', run, as('nobody-there'))).toBe('forbidden');
    expect(await postgres.read?.('deals/4', run, as('ada'))).toBe('forbidden');
    expect(await postgres.read?.('deals/9', run, as('ada'))).toBe('gone');
    expect(await postgres.read?.('deals/3', run)).toMatchObject({ acl: { terms: [{ allow: ['user:ada', 'user:cyd'] }] } });
  });
});

describe('a role of the database', () => {
  test('that was dropped sees nothing any more', async () => {
    const { db, source, roles } = await secured('role');
    await source.sync();
    await db.sql(`DROP OWNED BY ${roles.ada}; DROP ROLE ${roles.ada}`);
    later(source);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await everyones(source)).toEqual({ ada: [], bob: ['deals/2'], cyd: ['deals/3'] });
  });

  test('that may not read the table sees nothing', async () => {
    const { db, source, roles } = await secured('role');
    await db.sql(`REVOKE SELECT ON deal FROM ${roles.ada}`);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: [], bob: ['deals/2'], cyd: ['deals/3'] });
  });

  test('of an account that is inactive sees nothing', async () => {
    const { db, source } = await secured('role');
    await source.sync();
    await db.sql(`UPDATE person SET active = false WHERE id = 'ada'`);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: [], bob: ['deals/2'], cyd: ['deals/3'] });
  });

  test('that stands for everybody and that row security does not bind is refused', async () => {
    const { db, source, roles } = await secured('setting');
    await db.sql(`ALTER ROLE ${roles.app} BYPASSRLS`);
    expect(await source.sync()).toMatchObject({
      status: 'failed',
      problems: [{ message: expect.stringMatching(/row security does not bind app_\d+ on/u) }],
    });
    expect(await everyones(source)).toEqual({ ada: [], bob: [], cyd: [] });
  });

  test('that we may not become fails the run: it would seem to see nothing', async () => {
    const { db, roles } = await secured('role');
    await db.sql(`CREATE ROLE crawler_${count} LOGIN REPLICATION BYPASSRLS; GRANT SELECT ON ALL TABLES IN SCHEMA public TO crawler_${count};
      GRANT ${roles.bob} TO crawler_${count}; CREATE PUBLICATION castellan_app FOR TABLE deal; CREATE PUBLICATION castellan_wiki FOR TABLE deal`);
    const settings = dealsSettings(db.url.replace('postgres@', `crawler_${count}@`), {}, { permissions: { rls: {} } });
    await expect(changesOf(postgres, aConnectorRun(settings, { folder: '/' }))).rejects.toThrow(/permission denied to set role/u);
  });
});

test('whatever the policy and the rows, everybody sees what the database shows them', async () => {
  const dice = diceOf(7);
  const { db, source, roles } = await secured('role', 'true');
  const ids = Array.from({ length: 40 }, (_, index) => index + 1);
  const keys = ids.map((id) => `deals/${id}`);
  await db.sql(`INSERT INTO deal (id, name) SELECT n, 'n' FROM generate_series(5, 40) AS n`);
  for (let round = 0; round < 6; round += 1) {
    const terms = [
      'owner = (SELECT id FROM person WHERE role = current_user)',
      'id % 3 = 0',
      "team = 'sales'",
      'amount > 100',
      `current_user = '${roles.cyd}'`,
      'notes IS NULL',
    ];
    await db.sql(`ALTER POLICY mine ON deal USING (${dice.some(terms, 1, 3).join(dice.chance(0.5) ? ' AND ' : ' OR ')});
      UPDATE deal SET owner = (ARRAY['ada', 'bob', 'cyd', NULL])[1 + floor(random() * 4)], team = (ARRAY['sales', NULL])[1 + floor(random() * 2)], amount = random() * 200
      WHERE random() < 0.4`);
    later(source);
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    for (const who of ['ada', 'bob', 'cyd'] as const) {
      const shown = await db.sql(`SET ROLE ${roles[who]}; SELECT id FROM deal ORDER BY id`);
      expect([round, who, await source.sees(who, keys)]).toEqual([round, who, shown.map(({ id }) => `deals/${String(id)}`)]);
    }
  }
}, 60_000);

describe('a query that says who may see a row', () => {
  const query = `SELECT id, 'group:' || team AS principal, 'allow' AS effect FROM deal WHERE team IS NOT NULL
                 UNION ALL SELECT id, 'user:' || owner, 'allow' FROM deal WHERE owner IS NOT NULL
                 UNION ALL SELECT 3, 'user:cyd', 'deny'`;

  const queried = async (text = query) => {
    const db = await server.database();
    await db.sql(DEALS);
    const source = await aConnectedSource(
      postgres,
      dealsSettings(db.url, { deciding: ['team'] }, { permissions: { query: text } }),
    );
    return { db, source, end: await source.sync() };
  };

  test('may allow and deny', async () => {
    const { source } = await queried();
    expect(await everyones(source)).toEqual({ ada: ['deals/1', 'deals/3'], bob: ['deals/2'], cyd: [] });
    expect(await source.differs()).toEqual([]);
  });

  test('is asked again for changed rows', async () => {
    const { db, source } = await queried();
    await db.sql(`UPDATE deal SET owner = 'cyd' WHERE id = 2`);
    await source.sync();
    expect(await everyones(source)).toEqual({ ada: ['deals/1', 'deals/3'], bob: [], cyd: ['deals/2'] });
  });

  test.each([
    ['a principal that is none', `SELECT id, 'usr:ada' AS principal FROM deal`],
    ['no principal', 'SELECT id, NULL AS principal FROM deal'],
  ])('and names %s closes those rows', async (_, text) => {
    const { source } = await queried(text);
    expect(await everyones(source)).toEqual({ ada: [], bob: [], cyd: [] });
  });

  test('and denies what is no principal closes those rows', async () => {
    const { source } = await queried(`${query} UNION ALL SELECT 1, 'usr:bob', 'deny'`);
    expect(await everyones(source)).toEqual({ ada: ['deals/3'], bob: ['deals/2'], cyd: [] });
  });

  test('and gives an effect nobody knows fails the run', async () => {
    const { end } = await queried(`SELECT id, 'user:ada' AS principal, 'perhaps' AS effect FROM deal`);
    expect(end).toMatchObject({ status: 'failed', problems: [{ message: expect.stringMatching(/neither allow nor deny/u) }] });
  });
});

test('a table that everyone may see is for members alone', async () => {
  const db = await server.database();
  await db.sql(`${DEALS} INSERT INTO person VALUES ('eve', 'eve@acme.test', 'Eve', false, NULL);`);
  const source = await aConnectedSource(postgres, dealsSettings(db.url, {}, { permissions: { everyone: true } }));
  await source.sync();
  expect(await source.sees('ada', KEYS)).toEqual(KEYS);
  expect(await source.sees('eve', KEYS)).toEqual([]);
});
