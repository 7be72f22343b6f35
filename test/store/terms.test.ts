import { expect, test } from 'vitest';

import { impactsOf, locatedTerms, termsOf } from '../../src/store/terms.ts';

test('a word is found in any case, with or without its accents, in any of its forms', () => {
  expect(termsOf('Café CAFE café')).toEqual(['cafe', 'cafe', 'cafe']);
  expect(termsOf('Straße Søren Łódź encyclopædia')).toEqual(termsOf('strasse soren lodz encyclopaedia'));
  expect(new Set(termsOf('invoice invoices invoiced'))).toHaveLength(1);
  expect(termsOf("the company’s company's companies")).toEqual(['the', 'compani', 'compani', 'compani']);
});

test('compatibility forms are the letters they stand for', () => {
  expect(termsOf('ﬁne ① Ⅷ ｗｉｄｅ ½')).toEqual(['fine', '1', 'viii', 'wide', '1', '2']);
});

test('scripts without spaces give every two neighbouring characters, so that a part of a sentence is found', () => {
  const text = termsOf('サーバーの再起動手順を確認する');
  for (const asked of ['再起動', 'サーバー', '手順']) expect(text).toEqual(expect.arrayContaining(termsOf(asked)));
  expect(termsOf('서버를')).toEqual(expect.arrayContaining(termsOf('서버')));
  expect(termsOf('ภาษาไทย')).toEqual(expect.arrayContaining(termsOf('ไทย')));
  expect(termsOf('山')).toEqual(['山']);
  expect(termsOf('iPhone手机2024年')).toEqual(['iphon', '手机', '2024', '年']);
});

test('half-width and composed kana are one, voiced and unvoiced are two', () => {
  expect(termsOf('ｶﾞｽ')).toEqual(termsOf('ガス'));
  expect(termsOf('ガス')).not.toEqual(termsOf('カス'));
});

test('marks that are letters of their script stay, points that people leave out go', () => {
  expect(termsOf('हिन्दी')).toEqual(['हिन्दी']);
  expect(termsOf('سَلَام')).toEqual(termsOf('سلام'));
});

test('what is no word gives nothing', () => {
  for (const text of ['', '   ', '"!!" -- (*)', '❤️👍🏽', '\u0301\u0301', '\u{d800}']) expect(termsOf(text)).toEqual([]);
});

test('a run of letters is cut, never through a character', () => {
  expect(termsOf('x'.repeat(1000))).toEqual(['x'.repeat(64)]);
  expect(termsOf(`a${'𐐨'.repeat(100)}`).every((term) => term.length <= 64 && term.isWellFormed())).toBe(true);
});

test('hostile runs take no longer than their length', () => {
  const started = performance.now();
  for (const run of ['a', '漢', 'e\u0301', '\u0301', "a's", 'ﷺ']) termsOf(run.repeat(50_000));
  termsOf(`漢${'\u0301'.repeat(50_000)}`);
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('every term says where its word is', () => {
  const text = "Zoë's plan: 再起動 in März";
  expect(Array.from(locatedTerms(text), ({ word, from, to }) => [word, text.slice(from, to)])).toEqual([
    ['zoe', 'Zoë'],
    ['plan', 'plan'],
    ['再起', '再起'],
    ['起動', '起動'],
    ['in', 'in'],
    ['marz', 'März'],
  ]);
});

const impact = (title: string, text: string): number => impactsOf(title, text).find(({ term }) => term === 'salmon')?.impact ?? 0;

test('an impact grows with how often a word stands there, more in the title, and stays within 1 to 255', () => {
  const once = impact('', `salmon ${'other '.repeat(50)}`);
  expect(impact('', `salmon salmon ${'other '.repeat(49)}`)).toBeGreaterThan(once);
  expect(impact('salmon', 'other '.repeat(51))).toBeGreaterThan(once);
  expect(impact('', `salmon ${'other '.repeat(100_000)}`)).toBe(1);
  expect(impact('salmon '.repeat(500), 'salmon '.repeat(500))).toBeLessThanOrEqual(255);
  expect(impactsOf('', '')).toEqual([]);
});
