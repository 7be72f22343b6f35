/** How a source came to say something: in which of its listings' ticks, and in a run begun when. */
export interface Seen {
  /** The number of the source. */
  readonly source: number;
  readonly tick: number;
  /** Start of the run, ms since 1970: nothing is confirmed later than it was asked for. */
  readonly at: number;
}
