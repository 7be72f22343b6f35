import { AppError } from '../core/errors.ts';
import type { AskedOf } from '../openai/told.ts';
import { type Channel, look } from './terminal.ts';
import { dropTyped, type Typed, typedLine } from './typed-line.ts';

export interface Approver {
  /** No, unless the person says yes; and no once nobody answers any more. */
  approve(call: AskedOf): Promise<boolean>;
  close(): void;
}

/** A call that is longer is read by nobody, in characters as it is shown. */
const SHOWN_MAX = 4000;
/** So long nothing may have come before a question is asked, in ms, and so often that is waited for. */
const QUIET_MS = 100;
const QUIET_TRIES = 20;

/** Whether a person sees what is asked, and can answer. */
export const isAtTerminal = (stdin: Typed, err: Channel): boolean => stdin.isTTY === true && err.columns !== undefined;

/**
 * Asks the person at the terminal before a call is made: shows all of it, and takes one line. Only what is typed once the question
 * stands there answers it. Throws `invalid_input` where no person can see the question or answer it.
 */
export const openApprover = (stdin: Typed, err: Channel, signal: AbortSignal): Approver => {
  if (!isAtTerminal(stdin, err)) {
    throw new AppError(
      'invalid_input',
      'Approvals are asked for and given at a terminal, and stdin or stderr is none. Run it at one, or leave out --approve.',
    );
  }
  let listened = false;

  /** In raw mode, so that what was typed and not yet ended by a return is dropped too. */
  const answered = async (question: () => void): Promise<string | undefined> => {
    listened = true;
    stdin.setRawMode?.(true);
    stdin.resume();
    try {
      if (!(await dropTyped(stdin, { signal, quietMs: QUIET_MS, tries: QUIET_TRIES }))) return undefined;
      question();
      return await typedLine(stdin, { signal, shows: (line) => err.status([`${QUESTION} ${line}`]) });
    } finally {
      err.status(undefined);
      stdin.setRawMode?.(false);
      stdin.pause();
    }
  };

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
      const answer = await answered(() => err.status([`${QUESTION} `]));
      const yes = answer !== undefined && /^\s*y(?:es)?\s*$/iu.test(answer);
      err.line(`${QUESTION} `, answer?.trim() ?? '');
      if (!yes) err.line(look('dim', answer === undefined ? 'Nobody answers: not made.' : 'Not made.'));
      return yes;
    },
    close: () => void (listened && stdin.destroy()), // to listen on would keep the process
  };
};

/** What a server reads and a terminal shows as nothing is shown by its number, as JSON writes it. */
const visible = (text: string): string =>
  text.replaceAll(UNSEEN, (unseen) =>
    Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

const QUESTION = 'Make this call? [y/N]';
