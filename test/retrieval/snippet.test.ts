import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { snippet } from '../../src/retrieval/snippet.ts';

const filler = (sentences: number): string =>
  Array.from({ length: sentences }, (_, at) => `Sentence ${at} says nothing of interest.`).join(' ');

test('a short text is shown whole', () => {
  expect(snippet('  Short.\n', 'anything')).toBe('  Short.\n');
  expect(snippet('', 'anything')).toBe('');
});

test('a long text is shown around the words that were asked for, from sentence to sentence', () => {
  const text = `${filler(40)} The ferry leaves at noon. ${filler(40)}`;
  expect(snippet(text, 'when does the ferry leave?', { max: 120 })).toMatchInlineSnapshot(
    `"…The ferry leaves at noon. Sentence 0 says nothing of interest. Sentence 1 says nothing of interest.…"`,
  );
});

test('a place with all the words is better than one with a single word many times', () => {
  const text = `ferry ferry ferry ferry. ${filler(40)} The ferry timetable changes. ${filler(40)}`;
  expect(snippet(text, 'ferry timetable', { max: 120 })).toContain('The ferry timetable changes.');
});

test('without any of the words the beginning is shown', () => {
  expect(snippet(filler(40), 'submarine', { max: 80 })).toBe(
    'Sentence 0 says nothing of interest. Sentence 1 says nothing of interest.…',
  );
});

test('text without spaces is found and cut between its sentences', () => {
  const text = `${'雨が降る。'.repeat(100)}富士山は高い。${'雨が降る。'.repeat(100)}`;
  const shown = snippet(text, '富士山', { max: 60 });
  expect(shown).toContain('富士山は高い。');
  expect(shown).toMatch(/^….*。…$/u);
});

test('no character is split, whatever it is made of', () => {
  expect(snippet('👨‍👩‍👧‍👦'.repeat(100), 'family', { max: 100 })).toBe(`${'👨‍👩‍👧‍👦'.repeat(8)}…`);
});

test('a snippet is at most as long as asked, well formed, and a part of its text', () => {
  const text = fc.array(fc.oneof(fc.constantFrom('needle', '針。', '👍🏽', '\n', '. '), fc.string({ unit: 'grapheme' })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(
      text.map((pieces) => pieces.join(' ')),
      fc.integer({ min: 10, max: 200 }),
      (whole, max) => {
        const shown = snippet(whole, 'needle 針', { max });
        expect(shown.length).toBeLessThanOrEqual(Math.max(max, 0));
        expect(shown.isWellFormed()).toBe(true);
        expect(whole).toContain(shown.replace(/^…/u, '').replace(/…$/u, ''));
      },
    ),
  );
});
