import type { KnownAccount } from './leaf.ts';

/**
 * How somebody stands in the directory; `at` is the oldest fact that says so (ms since 1970).
 * `gone`: inactive there, or nobody can say now whether they are. They hold no principal anywhere.
 * `stranger`: it knows nobody of whom it could be told that this is them; what other sources say of them counts.
 */
export type Activity =
  | { readonly is: 'member' | 'guest'; readonly at: number }
  | { readonly is: 'stranger'; readonly at: number }
  | { readonly is: 'gone'; readonly at: number };

/** What the directory knows of somebody. */
export interface InDirectory {
  /** Linked to them, linked to them once, or carrying their e-mail. */
  readonly accounts: readonly KnownAccount[];
  /** Whether it was ever read to its end: before that, whom it does not name it may know all the same. */
  readonly read: boolean;
}

/** Decides how somebody stands in the directory. An inactive account says nothing once another one of theirs is active. */
export const activityOf = ({ accounts, read }: InDirectory): Activity => {
  const at = Math.min(Infinity, ...accounts.map((account) => account.at));
  const active = accounts.filter((account) => account.active && account.fresh);
  if (!read || (accounts.length > 0 && active.length === 0)) return { is: 'gone', at };
  const linked = active.filter((account) => account.linked);
  if (linked.length === 0) return { is: 'stranger', at };
  return { is: linked.some(({ kind }) => kind === 'guest') ? 'guest' : 'member', at };
};
