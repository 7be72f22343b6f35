import { setImmediate as turn } from 'node:timers/promises';

import type { Audit, AuditEvent } from '../core/audit.ts';
import { AppError } from '../core/errors.ts';
import { appendAnchor } from '../store/anchor-file.ts';
import type { Ledger } from '../store/ledger.ts';

export interface AuditOptions {
  readonly ledger: Ledger;
  readonly anchor: {
    /** The file that the signed head of the chain is added to. */
    readonly path: string;
    /** After how many rows. */
    readonly every: number;
  };
  readonly now: () => number;
  /** Hears that an anchor could not be written: answers go on, and are proven only by the next one. */
  readonly warn: (message: string) => void;
  /** How long an answer waits for its row, in ms; 2,000 unless it is said. */
  readonly waitMs?: number;
}

/** The audit of a running server. */
export interface OpenAudit extends Audit {
  /** Waits for what is being recorded, and anchors the chain. Nothing can be recorded any more. The ledger stays open. */
  close(): Promise<void>;
}

/** Rows of one commit. */
const GROUP = 500;
/** More than this waiting means the disk cannot follow: then it is more honest to refuse than to let the queue grow. */
const WAITING_MAX = 5000;
/** An answer that waits longer for its row is refused, and its row stays where it was written all the same. */
const WAIT_MS = 2000;

interface Waiting {
  readonly event: AuditEvent;
  readonly done: PromiseWithResolvers<void>;
}

/** Records events on a ledger. What arrives while a commit runs goes into the next one, together. */
export const openAudit = ({ ledger, anchor, now, warn, waitMs = WAIT_MS }: AuditOptions): OpenAudit => {
  const waiting = new Set<Waiting>();
  const nextGroup = (): Waiting[] => {
    const group = [...waiting.values().take(GROUP)];
    for (const one of group) waiting.delete(one);
    return group;
  };
  let unanchored = 0;
  let writing: Promise<void> | undefined;
  let closed = false;

  const writeAnchor = async (): Promise<void> => {
    unanchored = 0; // even if it fails: the next attempt comes in its turn, so that a full disk does not warn at every call
    try {
      const line = await ledger.anchor(now());
      if (line !== undefined) await appendAnchor(anchor.path, line);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      warn(`The audit goes on, but its latest rows are not anchored. ${why}`);
    }
  };

  const write = async (): Promise<void> => {
    await turn(); // what arrives in the same turn of the loop shares a commit
    for (let group = nextGroup(); group.length > 0; group = nextGroup()) {
      unanchored += await commit(ledger, group);
      if (unanchored >= anchor.every) await writeAnchor();
    }
    writing = undefined;
  };

  return {
    record: async (event) => {
      if (closed || waiting.size >= WAITING_MAX) throw refusal(closed);
      const done = Promise.withResolvers<void>();
      const one: Waiting = { event, done };
      const timer = setTimeout(() => {
        waiting.delete(one);
        done.reject(late());
      }, waitMs);
      waiting.add(one);
      writing ??= write();
      try {
        await done.promise;
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      closed = true;
      await writing;
      if (unanchored > 0) await writeAnchor();
    },
  };
};

/** All of a group is written, or none of it is and none of its answers leaves. Gives how many rows there are more. */
const commit = async (ledger: Ledger, group: readonly Waiting[]): Promise<number> => {
  try {
    await ledger.append(group.map(({ event }) => event));
    for (const { done } of group) done.resolve();
    return group.length;
  } catch (error) {
    for (const { done } of group) done.reject(error);
    return 0;
  }
};

const late = (): AppError =>
  new AppError(
    'unavailable',
    `The audit was not written within ${WAIT_MS / 1000} s, so nothing was answered. Ask again in a moment.`,
  );

const refusal = (closed: boolean): AppError =>
  new AppError(
    'unavailable',
    closed ? 'Castellan is stopping. Ask again when it runs.' : 'The audit cannot keep up. Ask again in a moment.',
  );
