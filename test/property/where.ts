import type { Field } from '../../src/core/document.ts';
import type { Condition } from '../../src/core/where.ts';
import { searchTool } from '../../src/tools/search.ts';
import type { Dice } from './dice.ts';

export type Fields = Readonly<Record<string, Field>>;

/** What is asked of fields, as it is given to the tool, and what that means. */
export interface AskedOfFields {
  readonly where: readonly object[];
  readonly meets: (fields: Fields) => boolean;
}

const STATUS = ['open', 'OPEN ', 'shut', 'won'] as const;
const DAYS = ['2026-02-01', '2026-02-03', '2026-02-03T23:30:00-02:00', '2026-02-05T12:00:00.000Z'] as const;

/** Some fields, of their kinds; and now and then one that means what its source likes. */
export const someFields = (dice: Dice): Fields => ({
  ...(dice.chance(0.7) ? { status: dice.chance(0.1) ? null : dice.pick(STATUS) } : {}),
  ...(dice.chance(0.6) ? { amount: dice.chance(0.1) ? null : dice.roll(5) * 10 } : {}),
  ...(dice.chance(0.5) ? { due_at: dice.chance(0.2) ? null : dice.pick(DAYS) } : {}),
  ...(dice.chance(0.2) ? { colour: 'open' } : {}),
});

/** One to three conditions. */
export const someConditions = (dice: Dice): AskedOfFields => {
  const asked = Array.from({ length: 1 + dice.roll(3) }, () => dice.pick(KINDS)(dice));
  return { where: asked.flatMap(({ where }) => where), meets: (fields) => asked.every(({ meets }) => meets(fields)) };
};

/** The same in the words that the index is asked in. */
export const conditionsOf = ({ where }: AskedOfFields): readonly Condition[] => searchTool.input.parse({ where }).where ?? [];

const plain = (value: Field | undefined): string | undefined =>
  typeof value === 'string' ? value.trim().toLowerCase() : undefined;

const ofStatus = (dice: Dice): AskedOfFields => {
  const is = dice.pick(['Open', 'shut', ' WON', 'lost']);
  return { where: [{ field: 'status', is }], meets: ({ status }) => plain(status) === plain(is) };
};

const ofAmount = (dice: Dice): AskedOfFields => {
  const [from, to] = [dice.roll(30), 30 + dice.roll(15)];
  const [open, closed] = [dice.chance(0.5), dice.chance(0.5)];
  const bounds = open ? { from } : closed ? { to } : { from, to };
  return {
    where: [{ field: 'amount', ...bounds }],
    meets: ({ amount }) =>
      typeof amount === 'number' && (amount >= from || !('from' in bounds)) && (amount <= to || !('to' in bounds)),
  };
};

const ofDay = (dice: Dice): AskedOfFields => {
  const day = dice.pick(['2026-02-01', '2026-02-03', '2026-02-04']); // by midnight of the day after, in UTC
  const end = Date.parse(day) + 86_400_000;
  return {
    where: [{ field: 'due_at', to: day }],
    meets: ({ due_at: due }) => typeof due === 'string' && Date.parse(due) < end,
  };
};

const ofNone = (dice: Dice): AskedOfFields => {
  const field = dice.pick(['status', 'amount', 'due_at']);
  return { where: [{ field, is: null }], meets: (fields) => fields[field] === null };
};

const KINDS = [ofStatus, ofStatus, ofAmount, ofDay, ofNone] as const;
