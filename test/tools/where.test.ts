import { expect, test } from 'vitest';

import { searchTool } from '../../src/tools/search.ts';
import { parseInput } from '../../src/server/input.ts';

const parsed = (where: unknown): unknown => parseInput(searchTool.input, { query: 'plan', where });
const heard = (where: unknown): string => {
  try {
    parsed(where);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
};

test('conditions are understood by the kind of their field', () => {
  const where = [
    { field: 'status', is: ' Open' },
    { field: 'assignee', is: null },
    { field: 'amount', from: 1000, to: 5000 },
    { field: 'size', is: 3 },
    { field: 'due_at', to: '2026-03-31' },
  ];
  expect(parsed(where)).toMatchObject({
    where: [
      { field: 'status', must: 'be', text: 'OPEN' },
      { field: 'assignee', must: 'be none' },
      { field: 'amount', must: 'lie', from: 1000, to: 5000 },
      { field: 'size', must: 'lie', from: 3, to: 3 },
      { field: 'due_at', must: 'lie', to: Date.parse('2026-03-31T23:59:59.999Z') },
    ],
  });
});

test('a day is all of it, wherever it stands', () => {
  const day = { from: Date.parse('2026-03-31'), to: Date.parse('2026-03-31T23:59:59.999Z') };
  for (const given of [{ is: '2026-03-31' }, { from: '2026-03-31', to: '2026-03-31' }]) {
    expect(parsed([{ field: 'due_at', ...given }])).toMatchObject({ where: [{ must: 'lie', ...day }] });
  }
  expect(parsed([{ field: 'due_at', from: '2026-03-31T14:00:00+02:00' }])).toMatchObject({
    where: [{ from: Date.parse('2026-03-31T12:00:00Z') }],
  });
});

test('a field nobody declares is answered with those there are, which are the same for everybody', () => {
  expect(heard([{ field: 'colour', is: 'red' }])).toMatchInlineSnapshot(
    `"The input does not fit: where.0.field must be one of account, amount, assignee, closed_at, created_at, currency, due_at, email, industry, media_type, name, phone, priority, size, stage, status, website."`,
  );
  expect(heard([{ is: 'red' }])).toContain('must be one of account, amount');
});

test.each<[string, unknown, string]>([
  ['nothing to be', { field: 'status' }, 'where.0 must have either "is", or "from" or "to" or both'],
  ['both', { field: 'amount', is: 3, from: 1 }, 'where.0 must have either'],
  ['a range of texts', { field: 'status', from: 'a' }, 'where.0.from must be left out: status is text'],
  ['a range of texts', { field: 'status', to: 'a' }, 'where.0.to must be left out: status is text'],
  ['a number for text', { field: 'status', is: 3 }, 'where.0.is must be text, as status is'],
  ['an empty text', { field: 'status', is: ' \u200b' }, 'where.0.is must not be empty; null finds those that have none'],
  ['text for a number', { field: 'amount', from: '1000' }, 'where.0.from must be a number, as amount is'],
  ['text for a number', { field: 'amount', is: 'much' }, 'where.0.is must be a number, as amount is'],
  ['a number for a time', { field: 'due_at', to: 3 }, 'where.0.to must be a date or time like 2026-01-31'],
  ['no time', { field: 'due_at', is: 'tomorrow' }, 'where.0.is must be a date or time like 2026-01-31'],
  ['no time of a zone', { field: 'due_at', from: '2026-03-31T12:00:00' }, 'where.0.from must be a date or time'],
  ['a range that is none', { field: 'amount', from: 5, to: 4 }, 'where.0.to must not be less than "from"'],
  ['a truth', { field: 'status', is: true }, 'where.0.is must be text, a number or null'],
  ['no number', { field: 'amount', from: NaN }, 'where.0.from must be a number, or a date or time'],
  ['another key', { field: 'status', is: 'open', not: true }, 'where.0 must not have "not"'],
  ['a text', 'status=open', 'where.0 must be an object'],
])('%s is refused in a sentence', (_, condition, sentence) => {
  expect(heard([condition])).toContain(sentence);
});

test('there are at most five conditions, in a list', () => {
  const one = { field: 'status', is: 'open' };
  expect(heard([one, one, one, one, one])).toBe('');
  expect(heard([one, one, one, one, one, one])).toContain('where must have at most 5 conditions');
  expect(heard(one)).toContain('where must be a list');
});
