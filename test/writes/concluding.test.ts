import { describe, expect, test } from 'vitest';

import type { Finding } from '../../src/core/proposal.ts';
import type { WriteAction } from '../../src/core/write.ts';
import { aWritingPlace, type AWritingPlace } from '../support/a-writing-place.ts';
import { aHand, SIGNAL } from '../support/writing.ts';

const WRITTEN: Finding = { written: true, through: 'cli', by: 'os:owner' };
const ABSENT: Finding = { ...WRITTEN, written: false };
const MONTH = 31 * 24 * 60 * 60_000;
const rows = (place: AWritingPlace) => place.audited.map(({ tool, outcome, who }) => [tool, outcome, who]);

/** A write of Ada's of which the board cannot say whether it was made: somebody went on where it was. */
const uncertain = async () => {
  const place = await aWritingPlace();
  const { writes } = place.writer();
  const ada = aHand(place, writes, place.caller('ada'));
  const { proposal, confirmation } = await ada.propose({ idempotencyKey: 'k' });
  place.board.trouble = async (point) => {
    if (point !== 'after') return;
    place.board.put('plan', 'Somebody went on.');
    place.clock.now += 1_000;
    throw new Error('the line broke');
  };
  expect((await ada.commit(confirmation)).committed.outcome).toBe('uncertain');
  place.board.trouble = async () => undefined;
  return { place, writes, ada, id: proposal.id, confirmation };
};

describe('a write of which nobody could say whether it was made', () => {
  test('is listed with what would have been written', async () => {
    const { writes, id } = await uncertain();
    expect(await writes.uncertain(SIGNAL)).toMatchObject([
      { id, state: 'uncertain', who: 'idp|ada', changes: [{ before: 'We move in spring.', after: 'We move in autumn.' }] },
    ]);
    expect(await writes.pending()).toEqual([]);
  });

  test.each([
    ['done', WRITTEN],
    ['absent', ABSENT],
  ] as const)('ends as %s by what a person found out, is told as that, and is never made again', async (outcome, finding) => {
    const { place, writes, ada, id, confirmation } = await uncertain();
    expect(await writes.conclude(id, finding, SIGNAL)).toEqual({ outcome, word: 'person' });
    expect(rows(place).at(-1)).toEqual(['settle_write', outcome, 'os:owner']);
    expect(place.audited.at(-1)?.arguments).toMatchObject({ proposal: id, written: finding.written, asked: 'uncertain' });
    const other = aHand(place, place.writer().writes, place.caller('ada'));
    for (const hand of [ada, other]) {
      expect((await hand.commit(confirmation)).committed).toEqual({ outcome, proposal: id, byPerson: true });
    }
    const caller = place.caller('ada');
    await expect(writes.undoOf(caller, place.view(caller), id, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
    expect([await writes.uncertain(SIGNAL), place.board.journal(), place.board.text('plan')]).toEqual([
      [],
      [id],
      'Somebody went on.',
    ]);
    for (const again of [WRITTEN, ABSENT]) {
      await expect(writes.conclude(id, again, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
    }
  });

  test('that was written keeps its key, and one that was not gives it back', async () => {
    const one = await uncertain();
    await one.writes.conclude(one.id, WRITTEN, SIGNAL);
    expect((await one.ada.propose({ idempotencyKey: 'k' })).proposal.id).toBe(one.id);
    const other = await uncertain();
    await other.writes.conclude(other.id, ABSENT, SIGNAL);
    expect((await other.ada.propose({ idempotencyKey: 'k' })).proposal.id).not.toBe(other.id);
  });

  test('is as its source says, where that knows by now', async () => {
    const done = await uncertain();
    done.place.board.put('plan', 'We move in autumn.');
    expect(await done.writes.conclude(done.id, ABSENT, SIGNAL)).toEqual({ outcome: 'done', word: 'source' });
    expect((await done.ada.commit(done.confirmation)).committed).toMatchObject({ outcome: 'done', receipt: { key: 'plan' } });
    expect(rows(done.place).at(-1)).toEqual(['write', 'done', 'idp|ada']);
    expect(done.place.audited.at(-1)?.arguments).toMatchObject({ settledBy: 'os:owner' });
    const absent = await uncertain();
    settling(absent.place, async () => 'absent');
    expect(await absent.writes.conclude(absent.id, WRITTEN, SIGNAL)).toEqual({ outcome: 'absent', word: 'source' });
    expect((await absent.ada.commit(absent.confirmation)).committed).toEqual({ outcome: 'absent', proposal: absent.id });
  });

  test('has its source asked about the time of the call, however late', async () => {
    const { place, writes, id } = await uncertain();
    const called = place.clock.now - 1_000;
    place.clock.now += MONTH;
    const asked: number[] = [];
    settling(place, async (...[, , , { at }]) => (asked.push(at.getTime()), 'uncertain'));
    await writes.conclude(id, WRITTEN, SIGNAL);
    expect(asked).toEqual([called]);
  });

  test('is settled once, by whoever is first', async () => {
    const { place, writes, ada, id, confirmation } = await uncertain();
    const ended = await Promise.allSettled([
      writes.conclude(id, WRITTEN, SIGNAL),
      place.writer().writes.conclude(id, ABSENT, SIGNAL),
    ]);
    const [won, ...others] = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value.outcome] : []));
    expect([others, ended.filter(({ status }) => status === 'rejected')]).toMatchObject([[], [{ reason: { code: 'conflict' } }]]);
    expect((await ada.commit(confirmation)).committed.outcome).toBe(won);
    expect(rows(place).filter(([tool, outcome]) => tool === 'settle_write' && outcome === 'conflict').length).toBeLessThan(2);
  });

  test('ends by nobody’s word that the audit does not have', async () => {
    const { place, writes, ada, id, confirmation } = await uncertain();
    place.auditFails = true;
    await expect(writes.conclude(id, WRITTEN, SIGNAL)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await ada.commit(confirmation)).committed.outcome).toBe('uncertain');
  });

  test('is forgotten a month after somebody settled it, and not before', async () => {
    const { place, writes, ada, id, confirmation } = await uncertain();
    place.clock.now += MONTH;
    await writes.settle(SIGNAL);
    await writes.conclude(id, WRITTEN, SIGNAL);
    place.clock.now += MONTH / 2;
    await place.sync();
    await writes.settle(SIGNAL);
    expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
    place.clock.now += MONTH;
    await writes.settle(SIGNAL);
    await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

test('one whose source does not answer, and never may again, can be settled too', async () => {
  const place = await aWritingPlace();
  const { writes } = place.writer();
  const ada = aHand(place, writes, place.caller('ada'));
  const { proposal, confirmation } = await ada.propose();
  place.board.trouble = async (point) => {
    if (point !== 'after') return;
    place.board.down = true;
    throw new Error('the line broke');
  };
  await ada.commit(confirmation);
  expect((await writes.uncertain(SIGNAL)).map(({ id }) => id)).toEqual([proposal.id]);
  expect(await writes.conclude(proposal.id, WRITTEN, SIGNAL)).toEqual({ outcome: 'done', word: 'person' });
  expect(rows(place).slice(-2)).toEqual([
    ['write', 'uncertain', 'idp|ada'],
    ['settle_write', 'done', 'os:owner'],
  ]);
  place.board.down = false;
  expect((await ada.commit(confirmation)).committed).toEqual({ outcome: 'done', proposal: proposal.id, byPerson: true });
});

test('what is not uncertain is settled by nobody', async () => {
  const place = await aWritingPlace();
  const { writes } = place.writer();
  const ada = aHand(place, writes, place.caller('ada'));
  const [waits, made] = [await ada.propose({ input: { text: 'Never.' } }), await ada.propose()];
  await ada.commit(made.confirmation);
  for (const { proposal } of [waits, made]) {
    await expect(writes.conclude(proposal.id, ABSENT, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
  }
  await expect(writes.conclude('0'.repeat(32), ABSENT, SIGNAL)).rejects.toMatchObject({ code: 'not_found' });
  const goOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  place.board.trouble = async (point) => {
    if (point !== 'before') return;
    begun.resolve();
    await goOn.promise;
  };
  const under = await ada.propose({ input: { text: 'Under way.' } });
  const making = ada.commit(under.confirmation);
  await begun.promise;
  const other = place.writer().writes;
  await expect(other.conclude(under.proposal.id, ABSENT, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
  expect(await other.uncertain(SIGNAL)).toEqual([]);
  goOn.resolve();
  expect((await making).committed.outcome).toBe('done');
});

/** The board says this of whatever it is asked about. */
const settling = (place: AWritingPlace, settle: WriteAction['settle']): void => {
  const edit = place.board.actions.find(({ name }) => name === 'board.edit');
  Object.assign(edit ?? {}, { settle });
};
