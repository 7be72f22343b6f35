import { describe, expect, test } from 'vitest';

import { postgres } from '../../connectors/postgres/sync.ts';
import { insertRow } from '../../connectors/postgres/write-insert.ts';
import { updateRow } from '../../connectors/postgres/write-update.ts';
import { AppError } from '../../src/core/errors.ts';
import { decided } from '../contracts/write-contract.ts';
import { dealsSettings } from '../support/a-deals-table.ts';
import { aPostgres } from '../support/a-postgres.ts';
import { aTcpFaultProxy } from '../support/a-tcp-fault-proxy.ts';
import { as, aWrittenDatabase, type WrittenTable } from '../support/a-written-table.ts';

const server = await aPostgres();
const prepared = await aWrittenDatabase(server);

type Values = Record<string, string | number | boolean>;

const insertion = (values: Values) => ({ input: { table: 'deals', values: { id: 9, name: 'Iota', owner: 'ada', ...values } } });
const change = (values: Record<string, string | null>, key = 'deals/1') => ({ key, input: { values } });

const insert = async (table: WrittenTable, values: Values = {}) => {
  const { committing, settling } = decided(insertRow, insertion(values), { target: '' });
  return { made: await insertRow.commit(insertion(values), table.run(), as('ada'), committing), settling };
};

const update = async (table: WrittenTable, values: Record<string, string | null>) => {
  const preview = await updateRow.preview(change(values), table.run(), as('ada'));
  return updateRow.commit(change(values), table.run(), as('ada'), decided(updateRow, change(values), preview).committing);
};

describe('what may be written', () => {
  test('is nothing where the database is not asked as the person', () => {
    const permissions = { owner: 'owner' };
    expect(() => dealsSettings('postgres://a@b.test/c', {}, { writable: true, permissions })).toThrow(/needs permissions\.rls/u);
    expect(insertRow.offered?.(dealsSettings('postgres://a@b.test/c'))).toBe(false);
    expect(insertRow.offered?.(dealsSettings('postgres://a@b.test/c', {}, { writable: true, permissions: { rls: {} } }))).toBe(
      true,
    );
  });

  test('is nothing of a table that does not say so', async () => {
    const table = await prepared('role', { writable: undefined });
    expect(await updateRow.mayWrite(change({ stage: 'won' }), table.run(), as('ada'))).toBe(false);
    expect(await insertRow.mayWrite(insertion({}), table.run(), as('ada'))).toBe(false);
    await expect(update(table, { stage: 'won' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(insert(table)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is what is shown, where all of it is said to be', async () => {
    const table = await prepared('role', { writable: true });
    await expect(update(table, { owner: 'bob' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'A column that is named cannot be written. Those that can: name, notes, stage, amount, due.',
    });
    expect((await update(table, { stage: 'won' })).key).toBe('deals/1');
  });

  test.each([
    ['somebody else’s row', 'deals/2'],
    ['a row that may be seen only', 'deals/3'],
    ['nobody’s row', 'deals/4'],
    ['no row', 'deals/77'],
    ['no table', 'things/1'],
    ['no key', 'deals/x%00'],
    ['a key of two', 'deals/1,2'],
    ['a table of every object', 'constructor/1'],
  ])('is not %s', async (_, key) => {
    const table = await prepared('role');
    const before = await table.state();
    const aim = change({ stage: 'lost' }, key);
    expect(await updateRow.mayWrite(aim, table.run(), as('ada'))).toBe(false);
    const { committing } = decided(updateRow, aim, { target: '', revision: '1' });
    await expect(updateRow.commit(aim, table.run(), as('ada'), committing)).rejects.toThrow(AppError);
    expect(await table.state()).toEqual(before);
  });

  test('is no column whose right was not given', async () => {
    const table = await prepared('role');
    await table.sql('REVOKE UPDATE ON deal FROM ada_w; GRANT UPDATE (stage) ON deal TO ada_w');
    expect(await updateRow.mayWrite(change({ stage: 'won' }), table.run(), as('ada'))).toBe(true);
    expect(await updateRow.mayWrite(change({ stage: 'won', notes: 'x' }), table.run(), as('ada'))).toBe(false);
  });

  test('is no row that the rules for new ones refuse', async () => {
    const table = await prepared('role');
    await expect(insert(table, { owner: 'bob' })).rejects.toMatchObject({ code: 'forbidden' });
    expect(Object.keys(await table.state())).toEqual(['1', '2', '3', '4']);
  });

  test('is nobody’s whose role may make no row', async () => {
    const table = await prepared('role');
    await table.sql('DROP POLICY makes ON deal');
    expect(await insertRow.mayWrite(insertion({}), table.run(), as('ada'))).toBe(false);
  });
});

describe('what a preview says', () => {
  test('is what the database makes of each value', async () => {
    const table = await prepared('role');
    await table.sql('ALTER TABLE deal ALTER amount TYPE numeric(10, 2)');
    const { changes, target } = await updateRow.preview(change({ amount: '7.1', due: '20260401' }), table.run(), as('ada'));
    expect({ changes, target }).toEqual({
      target: 'row 1 of deals',
      changes: [
        { field: 'amount', before: '1200.50', after: '7.10' },
        { field: 'due', before: '2026-05-01', after: '2026-04-01' },
      ],
    });
  });

  test('refuses what a column would cut', async () => {
    const table = await prepared('role');
    await table.sql('ALTER TABLE deal ALTER stage TYPE varchar(4)');
    await expect(updateRow.preview(change({ stage: 'longer' }), table.run(), as('ada'))).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  test('takes no number of a sequence and rings no trigger', async () => {
    const table = await prepared('role', { writable: ['name', 'owner'] });
    await table.sql(`CREATE SEQUENCE numbers; ALTER TABLE deal ALTER id SET DEFAULT nextval('numbers');
      GRANT USAGE ON numbers TO ada_w; CREATE TABLE rung (n int); GRANT INSERT ON rung TO ada_w;
      CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO rung VALUES (1); RETURN NEW; END';
      CREATE TRIGGER rings BEFORE INSERT OR UPDATE ON deal FOR EACH ROW EXECUTE FUNCTION ring()`);
    const aim = { input: { table: 'deals', values: { name: 'Iota', owner: 'ada' } } };
    expect(await insertRow.mayWrite(aim, table.run(), as('ada'))).toBe(true);
    await insertRow.preview(aim, table.run(), as('ada'));
    await updateRow.mayWrite(change({ name: 'x' }), table.run(), as('ada'));
    await updateRow.preview(change({ name: 'x' }), table.run(), as('ada'));
    expect(await table.sql('SELECT is_called FROM numbers')).toEqual([{ is_called: false }]);
    expect(await table.sql('SELECT * FROM rung')).toEqual([]);
  });

  test('names who sees the row, and where that may move, whoever may read the table', async () => {
    const table = await prepared('role');
    await table.sql('REVOKE SELECT ON deal FROM bob_w');
    const readers = async (values: Record<string, string>): Promise<unknown> => {
      const { audience } = await updateRow.preview(change(values), table.run(), as('ada'));
      return 'terms' in audience && audience.terms[0].allow;
    };
    expect(await readers({ stage: 'won' })).toEqual(['user:ada']);
    expect(await readers({ owner: 'cyd' })).toEqual(['user:ada', 'user:cyd']);
    const { audience } = await insertRow.preview(insertion({}), table.run(), as('ada'));
    expect('terms' in audience && audience.terms[0].allow).toEqual(['user:ada', 'user:cyd']);
    await table.sql(`CREATE FUNCTION f(d deal) RETURNS bool LANGUAGE sql AS 'SELECT d.stage IS NOT NULL';
      CREATE POLICY more ON deal FOR SELECT USING (f(deal))`);
    expect(await readers({ stage: 'won' })).toEqual(['user:ada', 'user:cyd']);
  });
});

describe('what the database makes otherwise', () => {
  test('is not written where it is of what was decided', async () => {
    const table = await prepared('role');
    await table.sql(`CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.stage = upper(NEW.stage); RETURN NEW; END';
      CREATE TRIGGER louder BEFORE INSERT OR UPDATE ON deal FOR EACH ROW EXECUTE FUNCTION loud()`);
    const before = await table.state();
    await expect(update(table, { stage: 'won' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(insert(table, { stage: 'won' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await table.state()).toEqual(before);
    expect((await update(table, { stage: 'WON' })).key).toBe('deals/1');
  });

  test('is said in no words of its own, which may tell of other rows', async () => {
    const table = await prepared('role');
    await table.sql(`ALTER TABLE deal ADD CONSTRAINT one UNIQUE (name), ADD CONSTRAINT few CHECK (amount < 9000)`);
    for (const values of [{ name: 'Beta' }, { amount: 10_000 }]) {
      const error = await insert(table, values).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:conflict|invalid_input)$/u) });
      expect(String(error)).not.toMatch(/Beta|one|few|bob/u);
      expect(error instanceof Error && error.cause).toBeUndefined();
    }
  });

  test('is noticed also where it is put off to the end', async () => {
    const table = await prepared('role');
    await table.sql('ALTER TABLE deal ADD CONSTRAINT one UNIQUE (name) DEFERRABLE INITIALLY DEFERRED');
    const { committing, settling } = decided(insertRow, insertion({}), { target: '' });
    const aim = insertion({ name: 'Beta' });
    await expect(insertRow.commit(aim, table.run(), as('ada'), committing)).rejects.toMatchObject({ code: 'conflict' });
    expect(settling().kept).toBeUndefined();
  });
});

test('what the database puts off to COMMIT is done as the person, not as us', async () => {
  const table = await prepared('role');
  await table.sql(`CREATE TABLE said (who text); CREATE TABLE ended (who text); GRANT INSERT ON said, ended TO PUBLIC;
    CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO said VALUES (current_user); SET CONSTRAINTS ALL DEFERRED; RETURN NULL; END';
    CREATE FUNCTION finish() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ended VALUES (current_user); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER says AFTER UPDATE ON deal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say();
    CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON said DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finish()`);
  await update(table, { stage: 'won' });
  expect(await table.sql('SELECT said.who AS said, ended.who AS ended FROM said, ended')).toEqual([
    { said: 'ada_w', ended: 'ada_w' },
  ]);
});

test('a row that others hang on is not taken back', async () => {
  const table = await prepared('role');
  await table.sql('CREATE TABLE note (deal int REFERENCES deal ON DELETE CASCADE)');
  const { made } = await insert(table);
  const back = postgres.writes?.find(({ name }) => name === made.undo?.action);
  const aim = { ...made.undo?.aim, input: {} };
  await expect(back?.preview(aim, table.run(), as('ada'))).rejects.toMatchObject({ code: 'conflict' });
});

describe('a write whose end was not heard', () => {
  test('was made where its answer alone was lost, and is told so', async () => {
    const proxy = await aTcpFaultProxy(server.port);
    const table = await prepared('role', {}, proxy.port);
    proxy.script(undefined);
    await insert(table, { id: 8 });
    const { committing, settling } = decided(insertRow, insertion({}), { target: '' });
    proxy.script({ kind: 'reset', after: proxy.passed - 9 }); // in the middle of what is said to COMMIT
    await expect(insertRow.commit(insertion({}), table.run(), as('ada'), committing)).rejects.toMatchObject({
      code: 'source_unavailable',
    });
    expect(proxy.struck).toBe(1);
    proxy.script(undefined);
    expect(await insertRow.settle(insertion({}), table.run(), as('ada'), settling())).toMatchObject({ key: 'deals/9' });
    expect(Object.keys(await table.state())).toContain('9');
  });

  test('was not made where its connection ended before, and is told so', async () => {
    const table = await prepared('role');
    const aim = insertion({});
    const { committing, settling } = decided(insertRow, aim, { target: '' });
    const keep = async (note: string): Promise<void> => {
      await committing.keep(note);
      await table.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'crawler_w'`);
    };
    await expect(insertRow.commit(aim, table.run(), as('ada'), { ...committing, keep })).rejects.toMatchObject({
      code: 'source_unavailable',
    });
    expect(await insertRow.settle(aim, table.run(), as('ada'), settling())).toBe('absent');
    expect(Object.keys(await table.state())).not.toContain('9');
  });

  test.each([
    ['another server', { system: '1' }],
    ['one that was promoted', { timeline: '99' }],
    ['one that was set back', { xid: '4000000000' }],
  ])('is uncertain where %s answers', async (_, other) => {
    const table = await prepared('role');
    const { settling } = await insert(table);
    const intent = settling();
    const kept = JSON.stringify({ ...(JSON.parse(intent.kept ?? '{}') as object), ...other });
    expect(await insertRow.settle(insertion({}), table.run(), as('ada'), { ...intent, kept })).toBe('uncertain');
  });
});
