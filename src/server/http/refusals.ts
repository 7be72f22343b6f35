import type { Audit } from '../../core/audit.ts';

export interface RefusalsOptions {
  readonly audit: Audit;
  readonly now: () => number;
  readonly requestId: () => string;
  /** How often a row is written while there is something to tell. */
  readonly everyMs?: number;
}

/** Those whom nobody knew: they are counted, so that a flood of them leaves one row a minute and not millions. */
export interface Refusals {
  count(why: string): void;
  /** Writes what was counted. */
  close(): Promise<void>;
}

const EVERY_MS = 60_000;

/** Counts what was refused before a caller was known. */
export const openRefusals = ({ audit, now, requestId, everyMs = EVERY_MS }: RefusalsOptions): Refusals => {
  let refused = new Map<string, number>();
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  const begin = (): void => {
    since = now();
    timer = setTimeout(() => void write(), everyMs).unref();
  };

  const write = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (refused.size === 0) return;
    const [counted, from] = [refused, since];
    refused = new Map();
    try {
      await audit.record({
        at: now(),
        request: requestId(),
        who: 'nobody',
        client: 'http',
        tool: 'identify',
        arguments: { refused: Object.fromEntries(counted), since: new Date(from).toISOString() },
        documents: [],
        outcome: 'unauthenticated',
      });
    } catch {
      // No answer waits for this row, and what was counted is told with the next one.
      for (const [why, times] of counted) refused.set(why, (refused.get(why) ?? 0) + times);
      since = from;
      timer ??= setTimeout(() => void write(), everyMs).unref();
    }
  };

  return {
    count: (why) => {
      if (!timer) begin();
      refused.set(why, (refused.get(why) ?? 0) + 1);
    },
    close: async () => {
      await write();
      clearTimeout(timer);
    },
  };
};
