import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { labelKey } from '../../src/core/label.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });

describe('a label is the same', () => {
  test.each([
    ['in another case', 'Restricted', 'rESTRICTED'],
    ['in the capitals of another language', 'STRASSE', 'straße'],
    ['with a letter that ends a word', 'ΟΔΟΣ', 'οδος'],
    ['with spaces around it', 'restricted', ' \trestricted\u00a0\n'],
    ['with other spaces in it', 'top secret', 'top \u2003 secret'],
    ['composed or not', 'é', 'e\u0301'],
    ['in full width', 'restricted', 'ｒｅｓｔｒｉｃｔｅｄ'],
    ['with ligatures', 'confidential', 'conﬁdential'],
    ['with characters nobody sees', 'restricted', 're\u200bstr\u00adicted\ufeff'],
    ['with a dotless letter where capitals have no dot', 'RESTRICTED', 'restrıcted'],
  ])('%s', (_, one, other) => {
    expect(labelKey(other)).toBe(labelKey(one));
  });

  test('however it is spelt', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (label, form) => {
        const key = labelKey(label);
        expect(labelKey(label.normalize(form))).toBe(key);
        expect(labelKey(` ${label}\n`)).toBe(key);
        expect(labelKey(key)).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['restricted', 'unrestricted'],
  ['restricted', 'restricted access'],
  ['a b', 'ab'],
  ['resume', 'résumé'],
])('"%s" is not "%s"', (one, other) => {
  expect(labelKey(one)).not.toBe(labelKey(other));
});

test.each(['', '  ', '\u200b\u00ad', '\ufeff'])('nothing is left of %j to compare', (label) => {
  expect(labelKey(label)).toBe('');
});
