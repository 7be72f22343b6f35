import { expect, test } from 'vitest';
import * as fc from 'fast-check';

import { createCiter } from '../../src/openai/cite.ts';
import { heardOf } from '../../src/openai/given.ts';
import type { Given } from '../../src/openai/told.ts';

const plan: Given = { id: 'wiki:plan', title: 'Plan', url: 'https://wiki.acme.test/plan' };
const party: Given = { id: 'wiki:the party/[1].md', title: 'Party', url: 'castellan:wiki:party' };
const travel: Given = { id: 'handbook:travel, by train.md', title: 'Travel', url: 'castellan:x' };

/** An answer that is told in these pieces. */
const shown = (pieces: readonly string[], given: readonly Given[] = [plan, travel]) => {
  const citer = createCiter();
  citer.given(given);
  const text = pieces.map((piece) => citer.text(piece)).join('') + citer.rest();
  return { text, numbers: citer.citations().map(({ id, number }) => [number, id]) };
};

test('documents are numbered as the answer names them, and each has one number', () => {
  const answer = 'We move [handbook:travel, by train.md]. In spring [wiki:plan], by train [handbook:travel, by train.md].';
  expect(shown([answer])).toEqual({
    text: 'We move [1]. In spring [2], by train [1].',
    numbers: [
      [1, travel.id],
      [2, plan.id],
    ],
  });
});

test('several in one bracket are several citations', () => {
  const one = { ...plan, id: 'a:1' };
  expect(shown(['So [wiki:plan; a:1].'], [plan, one]).text).toBe('So [1][2].');
});

test('an id that nobody gave is left as it is, and is no citation', () => {
  expect(shown(['So [wiki:secret], and [ ] [x](y) [wiki:plan, wiki:secret].'])).toEqual({
    text: 'So [wiki:secret], and [ ] [x](y) [wiki:plan, wiki:secret].',
    numbers: [],
  });
});

test('an address in the text cites its document too', () => {
  expect(shown(['See [the plan](https://wiki.acme.test/plan).']).numbers).toEqual([[1, 'wiki:plan']]);
});

test.each([
  ['See https://wiki.acme.test/plan-b.', []],
  ['See https://wiki.acme.test/plan/spring, or https://wiki.acme.test/plan.html?a=1', []],
  ['See https://wiki.acme.test/planned and https://wiki.acme.test/plan.', [[1, 'wiki:plan']]],
  ['See https://wiki.acme.test/plan#spring', [[1, 'wiki:plan']]],
])('an address that only begins like one cites nothing: %s', (text, numbers) => {
  expect(shown([text]).numbers).toEqual(numbers);
});

test('however an answer is cut into pieces, it reads the same', () => {
  const answer = 'A [wiki:plan] b [a:1; wiki:plan] c [wiki:none] [ open [wiki:plan]\nend [';
  const given = [plan, { ...plan, id: 'a:1', url: 'castellan:a:1' }];
  const whole = shown([answer], given);
  expect(whole.text).toContain('A [1] b [2][1] c [wiki:none]');
  fc.assert(
    fc.property(fc.array(fc.nat({ max: answer.length })), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), answer.length];
      const pieces = places.slice(1).map((place, nth) => answer.slice(places[nth], place));
      expect(shown(pieces, given)).toEqual(whole);
    }),
  );
});

test('a bracket of nothing but space costs no more than its length', { timeout: 5_000 }, () => {
  const text = `[${' '.repeat(200_000)}]`;
  expect(shown([text]).text).toBe(text);
});

test('a bracket that never ends is shown', () => {
  expect(shown([`[${'x'.repeat(5000)}`, 'y']).text).toBe(`[${'x'.repeat(5000)}y`);
});

test('an id with brackets of its own is not cited by its bracket, and nothing is lost', () => {
  expect(shown([`So [${party.id}].`], [party]).text).toBe(`So [${party.id}].`);
});

test.each([
  ['nothing', ''],
  ['what is not JSON', 'no { json'],
  ['a list', '[1]'],
  ['results of another shape', '{"results":[{"id":1}]}'],
])('of %s, no document is heard', (_, text) => {
  expect(heardOf(text)).toMatchObject({ documents: [] });
});
