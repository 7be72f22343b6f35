import { expect, test, vi } from 'vitest';

import type { Decision } from '../../src/core/proposal.ts';
import { aWritingPlace, type AWritingPlace } from '../support/a-writing-place.ts';
import { only } from '../support/builders.ts';
import { aHand, SIGNAL } from '../support/writing.ts';

const BY_OWNER: Decision = { yes: true, through: 'cli', by: 'os:owner' };
const rows = (place: AWritingPlace) => place.audited.map(({ tool, outcome, who }) => [tool, outcome, who]);

/** A place, and Ada's hand in one process. */
const adaAt = async (...given: Parameters<typeof aWritingPlace>) => {
  const place = await aWritingPlace(...given);
  const { writes } = place.writer();
  return { place, writes, ada: aHand(place, writes, place.caller('ada')) };
};

test('under confirm a person says yes at the client, or no, or is not asked', async () => {
  const { place, writes, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'confirm';
  const first = await ada.propose();
  const undecided = { outcome: 'undecided', proposal: first.proposal.id, needs: 'confirm' };
  expect((await ada.commit(first.confirmation)).committed).toEqual(undecided);
  expect((await ada.commit(first.confirmation, async () => 'unable')).committed).toEqual(undecided);
  expect(place.board.journal()).toEqual([]);
  expect((await writes.pending()).map(({ id, who, client }) => [id, who, client])).toEqual([
    [first.proposal.id, 'idp|ada', 'desk'],
  ]);
  const shown: string[] = [];
  const made = await ada.commit(first.confirmation, async ({ id }) => {
    shown.push(id);
    return 'yes';
  });
  expect([made.committed.outcome, shown]).toEqual(['done', [first.proposal.id]]);
  expect(rows(place)).toEqual([
    ['decide_write', 'approved', 'idp|ada'],
    ['write', 'intended', 'idp|ada'],
    ['write', 'done', 'idp|ada'],
  ]);
  const second = await ada.propose({ input: { text: 'Never.' } });
  await expect(ada.commit(second.confirmation, async () => 'no')).rejects.toMatchObject({ code: 'forbidden' });
  await expect(ada.commit(second.confirmation, async () => 'yes')).rejects.toMatchObject({ code: 'forbidden' });
  expect(place.board.text('plan')).toBe('We move in autumn.');
});

test('what moved while a person was thinking is not written', async () => {
  const { place, ada } = await adaAt();
  place.policies.actions['board.edit'] = 'confirm';
  const { confirmation } = await ada.propose();
  const made = await ada.commit(confirmation, async () => {
    place.board.put('plan', 'We move in winter.');
    return 'yes';
  });
  expect(made).toMatchObject({ committed: { outcome: 'absent' }, fresh: {} });
  expect(place.board.journal()).toEqual([]);
});

test('a client that asks its user confirms by its commit, and approves nothing', async () => {
  const { place, ada } = await adaAt();
  place.policies.client['desk'] = { asks: true };
  place.policies.actions['board.edit'] = 'confirm';
  expect((await ada.commit((await ada.propose()).confirmation)).committed.outcome).toBe('done');
  place.policies.actions['board.edit'] = 'approve';
  const { confirmation } = await ada.propose({ input: { text: 'Never.' } });
  expect((await ada.commit(confirmation, async () => 'yes')).committed).toMatchObject({ outcome: 'undecided', needs: 'approve' });
});

test('under approve nobody approves what they proposed, and nobody from inside a client', async () => {
  const { place, writes, ada } = await adaAt();
  place.accounts = place.accounts.map((one) =>
    one.id === 'ada' ? { ...one, emails: [...one.emails, 'lovelace@acme.test'] } : one,
  );
  await place.sync();
  place.policies.actions['board.edit'] = 'approve';
  const { proposal, confirmation } = await ada.propose();
  const own: readonly Decision[] = [
    { yes: true, through: 'cli', by: 'idp|ada' },
    { yes: true, through: 'page', by: 'ada@acme.test' },
    { yes: true, through: 'page', by: ' Ada@ACME.test' },
    { yes: true, through: 'page', by: 'lovelace@acme.test' },
    { yes: true, through: 'elicitation', by: 'idp|bob' },
    { yes: true, through: 'client', by: 'idp|bob' },
  ];
  for (const decision of own) {
    await expect(writes.decide(proposal.id, decision)).rejects.toMatchObject({ code: 'forbidden' });
  }
  expect((await ada.commit(confirmation)).committed.outcome).toBe('undecided');
  await writes.decide(proposal.id, { yes: true, through: 'page', by: 'idp|bob' });
  await expect(writes.decide(proposal.id, BY_OWNER)).rejects.toMatchObject({ code: 'conflict' });
  expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
  await expect(writes.decide('0'.repeat(32), BY_OWNER)).rejects.toMatchObject({ code: 'not_found' });
});

test('what the settings do not offer any more is neither made nor taken back', async () => {
  const { place, writes, ada } = await adaAt();
  const { confirmation, proposal } = await ada.propose();
  const edit = place.board.actions.find(({ name }) => name === 'board.edit');
  const offered = vi.fn<() => boolean>(() => false);
  Object.assign(edit ?? {}, { offered });
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'forbidden' });
  expect(place.board.journal()).toEqual([]);
  offered.mockReturnValue(true);
  expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
  offered.mockReturnValue(false);
  const caller = place.caller('ada');
  await expect(writes.undoOf(caller, place.view(caller), proposal.id, SIGNAL)).rejects.toMatchObject({ code: 'conflict' });
});

test('what policy asks for is asked for again at the commit', async () => {
  const { place, writes, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  place.policies.actions['board.edit'] = 'approve';
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'undecided', needs: 'approve' });
  expect((await writes.pending()).map(({ id, needs }) => [id, needs])).toEqual([[proposal.id, 'approve']]);
  await writes.decide(proposal.id, BY_OWNER);
  expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
});

test('what comes to need somebody else has a day from then on, and its confirmation stays good', async () => {
  const { place, writes, ada } = await adaAt();
  const { proposal, confirmation } = await ada.propose();
  place.clock.now += 14 * 60_000;
  place.policies.actions['board.edit'] = 'approve';
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'undecided', needs: 'approve' });
  const day = place.clock.now + 24 * 60 * 60_000;
  expect((await writes.pending()).map(({ id, expiresAt }) => [id, expiresAt])).toEqual([[proposal.id, day]]);
  place.clock.now = day - 60_000;
  await place.sync();
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'undecided', needs: 'approve' });
  await writes.decide(proposal.id, BY_OWNER);
  expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
});

test('what already needs somebody else waits no longer for what was read since', async () => {
  const { place, writes, ada } = await adaAt();
  place.board.put('diary', 'Only I read this.');
  place.board.rights('diary', { read: only('user:ada') });
  place.policies.actions['board.edit'] = 'approve';
  const { proposal, confirmation } = await ada.propose();
  place.clock.now += 23 * 60 * 60_000;
  await place.sync();
  await place.shown(place.caller('ada', 'phone'), 'board:diary');
  await ada.commit(confirmation);
  expect((await writes.pending()).map(({ exposed, expiresAt }) => [exposed.length, expiresAt])).toEqual([
    [1, proposal.expiresAt],
  ]);
  place.clock.now = proposal.expiresAt;
  await expect(ada.commit(confirmation)).rejects.toMatchObject({ code: 'expired' });
});

test('whoever read more since their approval is approved again', async () => {
  const { place, writes, ada } = await adaAt();
  place.board.put('diary', 'Only I read this.');
  place.board.rights('diary', { read: only('user:ada') });
  await place.sync();
  place.policies.actions['board.edit'] = 'approve';
  const { proposal, confirmation } = await ada.propose();
  await writes.decide(proposal.id, BY_OWNER);
  await place.shown(place.caller('ada', 'phone'), 'board:diary');
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'undecided', needs: 'approve' });
  expect((await writes.pending()).map(({ exposed }) => exposed.map(({ id }) => id))).toEqual([['board:diary']]);
  expect(place.board.journal()).toEqual([]);
  await writes.decide(proposal.id, BY_OWNER);
  expect((await ada.commit(confirmation)).committed.outcome).toBe('done');
});
