import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { chunk } from '../../src/ingest/chunk.ts';

const aSection = (text: string, marks: readonly number[] = []): Parameters<typeof chunk>[0] => ({ text, marks, headings: [] });
const lengths = (text: string): number[] => chunk(aSection(text)).map((piece) => piece.text.length);

const text = fc
  .array(fc.constantFrom('word ', 'Sentence ends. ', '\n', '\n\n', 'x'.repeat(400), '🜁'.repeat(90), 'é', '   ', '。'), {
    maxLength: 120,
  })
  .map((pieces) => pieces.join(''));

test('chunks, joined, are the text; none is empty, too long, or half of a character', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const pieces = chunk(aSection(whole)).map((piece) => piece.text);
      expect(pieces.join('')).toBe(whole);
      for (const piece of pieces) {
        expect(piece).not.toBe('');
        expect(piece.length).toBeLessThanOrEqual(1_500);
        expect(piece.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('what was taken out is counted once, in one of the chunks', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(20_000), { maxLength: 20 }), (whole, places) => {
      fc.pre(whole !== '');
      const marks = places.map((place) => place % (whole.length + 1)).toSorted((a, b) => a - b);
      expect(chunk(aSection(whole, marks)).reduce((sum, { stripped }) => sum + stripped, 0)).toBe(marks.length);
    }),
  );
});

test('a short section is one chunk', () => {
  expect(lengths('We move in spring.')).toEqual([18]);
  expect(lengths('')).toEqual([]);
});

test('a chunk ends with a paragraph, else with a line, a sentence, a word', () => {
  expect(lengths(`${'a'.repeat(700)}\n\n${'b'.repeat(700)}`)).toEqual([702, 700]);
  expect(lengths(`${'a'.repeat(700)}\n${'b'.repeat(700)}`)).toEqual([701, 700]);
  expect(lengths(`${'a'.repeat(700)}. ${'b'.repeat(700)}`)).toEqual([702, 700]);
  expect(lengths(`${'a'.repeat(700)} ${'b'.repeat(700)}`)).toEqual([701, 700]);
});

test('a paragraph a little over the target stays whole', () => {
  expect(lengths(`${'word '.repeat(240)}\n\n${'b'.repeat(700)}`)).toEqual([1_202, 700]);
});

test('an endless word is cut at the target, between characters', () => {
  expect(lengths('a'.repeat(2_500))).toEqual([1_000, 1_000, 500]);
  expect(lengths(`a${'🜁'.repeat(1_000)}`)).toEqual([999, 1_000, 2]);
});

test('the place says the headings, after those of the part it stands in', () => {
  const [piece] = chunk({ text: 'Yes.', marks: [], headings: ['Leave'] }, { message: '3', headings: ['Thread'] });
  expect(piece?.location).toEqual({ message: '3', headings: ['Thread', 'Leave'] });
});
