import { describe, expect, test } from 'vitest';

import type { Field } from '../../src/core/document.ts';
import { labelKey } from '../../src/core/label.ts';
import { type Condition, meeting } from '../../src/core/where.ts';

const meets = (fields: Record<string, Field>, ...where: readonly Condition[]): boolean => meeting(where)(fields);
const status = (text: string): Condition => ({ field: 'status', must: 'be', text: labelKey(text) });

describe('a condition', () => {
  test.each(['open', 'OPEN', ' Open ', 'ｏpen', 'o\u00adpen'])(
    'of text is met by the same text however it is written: %j',
    (value) => {
      expect(meets({ status: value }, status('Open'))).toBe(true);
    },
  );

  test.each<[string, Record<string, Field>]>([
    ['another text', { status: 'opened' }],
    ['a number', { status: 1 }],
    ['none', { status: null }],
    ['silence', {}],
    ['another field', { stage: 'open' }],
  ])('of text is not met by %s', (_, fields) => {
    expect(meets(fields, status('open'))).toBe(false);
  });

  test('of numbers holds both its ends', () => {
    const within: Condition = { field: 'amount', must: 'lie', from: 10, to: 20 };
    expect([9.99, 10, 15, 20, 20.01].map((amount) => meets({ amount }, within))).toEqual([false, true, true, true, false]);
    expect(meets({ amount: -5 }, { field: 'amount', must: 'lie', to: 0 })).toBe(true);
    expect(meets({ amount: 1e300 }, { field: 'amount', must: 'lie', from: 0 })).toBe(true);
  });

  test('of numbers is met by no text that looks like one', () => {
    expect(meets({ amount: '15' }, { field: 'amount', must: 'lie', from: 10 })).toBe(false);
    expect(meets({ amount: true }, { field: 'amount', must: 'lie', from: 0 })).toBe(false);
    expect(meets({ amount: null }, { field: 'amount', must: 'lie', from: -1 })).toBe(false);
  });

  test('of times compares instants, not how they are written', () => {
    const until: Condition = { field: 'due_at', must: 'lie', to: Date.parse('2026-03-31T12:00:00Z') };
    const given = ['2026-03-31T12:00:00.000Z', '2026-03-31T13:30:00+02:00', '2026-03-31T12:00:00.001Z', 'soon', 5];
    expect(given.map((value) => meets({ due_at: value }, until))).toEqual([true, true, false, false, false]);
  });

  test('of none is met where the source says that there is none, and not where it says nothing', () => {
    const none: Condition = { field: 'assignee', must: 'be none' };
    expect([{ assignee: null }, {}, { assignee: '' }].map((fields) => meets(fields, none))).toEqual([true, false, false]);
  });
});

test('all conditions must hold', () => {
  const large: Condition = { field: 'amount', must: 'lie', from: 10 };
  expect(meets({ status: 'open', amount: 10 }, status('open'), large)).toBe(true);
  expect(meets({ status: 'open', amount: 9 }, status('open'), large)).toBe(false);
  expect(meets({ status: 'shut', amount: 10 }, status('open'), large)).toBe(false);
});

test('a field that every object has is no field of a document', () => {
  const text = JSON.stringify({ ['__proto__']: { status: 'open' } });
  expect(meets(JSON.parse(text), status('open'))).toBe(false);
});
