import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cutBefore } from '../../src/core/cut.ts';

test('a text is cut before a character rather than through it', () => {
  const family = '👨‍👩‍👧‍👦';
  expect(cutBefore(`ab${family}c`, 5)).toBe(2);
  expect(cutBefore('e\u0301e\u0301', 3)).toBe(2);
  expect(cutBefore('🇩🇪🇫🇷', 6)).toBe(4);
  expect(cutBefore('a\r\nb', 2)).toBe(1);
  expect(cutBefore('abc', 2)).toBe(2);
});

test('beyond either end there is nothing to cut', () => {
  expect(cutBefore('abc', 99)).toBe(3);
  expect(cutBefore('abc', -1)).toBe(0);
  expect(cutBefore('', 0)).toBe(0);
});

test('a tower of marks is cut inside, near where it was asked', () => {
  expect(cutBefore(`a${'\u0301'.repeat(10_000)}`, 5_000)).toBeGreaterThan(4_900);
});

test('no half of a surrogate pair is left behind', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(100), (text, at) => {
      const cut = cutBefore(text, at);
      expect(cut).toBeLessThanOrEqual(Math.max(0, at));
      expect(text.slice(0, cut).isWellFormed()).toBe(true);
    }),
  );
});
