import { describe, expect, test } from 'vitest';

import type { Settings } from '../../connectors/postgres/settings.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { aConnectedSource, type ConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { type ADatabase, aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

interface Followed {
  readonly db: ADatabase;
  readonly source: ConnectedSource<Settings>;
  readonly settings: Settings;
}

/** A database that was read whole once. */
const followed = async (
  table: Record<string, unknown> = {},
  sql = '',
  given: Record<string, unknown> = {},
): Promise<Followed> => {
  const db = await server.database();
  await db.sql(DEALS + sql);
  const settings = dealsSettings(db.url, given, table);
  const source = await aConnectedSource(postgres, settings);
  expect(await source.sync()).toMatchObject({ status: 'complete' });
  return { db, source, settings };
};

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
