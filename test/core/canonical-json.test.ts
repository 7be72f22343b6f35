import { assert, jsonValue, property } from 'fast-check';
import { expect, test } from 'vitest';

import { canonicalJson } from '../../src/core/canonical-json.ts';

test('members are sorted by UTF-16 code units, without whitespace, at every depth', () => {
  expect(canonicalJson({ b: [1, { z: null, a: 'é"\n' }], a: true, '\u{1f600}': 1, '\ufb33': 2 })).toBe(
    '{"a":true,"b":[1,{"a":"é\\"\\n","z":null}],"\u{1f600}":1,"\ufb33":2}',
  );
});

test('what JSON cannot hold is left out of objects and null elsewhere, as ECMAScript does', () => {
  expect(canonicalJson({ a: undefined, b: [undefined, NaN, Infinity, -0] })).toBe('{"b":[null,null,null,0]}');
  expect(canonicalJson(undefined)).toBe('null');
  expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
});

test('a lone surrogate is escaped, so that the text has bytes', () => {
  expect(canonicalJson('\ud800')).toBe('"\\ud800"');
});

test('the text says the same value, and the same value in another order says the same text', () => {
  assert(
    property(jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

test('nesting beyond 64 levels is refused, not crashed on', () => {
  expect(canonicalJson(nested(64))).toBe('['.repeat(64) + ']'.repeat(64));
  expect(() => canonicalJson(nested(65))).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  expect(() => canonicalJson(nested(50_000))).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

const reversed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
};
