import { randomBytes } from 'node:crypto';

import { constantFrom, string, assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';

import { openEnvelope, sealEnvelope } from '../../../src/sources/sign-in/envelope.ts';

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [NOW, BEFORE, OTHER] = [key(1), key(2), key(3)] as const;
const random = (size: number): Uint8Array => randomBytes(size);

test('whatever is sealed opens beside what it was bound to, and beside nothing else', () => {
  assert(
    property(string(), string(), string(), (text, bound, other) => {
      const sealed = sealEnvelope(text, bound, { keys: [NOW], random });
      expect(openEnvelope(sealed, bound, [NOW])).toEqual({ text, stale: false });
      expect(openEnvelope(sealed, bound, [OTHER])).toBeUndefined();
      expect(openEnvelope(sealed, `${bound} ${other}`, [NOW])).toBeUndefined();
    }),
  );
});

test('a changed byte anywhere opens nothing, and neither does what nobody sealed', () => {
  const sealed = sealEnvelope('sesame', 'wiki', { keys: [NOW], random });
  for (const place of sealed.keys()) {
    const changed = Buffer.from(sealed);
    changed[place] = (changed[place] ?? 0) ^ 1;
    expect(openEnvelope(changed, 'wiki', [NOW])).toBeUndefined();
    expect(openEnvelope(sealed.subarray(0, place), 'wiki', [NOW])).toBeUndefined();
  }
  assert(
    property(uint8Array({ maxLength: 200 }), constantFrom('', 'wiki'), (bytes, bound) => {
      expect(openEnvelope(bytes, bound, [NOW])).toBeUndefined();
    }),
  );
});

test('during a rotation both keys open, and what the old one sealed is told', () => {
  const old = sealEnvelope('sesame', 'wiki', { keys: [BEFORE], random });
  expect(openEnvelope(old, 'wiki', [NOW, BEFORE])).toEqual({ text: 'sesame', stale: true });
  const next = sealEnvelope('sesame', 'wiki', { keys: [NOW, BEFORE], random });
  expect(openEnvelope(next, 'wiki', [NOW])).toEqual({ text: 'sesame', stale: false });
});

test('two seals of one text have nothing in common, and the text is in neither', () => {
  const [one, two] = [1, 2].map(() => Buffer.from(sealEnvelope('sesame '.repeat(10), 'wiki', { keys: [NOW], random })));
  expect(one?.equals(two ?? Buffer.alloc(0))).toBe(false);
  expect(one?.includes('sesame')).toBe(false);
});
