import type { Drift } from '../core/drift.ts';

/** In what a source was not what its connector was written for in the last week of its runs, what was met most first. */
export interface SourceDrift {
  readonly met: readonly {
    readonly what: Drift;
    readonly times: number;
    /** The first of these runs that met it, and the starts of that and of the last, ms since 1970. */
    readonly firstRun: number;
    readonly firstAt: number;
    readonly lastAt: number;
  }[];
  /** Of other things, when there were too many different ones to keep. */
  readonly more: number;
}
