import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import type { WriteAction } from '../../src/core/write.ts';
import type { Decision } from '../../src/core/proposal.ts';
import { aWritingPlace, type AWritingPlace } from '../support/a-writing-place.ts';
import { aHand, SIGNAL } from '../support/writing.ts';

const BY_OWNER: Decision = { yes: true, through: 'cli', by: 'os:owner' };
const rows = (place: AWritingPlace) => place.audited.map(({ tool, outcome, who }) => [tool, outcome, who]);

type SettleArguments = Parameters<WriteAction['settle']>;

/** A place, and Ada's hand in one process. */
const adaAt = async (...given: Parameters<typeof aWritingPlace>) => {
  const place = await aWritingPlace(...given);
  const writer = place.writer();
  const { writes } = writer;
  return { place, writes, writer, ada: aHand(place, writes, place.caller('ada')) };
};

test('an error that says that nothing was written ends it, and any other has the source asked', async () => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  place.board.trouble = async (point) => {
    if (point === 'after') throw new Error('the line broke');
  };
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'done', receipt: { key: 'plan' } });
  const second = await ada.propose({ input: { text: 'Never.' } });
  place.board.trouble = async () => Promise.reject(new Error('the line broke'));
  expect((await ada.commit(second.confirmation)).committed).toEqual({ outcome: 'absent', proposal: second.proposal.id });
  expect(place.board.journal()).toHaveLength(2);
});

test('while the source cannot say, nobody is told that it can, and it is asked at the next touch', async () => {
  const { place, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  place.board.trouble = async (point) => {
    if (point !== 'after') return;
    place.board.down = true;
    throw new Error('the line broke');
  };
  expect((await ada.commit(confirmation)).committed).toEqual({ outcome: 'uncertain', proposal: proposal.id });
  expect((await ada.commit(confirmation)).committed).toEqual({ outcome: 'uncertain', proposal: proposal.id });
  place.board.down = false;
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'done' });
  expect(place.board.journal()).toHaveLength(1);
});

test('what nobody can say stays uncertain, and is never tried again', async () => {
  const { place, writes, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose({ idempotencyKey: 'k' });
  place.board.trouble = async (point) => {
    if (point !== 'after') return;
    place.board.put('plan', 'Somebody went on.');
    throw new Error('the line broke');
  };
  const uncertain = { outcome: 'uncertain', proposal: proposal.id };
  expect((await ada.commit(confirmation)).committed).toEqual(uncertain);
  place.clock.now += 40 * 24 * 60 * 60_000;
  await place.sync();
  await writes.settle(SIGNAL);
  expect((await ada.commit(confirmation)).committed).toEqual(uncertain);
  expect((await ada.propose({ idempotencyKey: 'k' })).proposal.id).toBe(proposal.id);
  expect(place.board.journal()).toHaveLength(1);
});

test.each(['before', 'during', 'after'] as const)(
  'a process that dies %s the call is found out about by the next',
  async (when) => {
    const { place, writer, ada } = await adaAt();
    const { proposal, confirmation } = await ada.propose();
    const died = Promise.withResolvers<void>();
    place.board.trouble = async (point) => {
      if (point !== when) return;
      writer.crash();
      died.resolve();
      await new Promise(() => undefined);
    };
    void ada.commit(confirmation);
    await died.promise;
    place.board.trouble = async () => undefined;
    const next = place.writer();
    await next.writes.settle(SIGNAL);
    const { committed } = await aHand(place, next.writes, place.caller('ada')).commit(confirmation);
    expect(committed.outcome).toBe(when === 'before' ? 'absent' : 'done');
    expect([place.board.journal(), place.board.text('plan')]).toEqual([
      [proposal.id],
      when === 'before' ? 'We move in spring.' : 'We move in autumn.',
    ]);
    expect(rows(place).map(([, outcome]) => outcome)).toEqual(['intended', committed.outcome]);
  },
);

test('the source is asked about the time of the call, and not of the proposal', async () => {
  const { place, writer, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  const proposed = place.clock.now;
  place.clock.now += 10 * 60_000;
  const died = Promise.withResolvers<void>();
  place.board.trouble = async () => {
    writer.crash();
    died.resolve();
    await new Promise(() => undefined);
  };
  void ada.commit(confirmation);
  await died.promise;
  place.clock.now += 1_000;
  const asked: number[] = [];
  const edit = place.board.actions.find(({ name }) => name === 'board.edit');
  Object.assign(edit ?? {}, { settle: async (...[, , , { at }]: SettleArguments) => (asked.push(at.getTime()), 'absent') });
  await place.writer().writes.settle(SIGNAL);
  expect(asked).toEqual([proposed + 10 * 60_000]);
});

test('one that does not open keeps nobody from the others', async () => {
  const { place, writer, writes, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'confirm';
  const proposing = async (text: string) => {
    place.clock.now++; // the oldest is asked about first
    return ada.propose({ input: { text } });
  };
  const [spoilt, first, other] = [await proposing('Spoilt.'), await proposing('First.'), await proposing('Never.')];
  const file = new SQLite(place.ledger);
  onTestFinished(() => void file.close());
  const spoil = file.prepare<[string]>(`UPDATE proposal SET content = x'00' WHERE id = ?`);
  spoil.run(spoilt.proposal.id);
  expect((await writes.pending()).map(({ id }) => id)).toEqual([first.proposal.id, other.proposal.id]);
  await expect(ada.commit(spoilt.confirmation)).rejects.toMatchObject({ code: 'unavailable' });
  place.policies.actions['board.edit'] = 'auto';
  const died = Promise.withResolvers<void>();
  let calls = 0;
  place.board.trouble = async () => {
    calls++;
    if (calls === 2) died.resolve();
    await new Promise(() => undefined);
  };
  void ada.commit(first.confirmation);
  void ada.commit(other.confirmation);
  await died.promise;
  writer.crash();
  spoil.run(first.proposal.id);
  const next = place.writer();
  await expect(next.writes.settle(SIGNAL)).rejects.toMatchObject({ code: 'unavailable' });
  expect(rows(place).map(([, outcome]) => outcome)).toEqual(['intended', 'intended', 'absent']);
});

test('while another process makes it, it is neither made nor settled', async () => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  place.board.trouble = async (point) => {
    if (point !== 'before') return;
    begun.resolve();
    await goOn.promise;
  };
  const made = ada.commit(confirmation);
  await begun.promise;
  const other = place.writer().writes;
  await other.settle(SIGNAL);
  await expect(aHand(place, other, place.caller('ada')).commit(confirmation)).rejects.toMatchObject({ code: 'conflict' });
  goOn.resolve();
  expect((await made).committed.outcome).toBe('done');
});

test('what hangs is uncertain for whoever waits, and is not asked about while it may still be written', async () => {
  const { place, writes, ada } = await adaAt({ ask: 50, commit: 50, grace: 10 });
  const { confirmation } = await ada.propose();
  const goOn = Promise.withResolvers<void>();
  place.board.trouble = (point) => (point === 'before' ? goOn.promise : Promise.resolve());
  expect((await ada.commit(confirmation)).committed.outcome).toBe('uncertain');
  await writes.settle(SIGNAL);
  expect((await ada.commit(confirmation)).committed.outcome).toBe('uncertain');
  goOn.resolve();
  await expect.poll(async () => (await ada.commit(confirmation)).committed.outcome).toBe('done');
  expect(place.board.journal()).toHaveLength(1);
});

test('a write is taken back by one that goes the whole way, once', async () => {
  const { place, writes, ada } = await adaAt();
  const caller = place.caller('ada');
  const created = await ada.propose({ action: 'board.create', target: 'board', input: { name: 'new', text: 'A new note.' } });
  await ada.commit(created.confirmation);
  place.policies.actions['board.create'] = 'approve';
  const undo = () => writes.undoOf(caller, place.view(caller), created.proposal.id, SIGNAL);
  const proposed = await undo();
  if ('missing' in proposed) throw new Error('it was written');
  expect(proposed.proposal).toMatchObject({ action: 'board.remove', document: 'board:new', needs: 'approve' });
  const bob = place.caller('bob');
  expect(await writes.undoOf(bob, place.view(bob), created.proposal.id, SIGNAL)).toMatchObject({ missing: 'refused' });
  await writes.decide(proposed.proposal.id, BY_OWNER);
  expect((await ada.commit(proposed.confirmation)).committed.outcome).toBe('done');
  expect(place.board.text('new')).toBeUndefined();
  await expect(undo()).rejects.toMatchObject({ code: 'forbidden' });
});

test('what was changed since cannot be taken back', async () => {
  const { place, writes, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  await ada.commit(confirmation);
  place.board.put('plan', 'Somebody went on.');
  const caller = place.caller('ada');
  await expect(writes.undoOf(caller, place.view(caller), proposal.id, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
});

test('who stops waits for what is being written, and takes nothing more', async () => {
  const { place, writes, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  place.board.trouble = async (point) => {
    if (point !== 'before') return;
    begun.resolve();
    await goOn.promise;
  };
  const made = ada.commit(confirmation);
  await begun.promise;
  const closing = writes.close();
  await expect(ada.propose()).rejects.toMatchObject({ code: 'unavailable' });
  goOn.resolve();
  await closing;
  expect((await made).committed.outcome).toBe('done');
});

test('after a month it is forgotten what became of a proposal', async () => {
  const { place, writes, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  await ada.commit(confirmation);
  place.clock.now += 31 * 24 * 60 * 60_000;
  await writes.settle(SIGNAL);
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'invalid_input' });
});
