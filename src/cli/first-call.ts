import { setTimeout } from 'node:timers/promises';

import { AppError } from '../core/errors.ts';
import type { AuditRow } from '../store/ledger.ts';
import type { Trail } from './parts.ts';

/** Short enough to be noticed while one still looks at the client. */
const EVERY_MS = 250;
/** Rows that are looked back at: more than arrive between two looks at a server that is busy. */
const BACK_MAX = 1000;

/** The audit as it stands now, and what it says of the first call after that. */
export interface Watch {
  /** Undefined where `signal` aborted before there was one. */
  next(signal: AbortSignal): Promise<AuditRow | undefined>;
  close(): Promise<void>;
}

/** Remembers where the audit stands. There may be none yet: nobody has asked anything. */
export const watchAudit = async (open: () => Promise<Trail>): Promise<Watch> => {
  let trail = await opened(open);
  const [last] = (await trail?.list(1)) ?? [];
  const seen = last?.seq ?? 0;
  return {
    next: async (signal) => {
      while (!signal.aborted) {
        trail ??= await opened(open);
        const row = (await trail?.list(BACK_MAX))?.findLast((one) => one.seq > seen && isOfClient(one));
        if (row) return row;
        await setTimeout(EVERY_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
      }
      return undefined;
    },
    close: async () => trail?.close(),
  };
};

/** What the owner asks here is no call of a client: the token it wants is issued while one waits. Nor are strangers whom nobody knew. */
const isOfClient = ({ client, actor, who }: AuditRow): boolean => !(client === 'cli' && actor !== undefined) && who !== 'nobody';

const opened = async (open: () => Promise<Trail>): Promise<Trail | undefined> => {
  try {
    return await open();
  } catch (error) {
    if (error instanceof AppError && error.code === 'config') return undefined; // there is no audit yet
    throw error;
  }
};
