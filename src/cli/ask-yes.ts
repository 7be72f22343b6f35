import { AppError } from '../core/errors.ts';
import { type Channel, look } from './terminal.ts';
import { dropTyped, type Typed, typedLine } from './typed-line.ts';

/** Asks the person at the terminal for a yes. */
export interface Asker {
  /** Undefined: nobody answers any more. Whatever is no yes is a no. */
  yes(question: string): Promise<boolean | undefined>;
  close(): void;
}

/** So long nothing may have come before a question is asked, in ms, and so often that is waited for. */
const QUIET_MS = 100;
const QUIET_TRIES = 20;

/** Whether a person sees what is asked, and can answer. */
export const isAtTerminal = (stdin: Typed, err: Channel): boolean => stdin.isTTY === true && err.columns !== undefined;

/** Takes one line for each question. Only what is typed once it stands there answers it. */
export const openAsker = (stdin: Typed, err: Channel, signal: AbortSignal): Asker => {
  if (!isAtTerminal(stdin, err)) {
    throw new AppError(
      'invalid_input',
      'This is asked for and answered at a terminal, and stdin or stderr is none. Run it at one.',
    );
  }
  let listened = false;

  /** In raw mode, so that what was typed and not yet ended by a return is dropped too. */
  const answered = async (question: string): Promise<string | undefined> => {
    listened = true;
    stdin.setRawMode?.(true);
    stdin.resume();
    try {
      if (!(await dropTyped(stdin, { signal, quietMs: QUIET_MS, tries: QUIET_TRIES }))) return undefined;
      err.status([`${question} `]);
      return await typedLine(stdin, { signal, shows: (line) => err.status([`${question} ${line}`]) });
    } finally {
      err.status(undefined);
      stdin.setRawMode?.(false);
      stdin.pause();
    }
  };

  return {
    yes: async (question) => {
      const answer = await answered(question);
      err.line(`${question} `, answer?.trim() ?? '');
      if (answer === undefined) err.line(look('dim', 'Nobody answers.'));
      return answer === undefined ? undefined : /^\s*y(?:es)?\s*$/iu.test(answer);
    },
    close: () => void (listened && stdin.destroy()), // to listen on would keep the process
  };
};
