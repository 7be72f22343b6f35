/** One Ctrl-C can arrive twice: from the terminal, and handed down by the launcher. */
const SAME_KEYSTROKE_MS = 300;

export interface Interrupt {
  /** Aborts at the first request. */
  readonly signal: AbortSignal;
  /** Asks to stop: the first time in good order, the second time at once. */
  readonly request: () => void;
}

/** Turns requests to stop into an abort, and an impatient one into `quit`. */
export const createInterrupt = ({ now, quit }: { readonly now: () => number; readonly quit: () => void }): Interrupt => {
  const controller = new AbortController();
  let first: number | undefined;
  return {
    signal: controller.signal,
    request: () => {
      if (first === undefined) {
        first = now();
        controller.abort();
      } else if (now() - first > SAME_KEYSTROKE_MS) quit();
    },
  };
};
