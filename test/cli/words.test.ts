import { expect, test } from 'vitest';

import { addressOf, aligned, count, day, listed, span, took, wrap } from '../../src/cli/words.ts';

test('amounts agree with what they count', () => {
  expect([count(0, 'problem'), count(1, 'problem'), count(1204, 'document'), count(2, 'has', 'have')]).toEqual([
    '0 problems',
    '1 problem',
    '1,204 documents',
    '2 have',
  ]);
});

test('lengths of time are told in the unit a person would choose', () => {
  const minute = 60_000;
  expect([0, 1_400, 90_000, 119 * minute, 26 * 60 * minute, 72 * 60 * minute].map(span)).toEqual([
    '0 s',
    '1 s',
    '2 min',
    '119 min',
    '26 h',
    '3 days',
  ]);
  expect([span(-5), took(4_120)]).toEqual(['0 s', '4.1 s']);
});

test('a list is read aloud', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

test('an instant is shown as its day', () => {
  expect(day('2026-03-12T08:00:00.000Z')).toBe('2026-03-12');
});

test('a text is wrapped at spaces, and a word that is too long stays whole', () => {
  expect(wrap('the salary\n increase for 2026', 12)).toEqual(['the salary', 'increase for', '2026']);
  expect(wrap('a Donaudampfschifffahrt b', 5)).toEqual(['a', 'Donaudampfschifffahrt', 'b']);
  expect(wrap(' \n ', 5)).toEqual([]);
});

test('columns line up', () => {
  expect(
    aligned([
      ['wiki', '1 read'],
      ['handbook', '1,204 read'],
    ]),
  ).toEqual([
    ['wiki    ', '1 read    '],
    ['handbook', '1,204 read'],
  ]);
  expect(aligned([])).toEqual([]);
});

test('an address is shown where it says more than the id', () => {
  expect(addressOf('wiki:1', 'castellan:wiki:1')).toBe('');
  expect(addressOf('wiki:1', 'https://wiki.acme.test/1')).toBe('   https://wiki.acme.test/1');
});
