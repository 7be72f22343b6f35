import type { Due } from './connector.ts';
import type { Freshness } from './freshness.ts';

/** After how many ms each kind is brought again. */
export type Schedule = Readonly<Record<keyof Due, number>>;

/** When each kind was last brought whole: the start of that run, in ms since 1970. Absent: never. */
export type Whole = Readonly<Partial<Record<keyof Due, number>>>;

/** A listing is whole at least daily, so that what no change told of is gone within a day. */
const LISTING = 24 * 3_600_000;

/** Half of each promise: a run that fails leaves the time to mend it. Permissions are not brought less often than contents. */
export const scheduleOf = ({ content, permissions }: Freshness): Schedule => ({
  listing: LISTING,
  permissions: Math.min(permissions.within, content.within) / 2,
  content: content.within / 2,
});

/** What comes due so soon is brought along, in parts of its interval: sources are asked once for it, not twice in a row. */
const SOON = 0.1;

/** What somebody asks of a run. */
export type Asked =
  /** Whatever its schedule says. */
  | 'due'
  /** All that changed. */
  | 'changes'
  /** All there is. */
  | 'whole'
  /** Who may see it, and nothing else. */
  | 'permissions';

/** A source as a run finds it. */
export interface Standing {
  /** Whether it was listed whole, and that was not refused since. */
  readonly listed: boolean;
  readonly whole: Whole;
}

interface Decided {
  readonly asked: Asked;
  readonly schedule: Schedule;
  /** Whether the connector brings permissions without contents. */
  readonly apart: boolean;
  /** ms since 1970. */
  readonly now: number;
}

/** What a run is to bring. A listing brings everything, and what cannot be brought apart comes together. */
export const dueOf = ({ listed, whole }: Standing, { asked, schedule, apart, now }: Decided): Due => {
  const isDue = (kind: keyof Due): boolean => now >= dueAt(whole[kind], schedule[kind] * (1 - SOON), now);
  if (asked === 'whole' || !listed || (asked !== 'permissions' && isDue('listing'))) return EVERYTHING;
  if (!apart || asked === 'changes') return CHANGES;
  if (asked === 'permissions') return { listing: false, permissions: true, content: false };
  const due: Due = { listing: false, permissions: isDue('permissions'), content: isDue('content') };
  return due.permissions || due.content ? due : CHANGES;
};

const EVERYTHING: Due = { listing: true, permissions: true, content: true };
const CHANGES: Due = { listing: false, permissions: true, content: true };

/** When a kind comes due. What was brought in the future was so by a clock that was set back, and is due now. */
export const dueAt = (last: number | undefined, interval: number, now: number): number =>
  last === undefined || last > now ? -Infinity : last + interval;

/** When the first kind comes due that a source has not been asked for since `triedAt`. `early`: from 0 to 1, so that sources do not all come due at once. */
export const nextDueAt = (
  whole: Whole,
  schedule: Schedule,
  { early, now }: { readonly early: number; readonly now: number },
): number => Math.min(...KINDS.map((kind) => dueAt(whole[kind], schedule[kind] * (1 - SOON * early), now)));

export const KINDS = ['listing', 'permissions', 'content'] as const satisfies readonly (keyof Due)[];

/** A number from 0 to 1 that is always the same for a name, and another for another. */
export const jitterOf = (name: string): number => {
  let hash = 2_166_136_261;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
};
