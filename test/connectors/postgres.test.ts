import { describe, expect, test } from 'vitest';

import { keyFrom, valuesOf } from '../../connectors/postgres/map.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import type { Cursor } from '../../connectors/postgres/cursor.ts';
import { postgres } from '../../connectors/postgres/sync.ts';
import { connectorContract } from '../contracts/connector-contract.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { DEALS, dealsSettings, KEYS } from '../support/a-deals-table.ts';
import { aPostgres } from '../support/a-postgres.ts';

const server = await aPostgres();

connectorContract(postgres, {
  settings: dealsSettings(server.url()),
  prepare: async () => {
    await server.sql('DROP TABLE IF EXISTS person, team, deal CASCADE');
    await server.sql(DEALS);
  },
});

const said = async (sql: string, given: Record<string, unknown> = {}, table: Record<string, unknown> = {}) => {
  const db = await server.database();
  await db.sql(DEALS + sql);
  return changesOf(postgres, aConnectorRun(dealsSettings(db.url, given, table), { folder: '/' }));
};

describe('a row', () => {
  test('becomes a document with its normalised fields, its address and its owner', async () => {
    const changes = await said('');
    expect(changes.find((change) => change.type === 'document')).toEqual({
      type: 'document',
      document: {
        key: 'deals/1',
        title: 'Alpha',
        type: 'deal',
        parent: 'deals',
        url: 'https://crm.acme.test/deals/1',
        updatedAt: new Date('2026-01-02T03:04:05.678Z'),
        acl: { terms: [{ allow: ['user:ada'], deny: [], from: 'owner or team of deals' }] },
        body: { kind: 'parts', parts: [{ text: 'spring offer', format: 'plain', location: { row: 'deals/1', field: 'notes' } }] },
        fields: { stage: 'open', amount: 1200.5, due_at: '2026-05-01T00:00:00.000Z' },
      },
    });
  });

  test('with a field of the wrong kind is told, and keeps everything else', async () => {
    const changes = await said('', {}, { fields: { amount: 'notes', stage: 'stage' } });
    const document = changes.find((change) => change.type === 'document');
    expect(document?.document.fields).toEqual({ stage: 'open' });
    expect(changes.find((change) => change.type === 'problem')).toMatchObject({
      key: 'deals/1',
      error: { code: 'source_changed', message: 'amount should be a number and notes is not. It was left out.' },
    });
  });

  test.each([
    ['a number', 'amount', 'numeric', `'12.50'`, 12.5],
    ['no number', 'amount', 'numeric', `'NaN'`, undefined],
    ['a number without end', 'amount', 'float8', `'-Infinity'`, undefined],
    ['nothing', 'amount', 'numeric', 'NULL', null],
    ['a number in a text', 'amount', 'text', `'80'`, 80],
    ['a truth', 'status', 'boolean', 'true', 'true'],
    ['a value of an enumeration', 'status', 'mood', `'sad'`, 'sad'],
    ['a time of a zone', 'due_at', 'timestamptz', `'2026-05-01 02:00+02'`, '2026-05-01T00:00:00.000Z'],
    ['a time in a text', 'due_at', 'text', `'2026-05-01T02:00:00+02:00'`, '2026-05-01T00:00:00.000Z'],
    ['for ever', 'due_at', 'timestamptz', `'infinity'`, undefined],
    ['before Christ', 'due_at', 'date', `'0044-03-15 BC'`, undefined],
  ])('whose field is %s says it as its kind, or not', async (_, field, type, value, said_) => {
    const changes = await said(
      `CREATE TYPE mood AS ENUM ('sad'); DELETE FROM deal WHERE id > 1; ALTER TABLE deal ADD odd ${type}; UPDATE deal SET odd = ${value};`,
      {},
      { fields: { [field]: 'odd' } },
    );
    const document = changes.find((change) => change.type === 'document');
    expect(document?.document.fields).toEqual(said_ === undefined ? {} : { [field]: said_ });
    expect(changes.filter((change) => change.type === 'problem')).toHaveLength(said_ === undefined ? 1 : 0);
  });

  test('that is too long is nobody’s, and that is said', async () => {
    const changes = await said(`UPDATE deal SET notes = repeat('x', 20000000) WHERE id = 2;`);
    expect(changes.filter((change) => 'key' in change && change.key === 'deals/2')).toMatchObject([
      { type: 'acl', acl: { unknown: expect.stringMatching(/^notes is longer than 2000000/u) } },
      { type: 'problem', error: { code: 'too_large' } },
    ]);
  });

  test.each([
    ['infinity', `UPDATE deal SET updated_at = 'infinity'`],
    ['a time before Christ', `UPDATE deal SET updated_at = '0044-03-15 BC'`],
  ])('whose time is %s has none', async (_, sql) => {
    const changes = await said(`${sql};`);
    expect(changes.find((change) => change.type === 'document')?.document.updatedAt).toEqual(new Date(0));
  });

  test('of a table with odd names and a key of several parts is read, and found by its key', async () => {
    const db = await server.database();
    await db.sql(`${DEALS}
      CREATE SCHEMA "odd schema";
      CREATE TABLE "odd schema"."ta""ble" ("ke/y" text, "at" timestamptz, "title" text, PRIMARY KEY ("ke/y", "at"));
      INSERT INTO "odd schema"."ta""ble" VALUES ('a/b,c%', '2026-01-02 03:04:05.123456+00', 'é'), ('..', '2026-01-02', 'dots'), ('', '2026-01-03', '');`);
    const settings = dealsSettings(
      db.url,
      {},
      {
        from: '"odd schema"."ta""ble"',
        text: ['title'],
        fields: {},
        url: 'https://crm.acme.test',
        permissions: { everyone: true },
      },
    );
    const changes = await changesOf(postgres, aConnectorRun(settings, { folder: '/' }));
    const keys = changes.flatMap((change) => (change.type === 'document' ? [change.document.key] : []));
    expect(keys.toSorted()).toEqual([
      'deals/,2026-01-03%2000%3A00%3A00%2B00',
      'deals/..,2026-01-02%2000%3A00%3A00%2B00',
      'deals/a%2Fb%2Cc%25,2026-01-02%2003%3A04%3A05.123456%2B00',
    ]);
    const run = aConnectorRun<Settings, never>(settings, { folder: '/' });
    for (const key of keys) expect(await postgres.read?.(key, run)).toMatchObject({ key });
  });
});

test('a key is one row and no other, however it is written', () => {
  const table = { name: 'deals', key: ['a', 'b'] };
  const odd = ['', '.', '..', '/', ',', '%', '%2F', 'a,b', '\u0000', '\n', 'é', '🙂', "'", '~'];
  const keys = odd.flatMap((a) => odd.map((b) => [keyFrom('deals', [a, b]), [a, b]] as const));
  expect(new Set(keys.map(([key]) => key)).size).toBe(odd.length ** 2);
  for (const [key, values] of keys)
    expect(valuesOf(table, key)).toEqual(values.some((one) => one.includes('\0')) ? undefined : values);
  for (const wrong of ['deals', 'deals/', 'deals/1', 'deals/1,2,3', 'other/1,2', 'deals/%,1', 'deals/%2f,1']) {
    expect(valuesOf(table, wrong)).toBeUndefined();
  }
  expect(keyFrom('deals', ['x'.repeat(5000)])).toMatch(/^deals\/~[0-9a-f]{64}$/u);
});

describe('what cannot work is said with its remedy', () => {
  test.each([
    ['a table that is not there', '', {}, { from: 'nowhere' }, /deals\.from names nowhere, which is not there/u],
    ['a column that is not there', '', {}, { text: ['nots'] }, /names the column nots, which deal does not have/u],
    [
      'a truth for a number',
      'ALTER TABLE deal ADD odd bool;',
      {},
      { fields: { amount: 'odd' } },
      /deals\.fields\.amount names odd, whose type boolean can be no number/u,
    ],
    ['money for a number', 'ALTER TABLE deal ADD odd money;', {}, { fields: { amount: 'odd' } }, /type money can be no number/u],
    ['a number for a time', '', {}, { fields: { due_at: 'amount' } }, /type numeric can be no date or time/u],
    ['an hour for a time', 'ALTER TABLE deal ADD odd time;', {}, { fields: { due_at: 'odd' } }, /can be no date or time/u],
    ['JSON for a text', 'ALTER TABLE deal ADD odd jsonb;', {}, { fields: { status: 'odd' } }, /type jsonb can be no text/u],
    ['a view', 'CREATE VIEW seen AS SELECT * FROM deal;', {}, { from: 'seen' }, /is no plain table/u],
    ['a table without a key', 'ALTER TABLE deal DROP CONSTRAINT deal_pkey;', {}, {}, /has no primary key/u],
    ['a key the log does not tell', '', {}, { key: ['name'] }, /Run: ALTER TABLE "?public"?\."?deal"? REPLICA IDENTITY FULL$/u],
    ['row security that is off', '', {}, { permissions: { rls: { role: 'postgres' } } }, /row security is not enabled on deal/u],
    ['a query that is none', '', { accounts: 'SELEC id' }, {}, /the database refused a question: syntax error/u],
    ['a member that is none', `INSERT INTO team VALUES ('sales', 'group:');`, {}, {}, /groups names a member that is none/u],
    ['a deciding table that is not there', '', { deciding: ['nowhere'] }, {}, /deciding names nowhere/u],
    [
      'a publication with a filter',
      'CREATE PUBLICATION castellan_wiki FOR TABLE deal WHERE (id > 1);',
      {},
      {},
      /leaves rows or columns of deal out/u,
    ],
    [
      'a publication without deletions',
      `CREATE PUBLICATION castellan_wiki FOR TABLE deal WITH (publish = 'insert');`,
      {},
      {},
      /leaves kinds of changes out/u,
    ],
  ])('%s', async (_, sql, given, table, sentence) => {
    await expect(said(sql, given, table)).rejects.toThrow(sentence);
  });

  test('a field that no source has', () => {
    expect(() => dealsSettings('postgres://db.acme.test/app', {}, { fields: { stauts: 'stage' } })).toThrow(
      /must each be one of account/u,
    );
  });

  test.each([
    ['two rows may have', '', 'name', /nothing keeps two rows of .*deal.* from having the same name/u],
    ['may be null', 'ALTER TABLE deal ADD UNIQUE (notes);', 'notes', /Make them NOT NULL and UNIQUE, or name others/u],
  ])('a key is refused that %s', async (_, sql, key, sentence) => {
    const refused = said(`ALTER TABLE deal REPLICA IDENTITY FULL; ${sql}`, {}, { key: [key] });
    await expect(refused).rejects.toThrow(sentence);
  });

  test.each([
    ['a wrong port', 'postgres://postgres:sesame-4711@127.0.0.1:1/x', 'source_unavailable'],
    ['no such database', `postgres://postgres:sesame-4711@127.0.0.1:${server.port}/nowhere`, 'source_rejected'],
    ['no such role', `postgres://nobody:sesame-4711@127.0.0.1:${server.port}/postgres`, 'source_rejected'],
    ['what is no address', 'sesame-4711', 'source_unavailable'],
  ])('%s, and the secret is in no message', async (_, url, code) => {
    const failed = changesOf(postgres, aConnectorRun(dealsSettings(url), { folder: '/' }));
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.not.toThrow(/sesame/u);
  });

  test('a slot of somebody else', async () => {
    const db = await server.database();
    await db.sql(DEALS);
    await db.sql(`SELECT pg_create_logical_replication_slot('taken', 'test_decoding')`);
    const settings = dealsSettings(db.url, { slot: 'taken' });
    await expect(changesOf(postgres, aConnectorRun(settings, { folder: '/' }))).rejects.toThrow(/slot taken is somebody else's/u);
  });

  test('a role that row security binds too is refused: it would take hidden rows for deleted ones', async () => {
    const db = await server.database();
    await db.sql(`${DEALS} ALTER TABLE deal ENABLE ROW LEVEL SECURITY; ALTER TABLE deal FORCE ROW LEVEL SECURITY;
      DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN REPLICATION; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;`);
    const settings = dealsSettings(db.url.replace('postgres@', 'reader@'));
    await expect(changesOf(postgres, aConnectorRun(settings, { folder: '/' }))).rejects.toThrow(
      /ALTER ROLE <its role> BYPASSRLS$/u,
    );
  });
});

test('whoever stops it leaves no connection behind', async () => {
  const db = await server.database();
  await db.sql(`${DEALS} INSERT INTO deal SELECT n, 'n', repeat('x', 1000) FROM generate_series(10, 30000) AS n;`);
  const abort = new AbortController();
  const run = aConnectorRun<Settings, Cursor>(dealsSettings(db.url), { folder: '/', signal: abort.signal });
  const stopped = (async () => {
    for await (const { type } of postgres.sync(run)) if (type === 'document') abort.abort();
  })();
  await expect(stopped).rejects.toThrow('aborted');
  await expect
    .poll(() => db.sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'castellan%'`), { timeout: 10_000 })
    .toEqual([{ count: '0' }]);
});

test('two people with different rows get different answers, and none of what is nobody’s', async () => {
  const db = await server.database();
  await db.sql(DEALS);
  const source = await aConnectedSource(postgres, dealsSettings(db.url));
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { read: 4 } });
  expect(await source.finds('ada', 'spring')).toEqual(['app:deals/1', 'app:deals/3']);
  expect(await source.finds('bob', 'spring')).toEqual(['app:deals/2']);
  expect(await source.sees('cyd', KEYS)).toEqual(['deals/3']);
  expect(await source.sees('mallory', KEYS)).toEqual([]);
});
