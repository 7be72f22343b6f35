import { linesOf } from '../core/proposal-lines.ts';
import type { Proposal } from '../core/proposal.ts';
import type { Asker } from './ask-yes.ts';
import type { WritingPerson } from './asking.ts';
import { type Channel, look } from './terminal.ts';

/** Asks the person at the terminal about what a model would write, in the words of the proposal and none of the model's. */
export const writingPerson = (err: Channel, asker: Pick<Asker, 'yes'> | undefined): WritingPerson => ({
  ask: async (proposal) => {
    show(err, proposal);
    const yes = await asker?.yes('Write this? [y/N]');
    if (yes !== true) err.line(look('dim', asker ? 'Not written.' : 'Nobody is there to be asked. Not written.'));
    return yes;
  },
  tell: (why, proposal) => {
    if (proposal) show(err, proposal);
    else err.line('The model wants something written.');
    err.line(look('yellow', `Not written. ${why}`));
  },
});

const show = (err: Channel, proposal: Proposal): void => {
  err.line('The model wants this written:');
  for (const line of linesOf(proposal)) err.line('  ', line);
};
