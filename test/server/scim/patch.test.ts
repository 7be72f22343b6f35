import { expect, test } from 'vitest';

import { patched, readPatch } from '../../../src/server/scim/patch.ts';
import { patch } from '../../support/scim-messages.ts';

const MANY = Array.from({ length: 50_000 }, (_, at) => `member-${at}`);
const group = { displayName: 'All', members: MANY.map((value) => ({ value })) };
const afterThese = (...operations: readonly object[]): unknown =>
  patched('Group', group, readPatch(patch(...operations).body))['members'];

/** The thread that holds what was pushed gives a request up after 20 s, and its provider would send it again for ever. */
test('as many members as one request may name leave the largest group in time', { timeout: 10_000 }, () => {
  const [gone, left] = [MANY.slice(0, 1000), MANY.slice(1000)];
  const kept = left.map((value) => ({ value }));
  expect(afterThese(...gone.map((id) => ({ op: 'Remove', path: `members[value eq "${id}"]` })))).toEqual(kept);
  expect(afterThese(...gone.map((value) => ({ op: 'remove', path: 'members', value: [{ value }] })))).toEqual(kept);
});

test('members come and go in the order in which it is said', () => {
  const [first = ''] = MANY;
  const [come, gone] = [
    { op: 'add', path: 'members', value: [{ value: first }] },
    { op: 'remove', path: `members[value eq "${first}"]` },
  ];
  expect(afterThese(come, gone)).toHaveLength(MANY.length - 1);
  expect(afterThese(gone, come)).toHaveLength(MANY.length);
  expect(afterThese({ op: 'remove', path: 'members' }, come)).toEqual([{ value: first }]);
});
