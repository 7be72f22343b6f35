import { z } from 'zod';

import type { WritingPerson } from './cli/asking.ts';
import { type Caller, identityName } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import type { AskedOf, Word } from './openai/told.ts';
import type { Pending, Writes } from './writes/writes.ts';

/** What a commit is asked with. Whatever else stands there is the model's, and is heeded by nobody. */
const commitSchema = z.strictObject({ confirmation: z.string() });

export interface ApprovingOptions {
  readonly person: WritingPerson;
  readonly writes: Pick<Writes, 'confirmed' | 'decide'>;
  readonly callerOf: () => Promise<Caller>;
  /** Asks about every other call; absent: the answer is no. */
  readonly approve: ((call: AskedOf) => Promise<Word>) | undefined;
}

/**
 * Asks the person before anything is written: about the proposal as it was kept, which the confirmation of the call names, and never
 * about what the model says of it. Their yes is their decision, as at the prompt of `castellan write`.
 */
export const approving =
  ({ person, writes, callerOf, approve }: ApprovingOptions) =>
  async (call: AskedOf): Promise<Word> => {
    if (call.tool !== 'commit_write') return (await approve?.(call)) ?? false;
    try {
      const given = commitSchema.safeParse(call.input);
      if (!given.success) throw new AppError('invalid_input', 'commit_write takes a confirmation, and nothing besides.');
      const caller = await callerOf();
      return await askedAbout(await writes.confirmed(caller, given.data.confirmation), caller, { person, writes });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      person.tell(error.message);
      return { no: error.message };
    }
  };

const askedAbout = async (
  proposal: Pending,
  { identity }: Caller,
  { person, writes }: Pick<ApprovingOptions, 'person' | 'writes'>,
): Promise<Word> => {
  const { id, state, needs } = proposal;
  if (state === 'declined') throw new AppError('forbidden', 'Somebody said no to this. Propose something else.');
  if (state === 'expired') throw new AppError('expired', 'This proposal has expired. Propose it again.');
  if (state !== 'proposed' && state !== 'approved') return true; // it was made, and the call only tells what became of it
  if (needs === 'approve' && state !== 'approved') {
    const why =
      'Somebody else than who proposed this must approve it first, as the owner of the data folder: ' +
      `castellan approve ${id}. Then call commit_write again.`;
    person.tell(why, proposal);
    return { no: why };
  }
  const yes = await person.ask(proposal);
  if (yes === undefined) return { no: 'Nobody is there to be asked. Nothing was written, and nothing will be in this run.' };
  if (state === 'proposed') await decided(id, { yes, through: 'elicitation', by: identityName(identity) }, writes);
  return yes || { no: 'The person said no to this. It was not written. Do not propose it again.' };
};

/** Somebody else may have been faster: then theirs counts, and the commit says so. */
const decided = async (id: string, decision: Parameters<Writes['decide']>[1], writes: Pick<Writes, 'decide'>): Promise<void> => {
  try {
    await writes.decide(id, decision);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
  }
};
