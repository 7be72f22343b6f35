import { expect, test } from 'vitest';

import type { Decision } from '../../src/core/proposal.ts';
import { aWritingPlace, type AWritingPlace } from '../support/a-writing-place.ts';
import { only } from '../support/builders.ts';
import { aHand } from '../support/writing.ts';

const BY_OWNER: Decision = { yes: true, through: 'cli', by: 'os:owner' };
const rows = (place: AWritingPlace) => place.audited.map(({ tool, outcome, who }) => [tool, outcome, who]);

/** A place, and Ada's hand in one process. */
const adaAt = async (...given: Parameters<typeof aWritingPlace>) => {
  const place = await aWritingPlace(...given);
  const { writes } = place.writer();
  return { place, writes, ada: aHand(place, writes, place.caller('ada')) };
};

test('what is committed is there, with a receipt, two rows in the audit, and the source read soon', async () => {
  const { place, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  const made = await ada.commit(confirmation);
  expect(made.committed).toMatchObject({
    outcome: 'done',
    proposal: proposal.id,
    document: 'board:plan',
    receipt: { key: 'plan', undo: { action: 'board.edit' } },
  });
  expect([place.board.text('plan'), place.board.journal(), place.rung]).toEqual(['We move in autumn.', [proposal.id], ['board']]);
  expect(rows(place)).toEqual([
    ['write', 'intended', 'idp|ada'],
    ['write', 'done', 'idp|ada'],
  ]);
});

test('a confirmation that comes again gets the same receipt, and writes nothing', async () => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose({ idempotencyKey: 'k' });
  const { committed } = await ada.commit(confirmation);
  place.board.put('plan', 'Somebody went on.');
  expect((await ada.commit(confirmation)).committed).toEqual(committed);
  const again = await ada.propose({ idempotencyKey: 'k' });
  expect([again.confirmation, again.proposal.changes]).toEqual([confirmation, []]);
  expect(again.proposal.audience).toHaveProperty('unknown'); // they may not read it any more
  expect([place.board.text('plan'), place.board.journal().length]).toEqual(['Somebody went on.', 1]);
});

test('in parallel, in one process and in two, it is made once', async () => {
  const { place, ada } = await adaAt();
  const other = aHand(place, place.writer().writes, place.caller('ada'));
  const { proposal, confirmation } = await ada.propose();
  const ended = await Promise.allSettled([ada, other, ada, other, ada].map((hand) => hand.commit(confirmation)));
  expect(place.board.journal()).toEqual([proposal.id]);
  const told = ended.map((end) => (end.status === 'fulfilled' ? end.value.committed.outcome : String(end.reason)));
  expect(told.filter((each) => each !== 'done' && !each.includes('is being made just now'))).toEqual([]);
  expect(told).toContain('done');
  expect((await other.commit(confirmation)).committed.outcome).toBe('done');
});

test('who looks while another makes it is never told that nothing was written', async () => {
  const { place, ada } = await adaAt();
  const other = aHand(place, place.writer().writes, place.caller('ada'));
  const { confirmation } = await ada.propose();
  const [looks, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  place.board.looking = async () => {
    place.board.looking = async () => undefined;
    looks.resolve();
    await goOn.promise;
  };
  const late = other.commit(confirmation);
  await looks.promise;
  const { committed } = await ada.commit(confirmation);
  goOn.resolve();
  expect(await late).toMatchObject({ committed });
  expect(place.board.journal()).toHaveLength(1);
});

test.each<[string, (confirmation: string) => string]>([
  ['nothing', () => ''],
  ['another spelling', (confirmation) => `${confirmation}=`],
  ['one of a proposal that is not there', (confirmation) => `AAAA${confirmation.slice(4)}`],
  ['one that was forged', (confirmation) => `${confirmation.slice(0, -4)}AAAA`],
])('%s confirms nothing', async (_, forged) => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  await expect(ada.commit(forged(confirmation))).rejects.toMatchObject({ code: 'invalid_input' });
  expect(place.board.journal()).toEqual([]);
});

test('neither another person, nor the same through another client, confirms', async () => {
  const { place, writes, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  const forged = await ada.commit(`AAAA${confirmation.slice(4)}`).catch((error: unknown) => String(error));
  for (const caller of [place.caller('bob'), place.caller('ada', 'phone')]) {
    const said = await aHand(place, writes, caller)
      .commit(confirmation)
      .catch((error: unknown) => String(error));
    expect(said).toBe(forged);
  }
  expect(place.board.journal()).toEqual([]);
});

test('one that has expired writes nothing, approved or not', async () => {
  const { place, writes, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'approve';
  const { proposal, confirmation } = await ada.propose();
  await writes.decide(proposal.id, BY_OWNER);
  place.clock.now += 24 * 60 * 60_000;
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'expired' });
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'expired' });
  await expect(writes.decide(proposal.id, BY_OWNER)).rejects.toMatchObject({ code: expect.stringMatching(/expired|conflict/u) });
  expect(place.board.journal()).toEqual([]);
});

test('what somebody else must approve waits a day for them, and everything is looked at again then', async () => {
  const { place, writes, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'approve';
  const [kept, lost] = [await ada.propose(), await ada.propose({ input: { text: 'We stay.' } })];
  place.clock.now += 24 * 60 * 60_000 - 1;
  await writes.decide(kept.proposal.id, BY_OWNER);
  await writes.decide(lost.proposal.id, BY_OWNER);
  expect((await ada.commit(kept.confirmation)).committed.outcome).toBe('done');
  expect((await ada.commit(lost.confirmation)).committed.outcome).toBe('absent');
  expect(place.board.text('plan')).toBe('We move in autumn.');
});

test('a target that moved is not written, and what would be written now is shown', async () => {
  const { place, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose({ idempotencyKey: 'k' });
  place.board.put('plan', 'We move in winter.');
  const { committed, fresh, documents } = await ada.commit(confirmation);
  expect(committed).toEqual({ outcome: 'absent', proposal: proposal.id });
  expect(documents).toMatchObject([{ id: 'board:plan' }]);
  expect(fresh?.proposal.changes).toEqual([{ field: 'text', before: 'We move in winter.', after: 'We move in autumn.' }]);
  expect(place.board.journal()).toEqual([]);
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'expired' });
  expect((await ada.propose({ idempotencyKey: 'k' })).proposal.id).toBe(fresh?.proposal.id);
  expect((await ada.commit(fresh?.confirmation ?? '')).committed.outcome).toBe('done');
});

test('a target that moves at the last moment is left alone by its source', async () => {
  const { place, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  place.board.trouble = async (point) => {
    if (point === 'before') place.board.put('plan', 'We move in winter.');
  };
  const { committed, fresh } = await ada.commit(confirmation);
  expect([committed, fresh?.proposal.changes[0]?.before]).toEqual([
    { outcome: 'absent', proposal: proposal.id },
    'We move in winter.',
  ]);
  expect(place.board.text('plan')).toBe('We move in winter.');
  expect(rows(place).at(-1)).toEqual(['write', 'conflict', 'idp|ada']);
});

test('other readers than were shown are another target', async () => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  place.board.rights('plan', { read: only('user:ada', 'user:eve') });
  expect(await ada.commit(confirmation)).toMatchObject({ committed: { outcome: 'absent' }, fresh: {} });
  expect(place.board.journal()).toEqual([]);
});

test('what is to be warned of by now, and was not when it was shown, is shown before anything is written', async () => {
  const { place, ada } = await adaAt();
  place.board.warnings = ['Bob is told of it.', 'It cannot be taken back.'];
  const { proposal, confirmation } = await ada.propose({ idempotencyKey: 'k' });
  place.board.warnings = ['Bob is told of it.', 'Everybody is told of it.'];
  const { committed, fresh } = await ada.commit(confirmation);
  expect([committed, fresh?.proposal.warnings]).toEqual([{ outcome: 'absent', proposal: proposal.id }, place.board.warnings]);
  expect(place.board.journal()).toEqual([]);
  expect((await ada.propose({ idempotencyKey: 'k' })).proposal.id).toBe(fresh?.proposal.id);
  place.board.warnings = ['Bob is told of it.'];
  expect((await ada.commit(fresh?.confirmation ?? '')).committed.outcome).toBe('done');
});

test('what somebody approved before there was a warning is not written', async () => {
  const { place, writes, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'approve';
  const { proposal, confirmation } = await ada.propose();
  await writes.decide(proposal.id, BY_OWNER);
  place.board.warnings = ['Everybody is told of it.'];
  const { fresh } = await ada.commit(confirmation);
  expect((await writes.pending()).map(({ id, warnings }) => [id, warnings])).toEqual([
    [fresh?.proposal.id, place.board.warnings],
  ]);
  expect(place.board.journal()).toEqual([]);
});

test.each<[string, (place: AWritingPlace) => Promise<void> | void, string]>([
  ['the right to write at the source', (place) => place.board.rights('plan', { write: [] }), 'forbidden'],
  ['the right to read at the source', (place) => place.board.rights('plan', { read: only('user:bob') }), 'not_found'],
  ['the link to their account', (place) => place.unlink('ada'), 'not_found'],
  ['the policy', (place) => void (place.policies.source = 'forbid'), 'forbidden'],
  ['the target', (place) => place.board.remove('plan'), 'forbidden'],
  ['the source', (place) => void (place.board.down = true), 'source_unavailable'],
])('who lost %s between proposal and commit writes nothing', async (_, lose, code) => {
  const { place, ada } = await adaAt();
  const { confirmation } = await ada.propose();
  await lose(place);
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code });
  expect(place.board.journal()).toEqual([]);
});

test('without its row in the audit nothing is written, and nothing that was written is told', async () => {
  const { place, ada } = await adaAt();
  const first = await ada.propose();
  place.auditFails = true;
  await expect(ada.commit(first.confirmation)).rejects.toMatchObject({ code: 'unavailable' });
  expect(place.board.journal()).toEqual([]);
  place.auditFails = false;
  await expect(ada.commit(first.confirmation)).rejects.toMatchObject({ code: 'conflict' });
  const { confirmation } = await ada.propose();
  place.board.trouble = async (point) => void (place.auditFails = point === 'after');
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'unavailable' });
  place.auditFails = false;
  const { committed } = await ada.commit(confirmation);
  expect(committed).toMatchObject({ outcome: 'done', receipt: { undo: { action: 'board.edit' } } });
  expect([place.board.journal().length, rows(place).at(-1)]).toEqual([1, ['write', 'done', 'idp|ada']]);
});
