import { AppError } from '../core/errors.ts';
import type { AskedOf } from '../openai/told.ts';
import { type Asker, isAtTerminal, openAsker } from './ask-yes.ts';
import { type Channel, look } from './terminal.ts';
import type { Typed } from './typed-line.ts';

export interface Approver extends Pick<Asker, 'yes'> {
  /** No, unless the person says yes; and no once nobody answers any more. */
  approve(call: AskedOf): Promise<boolean>;
  close(): void;
}

/** A call that is longer is read by nobody, in characters as it is shown. */
const SHOWN_MAX = 4000;

/**
 * Asks the person at the terminal before a call is made: shows all of it, and takes one line. Throws `invalid_input` where no person
 * can see the question or answer it.
 */
export const openApprover = (stdin: Typed, err: Channel, signal: AbortSignal): Approver => {
  if (!isAtTerminal(stdin, err)) {
    throw new AppError(
      'invalid_input',
      'Approvals are asked for and given at a terminal, and stdin or stderr is none. Run it at one, or leave out --approve.',
    );
  }
  const asker = openAsker(stdin, err, signal);
  return {
    approve: async ({ tool, input }) => {
      const shown = visible(JSON.stringify(input, null, 2));
      err.line('The model wants to call ', look('cyan', visible(tool)), ' with:');
      if (shown.length > SHOWN_MAX) {
        err.line(look('yellow', `${shown.length} characters, which nobody reads before they answer. Not made.`));
        return false;
      }
      for (const line of shown.split('\n')) err.line('  ', line);
      err.line('What it answers goes to the model.');
      const yes = await asker.yes('Make this call? [y/N]');
      if (yes !== true) err.line(look('dim', 'Not made.'));
      return yes === true;
    },
    yes: (question) => asker.yes(question),
    close: () => asker.close(),
  };
};

/** What a server reads and a terminal shows as nothing is shown by its number, as JSON writes it. */
const visible = (text: string): string =>
  text.replaceAll(UNSEEN, (unseen) =>
    Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;
