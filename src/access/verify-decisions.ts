import { setImmediate as turn } from 'node:timers/promises';

import type { AuditRow, Ledger } from '../store/ledger.ts';
import type { Past } from '../store/past.ts';
import { type Reason, rederive } from './rederive.ts';

/** A recorded decision that is another when it is made again. */
export interface Difference {
  readonly seq: number;
  /** ms since 1970. */
  readonly at: number;
  readonly who?: string;
  readonly id: string;
  readonly recorded: string;
  readonly rederived: string;
}

/** What came of making recorded decisions again. A decision is about one document. */
export interface Redecided {
  readonly rows: number;
  readonly agreed: number;
  readonly differ: number;
  /** How many cannot be made again, and why. */
  readonly unknown: readonly { readonly reason: Reason; readonly decisions: number }[];
}

export interface VerifyDecisionsOptions {
  readonly ledger: Pick<Ledger, 'list'>;
  readonly past: Past;
  /** Only rows at or after this, ms since 1970. */
  readonly since?: number;
  /** At most so many rows, the newest. */
  readonly limit?: number;
  readonly signal: AbortSignal;
  /** Hears of each difference as it is found: there may be more than memory holds. */
  readonly onDifference: (difference: Difference) => void;
  readonly onProgress: (rows: number, of: number) => void;
}

/** Rows read at once: a chain of any length is gone through in this much memory. */
const PAGE = 500;

/** Makes the recorded decisions again, the newest first, and counts how often they are the same. */
export const verifyDecisions = async (options: VerifyDecisionsOptions): Promise<Redecided> => {
  const { ledger, past, since = -Infinity, limit = Infinity, signal } = options;
  const counted = { rows: 0, agreed: 0, differ: 0 };
  const unknown = new Map<Reason, number>();
  let of: number | undefined;
  let before: number | undefined;

  const count = (row: AuditRow): void => {
    counted.rows++;
    for (const found of past.read((reading) => rederive(row, reading))) {
      if (found.is === 'agreed') counted.agreed++;
      else if (found.is === 'unknown') unknown.set(found.reason, (unknown.get(found.reason) ?? 0) + 1);
      else {
        counted.differ++;
        const { seq, at, who } = row;
        const { id, recorded, rederived } = found;
        options.onDifference({ seq, at, ...(who === undefined ? {} : { who }), id, recorded, rederived });
      }
    }
  };

  while (counted.rows < limit) {
    signal.throwIfAborted();
    const page = await ledger.list(Math.min(PAGE, limit - counted.rows), before);
    const wanted = page.filter(({ at }) => at >= since);
    of ??= Math.min(page[0]?.seq ?? 0, limit);
    for (const row of wanted) count(row);
    options.onProgress(counted.rows, of);
    before = page.at(-1)?.seq;
    // Rows of several processes may stand a little out of order, never by a page.
    if (page.length === 0 || wanted.length === 0) break;
    await turn();
  }
  return { ...counted, unknown: [...unknown].map(([reason, decisions]) => ({ reason, decisions })) };
};
