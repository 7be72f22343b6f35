import { z } from 'zod';

import { lsnOf } from './slot.ts';

/** What only the database decides is asked anew at most this often while changes come, in ms. */
const ASK_AGAIN = 60_000;

export const cursorSchema = z.strictObject({
  /** What was committed before it is stored. */
  lsn: z.string(),
  system: z.string(),
  timeline: z.string(),
  /** Of the settings and of how the tables are made: with others, what is stored is not what would be. */
  settings: z.string(),
  people: z.string(),
  /** Whom they were, told or only begun to be: who is not among them any more has to be taken out. */
  accounts: z.array(z.string()),
  groups: z.array(z.string()),
  /** Of the tables whose rows' readers are asked for: who they were. */
  asked: z.record(z.string(), z.string()),
  /** When they were, ms since 1970. */
  askedAt: z.number(),
  /** All that was done before it they were asked after. Whoever takes a right away writes into the log too, though to no row. */
  askedLsn: z.string(),
});
/** Where a run left off. */
export type Cursor = z.infer<typeof cursorSchema>;

/** May the database be asked again who may see its rows? A clock that was set back says nothing of how long ago it was. */
export const isLate = ({ askedAt }: Pick<Cursor, 'askedAt'>, now: number): boolean => now - askedAt >= ASK_AGAIN || now < askedAt;

/** Was something done since readers were asked for, and is it time to ask again? Then no more has to be done for a run to be due. */
export const isUnasked = (cursor: Pick<Cursor, 'lsn' | 'askedAt' | 'askedLsn'>, now: number): boolean =>
  lsnOf(cursor.lsn) > lsnOf(cursor.askedLsn) && isLate(cursor, now);
