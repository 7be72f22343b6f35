import { InvalidArgumentError } from 'commander';

import { kindOf } from '../core/normalised.ts';

/** A condition as `search` takes it; the tool judges what is not understood here. */
export interface GivenCondition {
  readonly field: string;
  readonly is?: string | number | null;
  readonly from?: string | number;
  readonly to?: string | number;
}

const CONDITION = /^\s*(?<field>[a-z_]+)\s*(?<sign>>=|<=|=)(?<value>.*)$/su;

/** Reads `status=open`, `amount>=1000`, `due_at<=2026-03-31`, and `assignee=` for what has none; may be given again. */
export const conditionOf = (text: string, before: readonly GivenCondition[] = []): readonly GivenCondition[] => {
  const { field, sign, value } = CONDITION.exec(text)?.groups ?? {};
  if (field === undefined || value === undefined) {
    throw new InvalidArgumentError(
      'Give a field, one of = >= <=, and a value: status=open, "amount>=1000", "due_at<=2026-03-31", or assignee= for what has none.',
    );
  }
  return [...before, { field, ...bound(sign, valueOf(field, value.trim())) }];
};

const bound = (sign: string | undefined, value: string | number): Omit<GivenCondition, 'field'> => {
  if (sign === '>=') return { from: value };
  if (sign === '<=') return { to: value };
  return { is: value === '' ? null : value };
};

/** What should be a number and is none is left for the tool to refuse in its own words. */
const valueOf = (field: string, text: string): string | number => {
  const number = Number(text);
  return kindOf(field) === 'number' && text !== '' && Number.isFinite(number) ? number : text;
};
