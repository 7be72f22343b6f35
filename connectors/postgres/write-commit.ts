import { setTimeout } from 'node:timers/promises';

import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Committing, Intent, Receipt, Settled } from '../../src/core/write.ts';
import { asked, sqlState } from './api.ts';
import type { Settings } from './settings.ts';
import { serverOf } from './slot.ts';
import { type Asker, askedAs, notTheirs, unlessRefused } from './write-person.ts';

/** How long a transaction whose end was not heard is waited for, and how often it is asked about, in ms. */
const SETTLE = 5_000;
const LOOK = 100;
const NOTE_MAX = 1_000;

/** What is kept before COMMIT: which transaction of which server it is, and what it makes. */
const noteSchema = z.strictObject({
  xid: z.string(),
  system: z.string(),
  timeline: z.string(),
  key: z.string().exactOptional(),
  after: z.string().exactOptional(),
  /** What was in the columns before, where there is room for it. */
  was: z.record(z.string(), z.string().nullable()).exactOptional(),
});
type Note = z.infer<typeof noteSchema>;

/** What a write makes, told before it is committed. */
interface Made {
  readonly receipt: Receipt;
  /** The least that `settle` cannot know otherwise, and what it had better know. */
  readonly note: Pick<Note, 'key' | 'after'>;
  readonly was?: Readonly<Record<string, string | null>>;
}

interface Commit {
  readonly name: string;
  readonly as: Account;
  readonly committing: Committing;
}

const xidSchema = z.object({ xid: z.string() });

/** Writes in one transaction, as a person. What it is called is kept before it is committed. */
export const committed = (
  run: Run<Settings, never>,
  { name, as, committing }: Commit,
  work: (asker: Asker) => Promise<Made>,
): Promise<Receipt> =>
  unlessRefused(async () => {
    const receipt = await askedAs(run, { name, as, writes: true }, async (asker) => {
      const { session } = asker;
      await session.run(
        `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`, // or a crash could lose it
      );
      const made = await work(asker);
      await asker.asOurselves();
      const { system, timeline } = await serverOf(session, run.source);
      const [row] = await session.rows(xidSchema, 'SELECT pg_current_xact_id()::text AS xid');
      run.signal.throwIfAborted();
      await committing.keep(noteFor({ xid: row?.xid ?? '', system, timeline, ...made.note }, made.was));
      run.signal.throwIfAborted();
      await asker.asPerson(); // what is put off until COMMIT runs as whoever commits, before PostgreSQL 18
      await asker.commit();
      return made.receipt;
    });
    if (!receipt) throw notTheirs();
    return receipt;
  });

const noteFor = (note: Note, was: Made['was']): string => {
  const whole = JSON.stringify({ ...note, ...(was && { was }) });
  const kept = whole.length <= NOTE_MAX ? whole : JSON.stringify(note);
  if (kept.length <= NOTE_MAX) return kept;
  throw new AppError('too_large', 'The key of this row is too long for it to be written. Nothing was written.');
};

const statusSchema = z.object({ status: z.string().nullable() });

/** How the transaction of a write ended, by what the server that ran it remembers. */
export const settledBy = async (
  run: Run<Settings, never>,
  { kept }: Intent,
  receiptOf: (note: Note) => Receipt,
): Promise<Settled> => {
  if (kept === undefined) return 'absent'; // nothing is committed before it is kept
  const note = noteSchema.parse(JSON.parse(kept));
  return asked(run, async (session) => {
    const { system, timeline } = await serverOf(session, run.source);
    if (system !== note.system || timeline !== note.timeline) return 'uncertain'; // another server may not have heard of it
    for (let waited = 0; ; waited += LOOK) {
      const [row] = await session
        .rows(statusSchema, 'SELECT pg_xact_status($1::xid8) AS status', [note.xid])
        .catch((error: unknown) => {
          if (sqlState(error) === '22023') return []; // it is at an earlier state than when it was written
          throw error;
        });
      if (row?.status === 'committed') return receiptOf(note);
      if (row?.status === 'aborted') return 'absent';
      if (row?.status !== 'in progress' || waited >= SETTLE) return 'uncertain';
      await setTimeout(LOOK, undefined, { signal: run.signal });
    }
  });
};
