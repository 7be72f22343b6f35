/** How a source came to say something: in which of its listings' ticks, and in a run begun when. */
export interface Seen {
  /** The number of the source. */
  readonly source: number;
  readonly tick: number;
  /** Start of the run, ms since 1970: nothing is confirmed later than it was asked for. */
  readonly at: number;
  /** The same where the run was to bring contents, else null: what it was not asked for it confirms nothing of. */
  readonly contentsAt: number | null;
  /** Likewise of permissions, where they come with something else. What says nothing but permissions confirms them in any run. */
  readonly permissionsAt: number | null;
  /** Whether what widens waits for the end of the run: see `held-back.ts`. */
  readonly holds: boolean;
}
