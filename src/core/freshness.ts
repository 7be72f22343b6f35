/** What happens to what is older than its promise: nobody sees it, or whom its source lets at that moment, or it is labelled. */
export const ON_BREACH = ['deny', 'live', 'label'] as const;
export type OnBreach = (typeof ON_BREACH)[number];

/** How old something may be, in ms, and what happens when it is older. */
export interface Promised {
  readonly within: number;
  readonly onBreach: OnBreach;
}

/** The promises of one source. `permissions` is the one rule for acls, containers, memberships and accounts. */
export interface Freshness {
  readonly content: Promised;
  readonly permissions: Promised;
}

const HOUR = 3_600_000;

/** Stale permissions deny, stale content is labelled. */
export const DEFAULT_FRESHNESS: Freshness = {
  content: { within: HOUR, onBreach: 'label' },
  permissions: { within: 24 * HOUR, onBreach: 'deny' },
};

/** Is what was confirmed at `at` within its promise at `now` (both ms since 1970)? */
export const isFresh = (at: number, promised: Promised, now: number): boolean => now - at <= promised.within;

/** May what was confirmed at `at` still decide? Where its source is to be asked it does, and `asksSource` says when. */
export const mayDecide = (at: number, promised: Promised, now: number): boolean =>
  promised.onBreach !== 'deny' || isFresh(at, promised, now);

/** Must the source be asked before that is shown which rests on what was confirmed at `at`? */
const mustBeAsked = (at: number, promised: Promised, now: number): boolean =>
  promised.onBreach === 'live' && !isFresh(at, promised, now);

/** As of when a stored text counts as its source's (ms since 1970): one that may be another there by now is past any promise. */
export const contentAtOf = ({ syncedAt, outdated }: { readonly syncedAt: number; readonly outdated: boolean }): number =>
  outdated ? -Infinity : syncedAt;

/** When the oldest fact that decided about a document was confirmed, and its content (ms since 1970). */
interface Confirmed {
  readonly decidedAt: number;
  readonly contentAt: number;
}

/** Must the source be asked before a document is shown? */
export const asksSource = ({ decidedAt, contentAt }: Confirmed, { permissions, content }: Freshness, now: number): boolean =>
  mustBeAsked(decidedAt, permissions, now) || mustBeAsked(contentAt, content, now);
