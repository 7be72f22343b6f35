import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import type { ProposeRequest } from '../../src/core/proposal.ts';
import { aWritingPlace, type AWritingPlace } from '../support/a-writing-place.ts';
import { only } from '../support/builders.ts';
import { SIGNAL } from '../support/writing.ts';

const EDIT: ProposeRequest = { action: 'board.edit', target: 'board:plan', input: { text: 'We move in autumn.' } };

const proposing = (place: AWritingPlace, name = 'ada', client?: string) => {
  const caller = place.caller(name, client);
  const { writes } = place.writer();
  return (request: Partial<ProposeRequest> = {}) => writes.propose(caller, place.view(caller), { ...EDIT, ...request }, SIGNAL);
};

test('a proposal shows the exact change, its readers and what it takes, and writes nothing', async () => {
  const place = await aWritingPlace();
  place.policies.actions['board.edit'] = 'confirm';
  const proposed = await proposing(place)();
  if ('missing' in proposed) throw new Error('it is there');
  expect(proposed.proposal).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/u),
    action: 'board.edit',
    source: 'board',
    document: 'board:plan',
    target: 'plan',
    changes: [{ field: 'text', before: 'We move in spring.', after: 'We move in autumn.' }],
    audience: only('user:ada', 'user:bob'),
    exposed: [],
    warnings: [],
    needs: 'confirm',
    expiresAt: place.clock.now + 15 * 60_000,
  });
  expect(proposed.documents.map(({ id }) => id)).toEqual(['board:plan']);
  expect([place.board.journal(), place.board.text('plan')]).toEqual([[], 'We move in spring.']);
});

test('nothing of what is proposed can be read in the ledger', async () => {
  const place = await aWritingPlace();
  await proposing(place)({ input: { text: 'canary-5150' }, idempotencyKey: 'canary-5150' });
  const bytes = [place.ledger, `${place.ledger}-wal`].map((path) => readFileSync(path));
  expect(bytes.map((each) => [each.includes('canary-5150'), each.includes('spring')])).toEqual([
    [false, false],
    [false, false],
  ]);
});

test('a target that is not there and one that is not visible are one answer', async () => {
  const place = await aWritingPlace();
  const propose = proposing(place);
  const [hidden, absent, foreign, none] = await Promise.all([
    propose({ target: 'board:secret' }),
    propose({ target: 'board:nothing' }),
    propose({ target: 'elsewhere:plan' }),
    propose({ target: 'no id' }),
  ]);
  const basis = expect.anything();
  expect([hidden, absent, foreign, none]).toEqual([
    { missing: 'refused', basis },
    { missing: 'absent', basis },
    { missing: 'absent', basis },
    { missing: 'absent', basis },
  ]);
});

test('a target that its reader has just lost at the source is as one that is not visible', async () => {
  const place = await aWritingPlace();
  place.board.rights('plan', { read: only('user:bob') });
  expect(await proposing(place)()).toMatchObject({ missing: 'refused' });
  place.board.remove('plan');
  await expect(proposing(place)()).rejects.toMatchObject({ code: 'forbidden' });
});

test('whoever sees nothing of a source learns nothing of its actions', async () => {
  const place = await aWritingPlace();
  const propose = proposing(place, 'eve');
  await expect(propose()).rejects.toThrow('There is no action "board.edit" for you. list_sources shows those there are.');
  await expect(propose({ action: 'board.burn' })).rejects.toThrow(
    'There is no action "board.burn" for you. list_sources shows those there are.',
  );
});

test.each<[string, Partial<ProposeRequest>, string]>([
  ['an unknown action', { action: 'board.burn' }, 'invalid_input'],
  ['an action that only takes back', { action: 'board.remove', input: {} }, 'invalid_input'],
  ['an input the action does not know', { input: { words: 'x' } }, 'invalid_input'],
  ['an input that is too large', { input: { text: 'x'.repeat(1_000_001) } }, 'too_large'],
  ['an empty idempotency key', { idempotencyKey: '' }, 'invalid_input'],
  ['an endless idempotency key', { idempotencyKey: 'x'.repeat(201) }, 'invalid_input'],
])('%s is refused', async (_, request, code) => {
  const place = await aWritingPlace();
  await expect(proposing(place)(request)).rejects.toMatchObject({ code });
  expect(place.board.journal()).toEqual([]);
});

test('what policy forbids, the source, or the client, is forbidden', async () => {
  const place = await aWritingPlace();
  place.policies.actions['board.edit'] = 'forbid';
  await expect(proposing(place)()).rejects.toMatchObject({ code: 'forbidden' });
  place.policies.actions = {};
  place.policies.source = 'forbid';
  await expect(proposing(place)()).rejects.toMatchObject({ code: 'forbidden' });
  delete place.policies.source;
  place.policies.client['desk'] = { writes: 'forbid' };
  await expect(proposing(place)()).rejects.toMatchObject({ code: 'forbidden' });
  expect(await proposing(place, 'ada', 'other')()).toHaveProperty('confirmation');
});

test('whom the source does not let write proposes nothing', async () => {
  const place = await aWritingPlace();
  place.board.rights('plan', { write: ['bob'] });
  await expect(proposing(place)()).rejects.toMatchObject({ code: 'forbidden' });
});

test('the same key and request are the same proposal, another request is a conflict', async () => {
  const place = await aWritingPlace();
  const propose = proposing(place);
  const [first, again] = [await propose({ idempotencyKey: 'k' }), await propose({ idempotencyKey: 'k' })];
  expect(again).toEqual(first);
  await expect(propose({ idempotencyKey: 'k', input: { text: 'other' } })).rejects.toMatchObject({ code: 'conflict' });
  expect(await proposing(place, 'bob')({ idempotencyKey: 'k', input: { text: 'other' } })).toHaveProperty('confirmation');
});

test('two that propose the same at once get one proposal', async () => {
  const place = await aWritingPlace();
  const proposed = await Promise.all([1, 2, 3].map(() => proposing(place)({ idempotencyKey: 'k' })));
  expect(new Set(proposed.map((one) => ('proposal' in one ? one.proposal.id : '')))).toHaveProperty('size', 1);
});

test('a key whose proposal has expired, or is another by now, is good for a new one', async () => {
  const place = await aWritingPlace();
  const propose = proposing(place);
  const id = async () => {
    const proposed = await propose({ idempotencyKey: 'k' });
    return 'proposal' in proposed ? proposed.proposal.id : '';
  };
  const first = await id();
  place.clock.now += 15 * 60_000;
  const second = await id();
  place.board.put('plan', 'We do not move.');
  expect(new Set([first, second, await id()])).toHaveProperty('size', 3);
});

test('one person has at most fifty that wait', async () => {
  const place = await aWritingPlace();
  const propose = proposing(place);
  for (let count = 0; count < 50; count++) await propose();
  await expect(propose()).rejects.toMatchObject({ code: 'rate_limited' });
  place.clock.now += 15 * 60_000;
  expect(await propose()).toHaveProperty('confirmation');
});

test('what was read by fewer than may read the target asks for somebody else', async () => {
  const place = await aWritingPlace();
  const ada = place.caller('ada');
  place.board.put('diary', 'Only I read this.');
  place.board.rights('diary', { read: only('user:ada') });
  await place.sync();
  await place.shown(ada, 'board:plan', 'board:diary', 'wiki:gone');
  const proposed = await proposing(place)();
  expect(proposed).toMatchObject({ proposal: { needs: 'approve', exposed: [{ id: 'board:diary' }, { id: 'wiki:gone' }] } });
  expect(await proposing(place, 'bob')()).toMatchObject({ proposal: { needs: 'auto', exposed: [] } });
  expect(await proposing(place)({ target: 'board:diary' })).toMatchObject({ proposal: { exposed: [{ id: 'wiki:gone' }] } });
  place.clock.now += 24 * 60 * 60_000 + 1;
  await place.sync();
  expect(await proposing(place)()).toMatchObject({ proposal: { needs: 'auto', exposed: [] } });
});

test('offered is what can be proposed', async () => {
  const place = await aWritingPlace();
  place.policies.actions['board.create'] = 'approve';
  const offered = async (name: string) => {
    const caller = place.caller(name);
    const all = await place.writer().writes.offered(caller, place.view(caller), SIGNAL);
    return all.map(({ action, needs }) => [action.name, needs]);
  };
  expect(await offered('ada')).toEqual([
    ['board.edit', 'auto'],
    ['board.create', 'approve'],
  ]);
  expect(await offered('eve')).toEqual([]);
  await place.unlink('ada');
  expect(await offered('ada')).toEqual([]);
});

test('a token that may only read proposes nothing', async () => {
  const place = await aWritingPlace();
  const caller = { ...place.caller('ada'), scopes: ['read'] as const };
  const { writes } = place.writer();
  await expect(writes.propose(caller, place.view(caller), EDIT, SIGNAL)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(
    writes.commit(caller, place.view(caller), randomBytes(48).toString('base64url'), undefined, SIGNAL),
  ).rejects.toMatchObject({ code: 'forbidden' });
});
