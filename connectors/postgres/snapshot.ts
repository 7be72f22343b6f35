import { setTimeout } from 'node:timers/promises';

import { escapeLiteral } from 'pg';
import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import type { Session } from './api.ts';
import type { Touched } from './stream.ts';

/** How long commits of the log may take to become visible, in ms, and how often that is looked at. */
const VISIBLE = 10_000;
const LOOK = 25;

/**
 * One snapshot for everything this run says, not older than what the log said. `snapshot`: that of a slot that was made now, for
 * what waits for replicas comes neither by the slot nor to whoever only looks afterwards. Gives whether it holds all that the log held before:
 * of what is still running nobody can say whether its commit is in the log already.
 */
export const beginSeeing = async (
  session: Session,
  { touched, snapshot }: { readonly touched?: Touched | undefined; readonly snapshot?: string | undefined },
): Promise<boolean> => {
  const settled = !(await isWriting(session));
  for (let waited = 0; ; waited += LOOK) {
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (snapshot !== undefined) await session.run(`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot)}`);
    if (!touched || (await seesAll(session, touched.transactions))) return settled;
    await session.run('ROLLBACK');
    if (waited >= VISIBLE) {
      throw new AppError(
        'source_unavailable',
        `A transaction is committed and not visible for ${VISIBLE / 1000} s: a replica may be late. It is read by the next run.`,
      );
    }
    await setTimeout(LOOK);
  }
};

const writingRow = z.object({ writing: z.string() });

/** Does any transaction write? Each holds a lock on itself, until others see what it did. */
const isWriting = async (session: Session): Promise<boolean> => {
  const [row] = await session.rows(
    writingRow,
    `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock')::text AS writing`,
  );
  return row?.writing !== 'false';
};

const snapshotRow = z.object({ xmax: z.string(), running: z.string() });

/**
 * Whether the snapshot of this transaction holds all these. What is in the log may not be visible yet: a commit is written there
 * first, and waits for replicas in between. A row that is read too early would be passed over for good.
 */
const seesAll = async (session: Session, transactions: ReadonlySet<number>): Promise<boolean> => {
  if (transactions.size === 0) return true;
  const [snapshot] = await session.rows(
    snapshotRow,
    `SELECT pg_snapshot_xmax(s)::text AS xmax, array_to_string(ARRAY(SELECT pg_snapshot_xip(s)), ',') AS running
     FROM pg_current_snapshot() AS s`,
  );
  const xmax = BigInt(snapshot?.xmax ?? 0);
  const running = new Set((snapshot?.running ?? '').split(',').filter(Boolean));
  return [...transactions].every((transaction) => {
    const full = fullId(transaction, xmax);
    return full < xmax && !running.has(String(full));
  });
};

const WRAP = 1n << 32n;

/** The log counts transactions in 32 bits, a snapshot in 64: meant is the one nearest to the snapshot. */
const fullId = (transaction: number, xmax: bigint): bigint => {
  const near = (xmax & ~(WRAP - 1n)) | BigInt(transaction);
  if (near > xmax + WRAP / 2n) return near - WRAP;
  return near + WRAP / 2n < xmax ? near + WRAP : near;
};
