import { expect, test } from 'vitest';

import { aWritingPlace } from '../support/a-writing-place.ts';
import { only } from '../support/builders.ts';
import { aHand } from '../support/writing.ts';

const BOB = 'bob@acme.test';

const aWaiting = async () => {
  const place = await aWritingPlace();
  place.policies.actions['board.edit'] = 'approve';
  const { writes } = place.writer();
  const caller = place.caller('ada');
  const ada = aHand(place, writes, caller);
  return { place, writes, ada, caller, ...(await ada.propose()) };
};

test('a link is good for what was shown, and not for what it has become', async () => {
  const { place, writes, ada, caller, proposal, confirmation } = await aWaiting();
  const link = await writes.link(proposal.id, BOB);
  const linked = await writes.linked(link);
  expect(linked).toMatchObject({ by: BOB, pending: { id: proposal.id, exposed: [], state: 'proposed' } });
  place.board.rights('diary', { read: only('user:ada'), write: [] });
  await place.sync();
  await place.shown(caller, 'board:diary'); // and now more people would read something of it
  expect((await ada.commit(confirmation)).committed).toMatchObject({ outcome: 'undecided' });
  expect(await writes.linked(link)).toBeUndefined();
  await expect(writes.decideLinked(link, { yes: true, token: linked?.token ?? '' })).rejects.toMatchObject({ code: 'not_found' });
  const again = await writes.linked(await writes.link(proposal.id, BOB));
  expect(again?.pending.exposed.map(({ id }) => id)).toEqual(['board:diary']);
});

test('nobody is shown anything that no row of the audit tells of', async () => {
  const { place, writes, proposal } = await aWaiting();
  const link = await writes.link(proposal.id, BOB);
  await writes.linked(link);
  expect(place.audited.at(-1)).toMatchObject({ who: BOB, client: 'page', tool: 'show_write' });
  place.auditFails = true;
  await expect(writes.linked(link)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a link leads nowhere after its time, and is made for nothing that is over', async () => {
  const { place, writes, proposal } = await aWaiting();
  const link = await writes.link(proposal.id, BOB);
  const { token = '' } = (await writes.linked(link)) ?? {};
  place.clock.now += 24 * 60 * 60_000;
  await expect(writes.decideLinked(link, { yes: true, token })).rejects.toMatchObject({ code: 'expired' });
  await expect(writes.link(proposal.id, BOB)).rejects.toMatchObject({ code: 'expired' });
  await expect(writes.link('0'.repeat(32), BOB)).rejects.toMatchObject({ code: 'not_found' });
});
