import type { Field } from './document.ts';
import { unreachable } from './errors.ts';
import { spanOf } from './instant.ts';
import { labelKey } from './label.ts';
import { FIELDS, type FieldName } from './normalised.ts';

/** What one field must be, in the form in which it is compared. */
export type Condition = { readonly field: FieldName } & (
  | {
      /** The source says that it has none. A source that says nothing of the field does not say that. */
      readonly must: 'be none';
    }
  | {
      readonly must: 'be';
      /** As `labelKey` gives it. */
      readonly text: string;
    }
  | {
      /** Both included: numbers, or ms since 1970. */
      readonly must: 'lie';
      readonly from?: number;
      readonly to?: number;
    }
);

/** Whether fields, as they are stored, meet all conditions. */
export type Meets = (fields: Readonly<Record<string, Field>>) => boolean;

/** Texts whose comparison is remembered: a field has few values beside those that name something. */
const REMEMBERED = 10_000;

/** What must hold of a document's fields. A value of another kind than its field's meets nothing. */
export const meeting = (where: readonly Condition[]): Meets => {
  const tests = where.map((condition) => ({ field: condition.field, test: testOf(condition) }));
  return (fields) => tests.every(({ field, test }) => Object.hasOwn(fields, field) && test(fields[field]));
};

const testOf = (condition: Condition): ((value: Field | undefined) => boolean) => {
  switch (condition.must) {
    case 'be none':
      return (value) => value === null;
    case 'be': {
      const isIt = remembering((value) => labelKey(value) === condition.text);
      return (value) => typeof value === 'string' && isIt(value);
    }
    case 'lie': {
      const { field, from = -Infinity, to = Infinity } = condition;
      const place = FIELDS[field] === 'instant' ? instantOf : numberOf;
      return (value) => {
        const at = place(value);
        return at !== undefined && at >= from && at <= to;
      };
    }
    default:
      return unreachable(condition);
  }
};

const numberOf = (value: Field | undefined): number | undefined => (typeof value === 'number' ? value : undefined);

const instantOf = (value: Field | undefined): number | undefined => (typeof value === 'string' ? spanOf(value)?.from : undefined);

const remembering = (test: (text: string) => boolean): ((text: string) => boolean) => {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const is = test(text);
    if (known.size === REMEMBERED) known.clear();
    known.set(text, is);
    return is;
  };
};
