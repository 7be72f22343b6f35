import * as fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';

import { lengthWithin, openTokenCounter } from '../../src/tools/tokens.ts';
import { COSTLY } from '../support/hostile.ts';

const count = await openTokenCounter();

test('ordinary text is counted as the model counts it, give or take a hundredth', () => {
  const text = 'The quick brown fox jumps over the lazy dog, and the dog lets it. '.repeat(300);
  const exact = countTokens(text);
  expect(count(text)).toBeGreaterThanOrEqual(exact);
  expect(count(text)).toBeLessThan(exact * 1.01);
  expect(count('')).toBe(0);
});

test('what looks like a control token is text', () => {
  expect(count('<|endoftext|>')).toBeGreaterThan(3);
});

test.each([...COSTLY, ' ', '!', '\n'])('a hundred thousand times %j is counted without hanging', (filler) => {
  const started = performance.now();
  expect(count(filler.repeat(100_000 / filler.length))).toBeGreaterThan(100);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a token is never shorter than a byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(count(text)).toBeLessThanOrEqual(Buffer.byteLength(text));
    }),
  );
});

test('the longest beginning that fits is found, and it fits', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('word ', '漢', '😀', '"', '\n')), fc.integer({ min: 2, max: 40 }), (pieces, room) => {
      const text = pieces.join('');
      const beginning = text.slice(0, lengthWithin(text, room, count));
      expect(count(JSON.stringify(beginning))).toBeLessThanOrEqual(room);
      expect(beginning.isWellFormed()).toBe(true);
    }),
  );
  expect(lengthWithin('all of it', 100, count)).toBe(9);
  expect(lengthWithin('none of it', 0, count)).toBe(0);
});
