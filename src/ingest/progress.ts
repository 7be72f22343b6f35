/** How far a run, or the embedding after it, has come. */
export interface Progress {
  /** The source that is read; absent while vectors of all sources are made. */
  readonly source?: string;
  readonly phase: 'read' | 'embed';
  /** Documents read, changed, deleted, and what could not be read. */
  readonly read: number;
  readonly changed: number;
  readonly deleted: number;
  readonly problems: number;
  /** Chunks that got their vector, of how many. */
  readonly done?: number;
  readonly total?: number;
  /** Documents, or chunks, a second since the beginning. */
  readonly perSecond: number;
  readonly elapsedMs: number;
}

/** How often progress is told, in ms. */
const EVERY = 100;

/** Tells progress now and then, so that whoever listens need not. */
export const teller = (
  tell: ((progress: Progress) => void) | undefined,
  now: () => number,
): ((counted: Omit<Progress, 'perSecond' | 'elapsedMs'>, last?: boolean) => void) => {
  const began = now();
  let told = began;
  return (counted, last = false) => {
    const at = now();
    if (!tell || (!last && at - told < EVERY)) return;
    told = at;
    const elapsedMs = at - began;
    const amount = counted.phase === 'read' ? counted.read : (counted.done ?? 0);
    tell({ ...counted, elapsedMs, perSecond: (amount * 1000) / Math.max(elapsedMs, 1) });
  };
};
