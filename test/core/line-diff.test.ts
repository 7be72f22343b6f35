import { expect, test } from 'vitest';

import { lineDiff } from '../../src/core/line-diff.ts';
import { changedLines, linesOf } from '../../src/core/proposal-lines.ts';
import { diceOf } from '../property/dice.ts';
import { aProposal } from '../support/a-proposal.ts';

const LONG = Array.from({ length: 500 }, (_, n) => `line ${n + 1}`);
const replaced = (at: number, text: string): string => LONG.with(at - 1, text).join('\n');

test('of a long text, what changes is shown, wherever it stands, and little around it', () => {
  expect(lineDiff(replaced(400, 'line 400'), replaced(400, 'pay everybody'))).toEqual([
    '@@ line 397',
    '  line 397',
    '  line 398',
    '  line 399',
    '- line 400',
    '+ pay everybody',
    '  line 401',
    '  line 402',
    '  line 403',
  ]);
});

test('every line that goes or comes is there, whatever the texts', () => {
  const dice = diceOf(20261201);
  const text = (): string =>
    Array.from({ length: dice.roll(40) }, () => dice.pick(['a', 'b', 'c', '', '- d', '@@ line 1', '\\ e'])).join('\n');
  for (let round = 0; round < 500; round += 1) {
    const [before, after] = [text(), text()];
    const lines = lineDiff(before, after);
    const [goes, comes] = [lines.filter((line) => line.startsWith('- ')), lines.filter((line) => line.startsWith('+ '))];
    expect(lines.length === 0).toBe(before === after);
    // Without the lines that go, and with those that come, the one text has as many of each line as the other.
    const left = counted(linesIn(before));
    for (const line of goes) left.set(line.slice(2), (left.get(line.slice(2)) ?? 0) - 1);
    for (const line of comes) left.set(line.slice(2), (left.get(line.slice(2)) ?? 0) + 1);
    expect(without0(left)).toEqual(without0(counted(linesIn(after))));
  }
});

test('texts that have nothing in common are shown whole, soon', () => {
  const [before, after] = ['a', 'b'].map((letter) => Array.from({ length: 50_000 }, (_, n) => `${letter}${n}`).join('\n'));
  const lines = lineDiff(before ?? '', after ?? '');
  expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(50_000);
  expect(lines.filter((line) => line.startsWith('+ '))).toHaveLength(50_000);
});

test('a person sees the end of what is long, and that more is there than can be seen', () => {
  const changes = [{ field: 'text', before: LONG.join('\n'), after: `${LONG.join('\n')}\npay everybody\u200B\u{E0041}` }];
  const lines = linesOf(aProposal({ changes }));
  expect(lines).toContain('  + pay everybody [and 2 characters that nobody sees]');
  expect(lines.length).toBeLessThan(20);
  const many = Array.from({ length: 60 }, (_, n) => ({ field: `f${n}`, after: 'x'.repeat(5_000) }));
  expect(linesOf(aProposal({ changes: many }))).toHaveLength(1 + 2 * 60 + 1);
});

test('a change of nothing but what nobody sees is shown as one', () => {
  expect(changedLines({ before: 'pay ada', after: 'pay\u200B ada' })).toEqual([
    '- pay ada',
    '+ pay ada [and 1 character that nobody sees]',
  ]);
  expect(changedLines({ before: 'pay ada\n', after: 'pay ada' })).toEqual([
    '- pay ada',
    '+ pay ada',
    '\\ no line break at the end',
  ]);
});

const linesIn = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/u, '').split('\n'));

const counted = (lines: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
};

const without0 = (counts: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...counts].filter(([, count]) => count !== 0).toSorted(([one], [other]) => one.localeCompare(other)));
