import { randomBytes } from 'node:crypto';

import { assert, constantFrom, nat, pre, property } from 'fast-check';
import { expect, test } from 'vitest';

import type { Caller } from '../../src/core/caller.ts';
import type { Cursors } from '../../src/core/tool.ts';
import { type CursorOptions, cursorsFor } from '../../src/server/cursors.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const ada: Caller = { identity: { issuer: 'https://id.acme.test', subject: 'ada' }, client: 'cli', scopes: ['read'] };
const place = { offset: 10, digest: '00112233445566778899aabbccddeeff' };
const QUESTION = { query: 'plan', limit: 10 };

const cursors = (given: Partial<CursorOptions> = {}, binding: unknown = QUESTION): Cursors =>
  cursorsFor({ keys: [OLD], caller: ada, tool: 'search', random: randomBytes, ...given })(binding);

const REFUSED = expect.objectContaining({
  code: 'invalid_input',
  message: 'This cursor was not made for this question. Search again without it.',
});

test('a cursor gives its place back, in any order of the same input', () => {
  const cursor = cursors().seal(place);

  expect(cursors({}, { limit: 10, query: 'plan' }).open(cursor)).toEqual(place);
});

test('every cursor has one length and shows nothing of its place', () => {
  const sealed = [0, 10, 4_294_967_295].map((offset) => cursors().seal({ ...place, offset }));

  expect(sealed.map((cursor) => cursor.length)).toEqual([64, 64, 64]);
  expect(cursors().seal(place)).not.toBe(cursors().seal(place));
});

test.each<[string, Partial<CursorOptions>, unknown?]>([
  ['another person', { caller: { ...ada, identity: { ...ada.identity, subject: 'bob' } } }],
  ['another issuer', { caller: { ...ada, identity: { ...ada.identity, issuer: 'https://id.evil.test' } } }],
  ['the same letters cut elsewhere', { caller: { ...ada, identity: { issuer: 'https://id.acme.tes', subject: 'tada' } } }],
  ['another client', { caller: { ...ada, client: 'chatgpt' } }],
  ['another tool', { tool: 'fetch' }],
  ['another question', {}, { query: 'plans', limit: 10 }],
  ['another key', { keys: [NEW] }],
])('a cursor made for one is refused for %s', (_name, given, binding) => {
  const cursor = cursors().seal(place);

  expect(() => cursors(given, binding).open(cursor)).toThrow(REFUSED);
});

test('a cursor with any one character changed is refused', () => {
  const cursor = cursors().seal(place);

  assert(
    property(nat({ max: 63 }), constantFrom(...Array.from('ABCZabz059-_')), (at, character) => {
      pre(cursor[at] !== character);
      expect(() => cursors().open(cursor.slice(0, at) + character + cursor.slice(at + 1))).toThrow(REFUSED);
    }),
  );
});

test.each(['', 'x', 'A'.repeat(64), 'A'.repeat(63), 'A'.repeat(65), '='.repeat(64), 'é'.repeat(64), 'A'.repeat(1_000_000)])(
  'what is no cursor is refused',
  (forged) => {
    expect(() => cursors().open(forged)).toThrow(REFUSED);
  },
);

test('during a rotation old cursors open, and new ones are made with the new key', () => {
  const old = cursors().seal(place);
  const both = cursors({ keys: [NEW, OLD] });

  expect(both.open(old)).toEqual(place);
  expect(cursors({ keys: [NEW] }).open(both.seal(place))).toEqual(place);
});

test('a place that does not fit is a mistake of ours, not a shorter cursor', () => {
  expect(() => cursors().seal({ ...place, offset: -1 })).toThrow(RangeError);
  expect(() => cursors().seal({ ...place, digest: 'abc' })).toThrow('digest');
  expect(() => cursors().seal({ ...place, digest: `${place.digest}00` })).toThrow('digest');
});
