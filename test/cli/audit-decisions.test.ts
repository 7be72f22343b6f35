import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { AuditEvent } from '../../src/core/audit.ts';
import { openKeys } from '../../src/store/keys.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { castellan, type Ended } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { type APlace, accountLine, aPlace, whole } from '../support/a-place.ts';
import { anEvent } from '../support/an-event.ts';
import { tamper } from '../support/tampering.ts';

/** Ada and Bob are in the group that may read k1; nobody but Bob may read k2. */
const pageOf = (key: string, allow: string) => ({
  type: 'document',
  key,
  title: key,
  updated_at: '2026-01-02T03:04:05Z',
  text: `The plan of ${key}.`,
  acl: { terms: [{ allow: [allow], deny: [], from: 'page' }] },
});
const world = (members: readonly string[]) =>
  whole([
    accountLine('ada'),
    accountLine('bob'),
    { type: 'members', group: 'eng', members },
    pageOf('k1', 'group:eng'),
    pageOf('k2', 'user:bob'),
  ]);

/** Asked while Ada was in the group, and after she was taken out of it. */
let asked: APlace;

beforeAll(async () => {
  asked = await aPlace(world(['user:ada', 'user:bob']));
  await asked.run(['sync']);
  await asked.run(['search', 'plan', '--as', 'ada@acme.test']);
  await asked.run(['fetch', 'wiki:k2', '--as', 'ada@acme.test']);
  await asked.run(['fetch', 'wiki:k9', '--as', 'ada@acme.test']);
  await asked.write(world(['user:bob']));
  await asked.run(['sync']);
  await asked.run(['fetch', 'wiki:k1', '--as', 'ada@acme.test']);
});

afterAll(() => asked.remove());

/** A copy of that place to do harm to. */
const aVictim = async () => {
  const folder = await aFolder();
  await cp(asked.folder, folder, { recursive: true });
  const data = join(folder, 'data');
  return {
    index: join(data, 'index.db'),
    ledger: join(data, 'ledger.db'),
    data,
    config: join(folder, 'castellan.yaml'),
    run: (...words: readonly string[]): Promise<Ended> =>
      castellan([...words, '--config', 'castellan.yaml', '--data', 'data'], { cwd: folder }),
  };
};

const reconfigure = (config: string, from: string, to: string): void =>
  writeFileSync(config, readFileSync(config, 'utf8').replace(from, to));

const decisionsSchema = z.object({
  decisions: z.strictObject({
    rows: z.number(),
    agreed: z.number(),
    differ: z.number(),
    not_rederivable: z.record(z.string(), z.number()),
    differences: z.array(z.looseObject({ seq: z.number(), id: z.string(), recorded: z.string(), rederived: z.string() })),
  }),
});

const decisionsOf = async (run: (...words: readonly string[]) => Promise<Ended>, ...words: readonly string[]) => {
  const { code, stdout } = await run('audit', 'verify', '--decisions', '--json', ...words);
  return { code, ...decisionsSchema.parse(JSON.parse(stdout)).decisions };
};

/** Adds rows to the chain with the real key, as a process does that was taken over. */
const forge = async (data: string, ...events: readonly AuditEvent[]): Promise<void> => {
  const keys = await openKeys({ folder: { key: join(data, 'key') }, env: {}, random: randomBytes });
  const ledger = openLedger({ path: join(data, 'ledger.db'), keys: keys.ledger, random: randomBytes });
  await ledger.append(events);
  await ledger.close();
};

/** The last row of the ledger, as an event that may be told otherwise. */
const lastEvent = async (data: string, given: Partial<AuditEvent>): Promise<AuditEvent> => {
  const keys = await openKeys({ folder: { key: join(data, 'key') }, env: {}, random: randomBytes });
  const ledger = openLedger({ path: join(data, 'ledger.db'), keys: keys.ledger, random: randomBytes });
  const [last] = await ledger.list(1);
  await ledger.close();
  if (!last?.basis || last.rules === undefined) throw new Error('the last row rests on nothing');
  const { basis, rules, client, at } = last;
  return anEvent({ at, basis, rules, client, tool: 'fetch', email: 'ada@acme.test', outcome: 'answered', ...given });
};

describe('what was recorded is decided again', () => {
  test('and what became of writes is no decision of the index', async () => {
    const { run, data } = await aVictim();
    const { rows, ...before } = await decisionsOf(run);
    const of = (given: Partial<AuditEvent>) => lastEvent(data, { documents: [], ...given });
    await forge(
      data,
      await of({ tool: 'propose_write', arguments: { id: 'wiki:k1', target: 'wiki:k1' }, outcome: 'refused' }),
      await of({ tool: 'write', arguments: { proposal: 'p' }, outcome: 'intended' }),
      await of({ tool: 'write', arguments: { proposal: 'p' }, outcome: 'absent' }),
      await of({ tool: 'decide_write', arguments: { proposal: 'p' }, outcome: 'approved' }),
    );
    expect(await decisionsOf(run)).toEqual({ ...before, rows: rows + 4 });
  });

  test('and what the owner heard about somebody was no answer to them', async () => {
    const { run } = await aVictim();
    const { rows, ...before } = await decisionsOf(run);
    expect((await run('explain', 'ada@acme.test', 'wiki:k9')).code).toBe(1);
    expect((await run('who-can', 'wiki:k1')).code).toBe(0);
    expect(await decisionsOf(run)).toEqual({ ...before, rows: rows + 2 });
  });

  test('as it was then, whatever moved since', async () => {
    const { run } = await aVictim();
    expect(await decisionsOf(run)).toEqual({
      code: 0,
      rows: 4,
      agreed: 4,
      differ: 0,
      not_rederivable: {},
      differences: [],
    });
  });

  test('only where that was asked for', async () => {
    const { run } = await aVictim();
    expect(await decisionsOf(run, '--limit', '1')).toMatchObject({ rows: 1, agreed: 1 });
    expect(await decisionsOf(run, '--since', '3d')).toMatchObject({ rows: 4 });
    expect(await decisionsOf(run, '--since', '2999-01-01')).toMatchObject({ rows: 0, agreed: 0 });
    expect(await run('audit', 'verify', '--since', '3d')).toMatchObject({ code: 2, stdout: '' });
    expect(await run('audit', 'verify', '--decisions', '--since', 'yesterday')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"yesterday" is no time for --since'),
    });
  });

  test('with the rules of then, also where they were changed since', async () => {
    const { run, config } = await aVictim();
    reconfigure(config, 'domains: [acme.test]', 'domains: [other.test]');
    await run('fetch', 'wiki:k1', '--as', 'bob@acme.test');
    expect(await decisionsOf(run)).toMatchObject({ code: 0, rows: 5, agreed: 5, differ: 0 });
  });
});

describe('it is a difference', () => {
  test('where a row of the index’s history was changed by hand', async () => {
    const { run, index } = await aVictim();
    tamper(index, `UPDATE history SET new = '["user:bob"]' WHERE subject = 'members' AND new LIKE '%user:ada%'`);
    const { code, stdout } = await run('audit', 'verify', '--decisions');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^differs {3}row 1 {2}local\|ada@acme\.test {2}wiki:k1: recorded "shown, by acl \d+", decided again "not allowed"$/mu,
    );
    expect(stdout).toContain('decisions   4 rows read: 3 decisions agreed, 1 differs');
  });

  test('where history lets somebody in who was refused', async () => {
    const { run, index, config } = await aVictim();
    reconfigure(config, 'embedding:', 'freshness: { permissions: { on_breach: label } }\nembedding:');
    await run('fetch', 'wiki:k1', '--as', 'ada@acme.test');
    tamper(index, `UPDATE history SET old = '[]', new = '["user:ada"]' WHERE subject = 'members' AND old LIKE '%user:ada%'`);
    expect(await decisionsOf(run)).toMatchObject({
      code: 1,
      differ: 1,
      differences: [{ seq: 5, id: 'wiki:k1', recorded: 'refused', rederived: 'allowed' }],
      not_rederivable: { freshness: 1 }, // under the promise before, what was refused may have been too old
    });
  });

  test('where a document is recorded as shown that was not allowed, not there, or under another acl', async () => {
    const { run, data } = await aVictim();
    const shown = async (id: string, acl: number): Promise<AuditEvent> =>
      lastEvent(data, { documents: [{ id, content: 'ab'.repeat(32), acl }] });
    const db = new SQLite(join(data, 'index.db'), { readonly: true });
    const aclOf = (key: string): number => z.number().parse(db.prepare('SELECT acl FROM item WHERE key = ?').pluck().get(key));
    const [k1, k2] = [aclOf('k1'), aclOf('k2')];
    db.close();
    await forge(
      data,
      await shown('wiki:k2', k2),
      await shown('wiki:k9', k2),
      await shown('wiki:k1', k2),
      await shown('wiki:k1', k1),
    );
    const { code, differ, differences } = await decisionsOf(run);
    expect([code, differ]).toEqual([1, 4]);
    expect(differences.map(({ id, rederived }) => `${id} ${rederived}`)).toEqual([
      'wiki:k1 not allowed',
      `wiki:k1 its acl was ${k1}`,
      'wiki:k9 there was no such document',
      'wiki:k2 not allowed',
    ]);
  });

  test('where what is recorded as absent was there, and what is recorded as refused was not', async () => {
    const { run, data } = await aVictim();
    await forge(
      data,
      await lastEvent(data, { documents: [], outcome: 'absent', arguments: { id: 'wiki:k1' } }),
      await lastEvent(data, { documents: [], outcome: 'refused', arguments: { id: 'wiki:k9' } }),
    );
    expect(await decisionsOf(run)).toMatchObject({ code: 1, agreed: 4, differ: 2 });
  });

  test('where it rested on permissions that were past their promise', async () => {
    const { run, data } = await aVictim();
    const db = new SQLite(join(data, 'index.db'), { readonly: true });
    const acl = z.number().parse(db.prepare(`SELECT acl FROM item WHERE key = 'k2'`).pluck().get());
    db.close();
    const event = await lastEvent(data, { who: 'local|bob@acme.test', email: 'bob@acme.test' });
    const shown = (permissionsAt: number): AuditEvent => ({
      ...event,
      documents: [{ id: 'wiki:k2', content: 'ab'.repeat(32), acl, permissionsAt }],
    });
    await run('search', 'plan', '--as', 'bob@acme.test'); // who is linked from now on
    const { basis } = await lastEvent(data, {});
    if (!basis) throw new Error('no basis');
    await forge(data, { ...shown(event.at - 3_600_000), basis }, { ...shown(event.at - 48 * 3_600_000), basis });
    const { differ, differences } = await decisionsOf(run);
    expect([differ, differences[0]?.rederived]).toEqual([1, 'allowed by permissions past their promise']);
  });
});

describe('it is neither agreed nor a difference', () => {
  test('of another index, a later state of this one, or without its rules', async () => {
    const { run, data } = await aVictim();
    const event = await lastEvent(data, { documents: [], outcome: 'refused', arguments: { id: 'wiki:k1' } });
    const { basis, rules: _, ...rest } = event;
    if (!basis) throw new Error('no basis');
    await forge(
      data,
      { ...event, basis: { ...basis, databaseId: 'another' } },
      { ...event, basis: { ...basis, version: basis.version + 1000 } },
      { ...rest, basis },
      { ...event, rules: 'ab'.repeat(32) },
      { ...event, arguments: { id: 'wiki:k1', filler: 'x'.repeat(2000) } },
    );
    expect(await decisionsOf(run)).toMatchObject({
      code: 0,
      differ: 0,
      not_rederivable: { other_index: 1, later_index: 1, rules_not_recorded: 2, arguments_too_long: 1 },
    });
  });

  test('once who asked was erased', async () => {
    const { run, ledger } = await aVictim();
    tamper(
      ledger,
      `DELETE FROM personal WHERE seq = 1 AND field = 'email'; DELETE FROM personal WHERE seq = 2 AND field = 'arguments'`,
    );
    expect(await decisionsOf(run)).toMatchObject({ code: 0, agreed: 2, differ: 0, not_rederivable: { erased: 2 } });
  });
});
