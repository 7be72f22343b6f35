import { AppError } from '../core/errors.ts';
import type { Rung } from '../store/store.ts';
import { type Bell, pause } from './bell.ts';

/** Between looks at whether the source has rung, in ms: whoever took its delivery may be another process. */
const LOOK = 500;
/** Between two rings, in ms: a thousand deliveries are one run, and then one more. */
const SPACING = 3_000;

/** A source that says itself that something changed. */
export interface Ringing {
  readonly bell: Pick<Bell, 'ring' | 'rungAt'>;
  /** How often it did, whoever heard it. */
  readonly rung: () => Promise<Rung | undefined>;
  readonly signal: AbortSignal;
  readonly patience?: { readonly look: number; readonly spacing: number };
}

/** Rings soon after a source has rung, as of when it did, until `signal` aborts. */
export const ringOnHook = async ({
  bell,
  rung,
  signal,
  patience: { look, spacing } = { look: LOOK, spacing: SPACING },
}: Ringing): Promise<void> => {
  let heard: number | undefined;
  while (!signal.aborted) {
    const found = await quietly(rung);
    // What had rung before anybody listened is read by the first run.
    const isNews = found && (heard === undefined ? found.at > bell.rungAt : found.rings !== heard);
    heard = found?.rings ?? heard ?? 0;
    if (isNews) bell.ring(found.at);
    await pause(isNews ? spacing : look, signal);
  }
};

/** An index that cannot be read now may be later, and whoever reads the source says why. */
const quietly = async (rung: Ringing['rung']): Promise<Rung | undefined> => {
  try {
    return await rung();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
};
