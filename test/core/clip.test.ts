import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { clip, clipList } from '../../src/core/clip.ts';

const sizeOf = (shown: unknown): number => Buffer.byteLength(JSON.stringify(shown));

test('what fits is left alone', () => {
  expect(clip('Füße', 6)).toBe('Füße');
  expect(clip('', 10)).toBe('');
  expect(clipList(['a', 'b'], 100)).toEqual(['a', 'b']);
  expect(clipList([], 100)).toEqual([]);
});

test('what does not fit is cut between characters, and says so', () => {
  expect(clip('a rather long title', 12)).toBe('a rather …');
  expect(clip('Füße und Füße', 9)).toBe('Füße…');
  expect(clip('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 30)).toBe('👨‍👩‍👧‍👦…');
  expect(clipList(['one', 'two', 'three'], 16)).toEqual(['one', '…']);
  expect(clipList(['a very long label', 'two'], 100, 10)).toEqual(['a very …', 'two']);
});

test('nothing is ever larger than asked', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.integer({ min: 10, max: 60 }), (texts, bytes) => {
      expect(sizeOf(clip(texts.join(''), bytes)) - 2).toBeLessThanOrEqual(bytes);
      expect(sizeOf(clipList(texts, bytes))).toBeLessThanOrEqual(bytes);
    }),
  );
});
