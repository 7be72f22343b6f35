import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import type { NewProposal, Proposals } from '../../../../src/store/proposals.ts';
import { readerName } from '../../../../src/store/reader-name.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { openProposals } from '../../../../src/store/sqlite/ledger/proposals.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';
import { ROOT } from '../../../support/source-tree.ts';

const AT = 1_767_323_045_000;
const ID = 'ab'.repeat(16);
const MARK = new Uint8Array(32).fill(7);

const aProposal = (given: Partial<NewProposal> = {}): NewProposal => ({
  id: ID,
  proposer: new Uint8Array(32).fill(1),
  at: AT,
  expiresAt: AT + 1000,
  content: Buffer.from('content'),
  ...given,
});

const opened = async () => {
  const path = join(await aFolder(), 'ledger.db');
  const dead = new Set<string>();
  const holder = (name: string): Proposals => {
    const proposals = openProposals({ path, holder: name, isAlive: (other) => !dead.has(other.holder) });
    onTestFinished(() => proposals.close());
    return proposals;
  };
  return { path, dead, ours: holder('ours'), theirs: holder('theirs') };
};

test('of all who would make it, one may, once', async () => {
  const { ours, theirs } = await opened();
  await ours.add(aProposal());
  const taken = await Promise.all([ours, theirs, ours, theirs].map((one) => one.take(ID, 'proposed', AT)));
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect([await ours.end(ID, 'done', AT), await theirs.end(ID, 'done', AT)].filter(Boolean)).toHaveLength(1);
  expect(await ours.take(ID, 'proposed', AT)).toBe(false);
  expect(await ours.take(ID, 'approved', AT)).toBe(false);
});

test('what is over, or decided otherwise, is not taken', async () => {
  const { ours } = await opened();
  await ours.add(aProposal());
  expect(await ours.take(ID, 'proposed', AT + 1000)).toBe(false);
  expect(await ours.take(ID, 'approved', AT)).toBe(false);
  expect(await ours.decide(ID, 'approved', Buffer.from('yes'), AT + 1000)).toBe(false);
  expect(await ours.decide(ID, 'declined', Buffer.from('no'), AT)).toBe(true);
  expect(await ours.decide(ID, 'approved', Buffer.from('yes'), AT)).toBe(false);
  expect(await ours.take(ID, 'proposed', AT)).toBe(false);
});

test('the file itself lets nothing that was made be made again, and forgets nothing that may have been', async () => {
  const { path, ours } = await opened();
  await ours.add(aProposal());
  await ours.take(ID, 'proposed', AT);
  const db = new SQLite(path);
  onTestFinished(() => void db.close());
  expect(() => db.exec(`UPDATE proposal SET state = 'proposed', holder = NULL, pid = NULL, process_started = NULL`)).toThrow(
    'a proposal is made once',
  );
  expect(() => db.exec('DELETE FROM proposal')).toThrow('is not forgotten');
  await ours.end(ID, 'uncertain', AT);
  expect(() => db.exec(`UPDATE proposal SET state = 'committing'`)).toThrow('a proposal ends once');
  expect(() => db.exec('DELETE FROM proposal')).toThrow('is not forgotten');
});

test('what is said anew waits as long as is said with it, and what is over does not come back', async () => {
  const { ours } = await opened();
  await ours.add(aProposal());
  const anew = { content: Buffer.from('more'), expiresAt: AT + 5000 };
  await ours.decide(ID, 'approved', Buffer.from('yes'), AT);
  expect(await ours.reopen(ID, 'approved', { ...anew, at: AT + 1000 })).toBe(false);
  expect(await ours.reopen(ID, 'approved', { ...anew, at: AT })).toBe(true);
  const row = await ours.find(ID);
  expect(row).toMatchObject({ state: 'proposed', expiresAt: AT + 5000, content: Buffer.from('more') });
  expect([row?.decision, await ours.take(ID, 'proposed', AT + 4999)]).toEqual([undefined, true]);
  expect(await ours.reopen(ID, 'proposed', { ...anew, at: AT })).toBe(false);
});

test('what is uncertain ends by a person, once, and is made by nobody', async () => {
  const { path, ours, theirs } = await opened();
  const db = new SQLite(path);
  onTestFinished(() => void db.close());
  await ours.add(aProposal());
  expect(await ours.conclude(ID, 'done', { settled: Buffer.from('me'), at: AT })).toBe(false);
  await ours.take(ID, 'proposed', AT);
  expect(await ours.conclude(ID, 'done', { settled: Buffer.from('me'), at: AT })).toBe(false);
  expect(() => db.exec(`UPDATE proposal SET settled = x'00'`)).toThrow('settles what is uncertain');
  await ours.end(ID, 'uncertain', AT + 5);
  expect(await theirs.uncertain(9)).toMatchObject([{ id: ID, takenAt: AT, movedAt: AT + 5 }]);
  for (const state of ['done', 'absent', 'committing', 'proposed', 'approved', 'failed']) {
    expect(() => db.exec(`UPDATE proposal SET state = '${state}'`)).toThrow('a proposal ends once');
  }
  for (const state of ['committing', 'proposed', 'approved', 'failed', 'uncertain']) {
    expect(() => db.exec(`UPDATE proposal SET state = '${state}', settled = x'00'`)).toThrow(/ once$/u);
  }
  expect(() => db.exec(`UPDATE proposal SET settled = x'00'`)).toThrow('settles what is uncertain');
  const both = [ours.conclude(ID, 'done', { settled: Buffer.from('me'), at: AT }), theirs.conclude(ID, 'absent', { settled: Buffer.from('you'), at: AT })]; // prettier-ignore
  expect((await Promise.all(both)).filter(Boolean)).toHaveLength(1);
  expect(await theirs.take(ID, 'proposed', AT)).toBe(false);
  expect(() => db.exec(`UPDATE proposal SET settled = x'01'`)).toThrow('settles what is uncertain');
  expect(() => db.exec(`UPDATE proposal SET state = 'proposed'`)).toThrow('a proposal ends once');
  expect([await ours.uncertain(9), await ours.purge(AT + 1)]).toEqual([[], 1]);
});

test('what was uncertain before it could be settled is asked about the time it was proposed', async () => {
  const path = join(await aFolder(), 'ledger.db');
  closeSync(openSync(path, 'a', 0o600));
  const db = new SQLite(path);
  for (const name of ['001-audit', '002-email', '003-credentials', '004-proposals']) {
    db.exec(readFileSync(join(ROOT, `src/store/sqlite/ledger/${name}.sql`), 'utf8'));
  }
  const put = db.prepare(`
    INSERT INTO proposal (id, state, proposer, at, expires_at, moved_at, content) VALUES (?, ?, ?, ?, ?, ?, x'00')`);
  put.run(ID, 'uncertain', Buffer.alloc(32), AT, AT, AT + 9);
  put.run('cd'.repeat(16), 'committing', Buffer.alloc(32), AT, AT, AT + 5);
  db.pragma('user_version = 4');
  db.close();
  const proposals = openProposals({ path, holder: 'ours' });
  onTestFinished(() => proposals.close());
  expect([(await proposals.find(ID))?.takenAt, (await proposals.find('cd'.repeat(16)))?.takenAt]).toEqual([AT, AT + 5]);
  expect(await proposals.conclude(ID, 'absent', { settled: Buffer.from('me'), at: AT })).toBe(true);
});

test('what a dead process was making is taken over at once, and by one', async () => {
  const { dead, ours, theirs } = await opened();
  await ours.add(aProposal());
  await ours.take(ID, 'proposed', AT);
  expect((await theirs.find(ID))?.held).toBe('theirs');
  expect([await theirs.takeOver(ID, true), await ours.takeOver(ID, false)]).toEqual([false, false]);
  dead.add('ours');
  expect(await theirs.takeOver(ID, false)).toBe(true);
  expect(await ours.end(ID, 'done', AT)).toBe(false);
  await theirs.letGo(ID);
  expect((await theirs.find(ID))?.held).toBe('nobody');
  expect(await theirs.committing()).toEqual([ID]);
});

test('one mark is of one proposal, until that is over without a write', async () => {
  const { ours, theirs } = await opened();
  const other = 'cd'.repeat(16);
  expect(await ours.add(aProposal({ mark: MARK }))).toEqual({ is: 'added' });
  expect(await theirs.add(aProposal({ id: other, mark: MARK }))).toMatchObject({ is: 'known', row: { id: ID } });
  expect(await theirs.add(aProposal({ id: other }), { instead: ID, inherits: true })).toEqual({ is: 'added' });
  expect(await ours.known([MARK])).toMatchObject({ id: other, state: 'proposed' });
  expect(await ours.take(ID, 'proposed', AT)).toBe(false);
  await ours.take(other, 'proposed', AT);
  expect(await theirs.add(aProposal({ id: 'ef'.repeat(16), mark: MARK }), { instead: other })).toMatchObject({ is: 'known' });
});

test('what has ended is forgotten after its time, and what is uncertain is not', async () => {
  const { ours } = await opened();
  const ends = ['done', 'failed', 'absent', 'uncertain'] as const;
  for (const [at, end] of ends.entries()) {
    const id = String(at).repeat(32);
    await ours.add(aProposal({ id }));
    await ours.take(id, 'proposed', AT);
    await ours.end(id, end, AT);
  }
  await ours.add(aProposal());
  expect([await ours.purge(AT), await ours.purge(AT + 2000)]).toEqual([0, 4]);
  expect((await ours.find('3'.repeat(32)))?.state).toBe('uncertain');
});

test('an intent is put into no file that was taken away', async () => {
  const { path, ours } = await opened();
  await ours.add(aProposal());
  await rename(path, `${path}.old`);
  await expect(ours.take(ID, 'proposed', AT)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a file that is no ledger is said to be none', async () => {
  const path = join(await aFolder(), 'ledger.db');
  await writeFile(path, 'This is no database. '.repeat(100), { mode: 0o600 });
  expect(() => openProposals({ path, holder: 'ours' })).toThrow('is damaged');
});

test('what somebody was shown is remembered in the commit of its row, for a day, under a name that says nothing', async () => {
  const { path, ours } = await opened();
  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());
  const who = 'local|ada@acme.test';
  const names = [readerName(who, ledgerKeys().reader)];
  await ledger.append([anEvent({ at: AT }), anEvent({ at: AT + 5 }), anEvent({ at: AT, outcome: 'refused' })]);
  await ledger.append([anEvent({ at: AT, documents: [{ id: 'wiki:refused', content: '', acl: 1 }], outcome: 'forbidden' })]);
  expect(await ours.readings(names, AT)).toEqual([{ id: 'wiki:plan', at: AT + 5 }]);
  expect(await ours.readings(names, AT + 6)).toEqual([]);
  expect(await ours.readings([readerName('local|bob@acme.test', ledgerKeys().reader)], 0)).toEqual([]);
  await ledger.append([anEvent({ at: AT + 25 * 3_600_000, documents: [{ id: 'wiki:next', content: '', acl: 1 }] })]);
  expect((await ours.readings(names, 0)).map(({ id }) => id)).toEqual(['wiki:next']);
});
