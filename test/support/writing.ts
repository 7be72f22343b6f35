import type { AskPerson, Confirmable, Made, ProposeRequest } from '../../src/core/proposal.ts';
import type { Caller } from '../../src/core/caller.ts';
import type { Writes } from '../../src/writes/writes.ts';
import type { AWritingPlace } from './a-writing-place.ts';

/** Of somebody who waits. */
export const SIGNAL = new AbortController().signal;

/** What a person at their desk does, through one process. */
export interface AHand {
  propose(request?: Partial<ProposeRequest>): Promise<Confirmable>;
  commit(confirmation: string, ask?: AskPerson): Promise<Made>;
}

/** Edits the note `plan` unless it is asked for something else. */
export const aHand = (place: AWritingPlace, writes: Writes, caller: Caller): AHand => ({
  propose: async (request = {}) => {
    const asked = { action: 'board.edit', target: 'board:plan', input: { text: 'We move in autumn.' }, ...request };
    const proposed = await writes.propose(caller, place.view(caller), asked, SIGNAL);
    if ('missing' in proposed) throw new Error(`${asked.target} is ${proposed.missing}`);
    return proposed;
  },
  commit: (confirmation, ask) => writes.commit(caller, place.view(caller), confirmation, ask, SIGNAL),
});
