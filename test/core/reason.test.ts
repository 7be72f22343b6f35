import { expect, test } from 'vitest';

import { reasonOf } from '../../src/core/reason.ts';

test('a reason is what was given, without blanks around it', () => {
  expect(reasonOf(` ${'a'.repeat(300)} `)).toBe('a'.repeat(300));
  expect(reasonOf('理'.repeat(200))).toBe('理'.repeat(200));
});

test.each([
  ['says nothing', ' '],
  ['is too long', 'a'.repeat(301)],
  ['is so long in bytes that the audit would keep a hash of it', '理'.repeat(300)],
  ['is that long because of what it is escaped with', '\u0001'.repeat(200)],
])('one that %s is refused', (_, given) => {
  expect(() => reasonOf(given)).toThrow('Say why');
});
