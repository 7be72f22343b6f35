import { AppError } from '../core/errors.ts';

/** Who asks. */
export interface Asking {
  /** Whoever asks much under one name waits for their own questions only. */
  readonly caller: string;
  readonly signal: AbortSignal;
}

/** A question whose turn it is: whoever took it answers it. */
export interface Turn<Question, Answer> {
  readonly caller: string;
  readonly question: Question;
  /** Until its deadline, in ms. */
  timeLeft(): number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Questions that wait, by who asked: nobody waits behind all that one other has asked. */
export interface Turns<Question, Answer> {
  /** Waits for a turn and for its answer; with `unavailable` it rejects an abort, a deadline, and too many who wait. */
  ask(question: Question, asking: Asking): Promise<Answer>;
  /** The next question of those who may be served now, one of each caller in turn. */
  take(mayBeServed?: (caller: string) => boolean): Turn<Question, Answer> | undefined;
}

export interface TurnsOptions {
  /** From the question to its answer. */
  readonly deadlineMs: number;
  /** Called when there is one more who waits. */
  readonly onWaiting: () => void;
}

/** More questions than this are not answered before their deadline anyway. */
const WAITING_MAX = 2000;
/** Of one caller; not below what one may ask at once over HTTP. */
const WAITING_OF_ONE_MAX = 1000;

/** Opens an empty row. */
export const createTurns = <Question, Answer>({ deadlineMs, onWaiting }: TurnsOptions): Turns<Question, Answer> => {
  const rows = new Map<string, Set<Turn<Question, Answer>>>(); // in the order of their turns
  let size = 0;

  const drop = (turn: Turn<Question, Answer>): void => {
    const row = rows.get(turn.caller);
    if (!row?.delete(turn)) return;
    size -= 1;
    if (row.size === 0) rows.delete(turn.caller);
  };

  const add = (turn: Turn<Question, Answer>): void => {
    const row = rows.get(turn.caller) ?? new Set();
    if (size >= WAITING_MAX || row.size >= WAITING_OF_ONE_MAX) {
      throw new AppError('unavailable', 'Too many questions are waiting. Try again in a moment.');
    }
    rows.set(turn.caller, row.add(turn));
    size += 1;
  };

  return {
    ask: async (question, { caller, signal }) => {
      if (signal.aborted) throw cancelled(signal);
      const since = performance.now();
      const timeLeft = (): number => Math.max(1, deadlineMs - (performance.now() - since));
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const turn: Turn<Question, Answer> = { caller, question, timeLeft, resolve, reject };
      const leave = (error: AppError): void => {
        drop(turn);
        reject(error);
      };
      add(turn);
      const abort = (): void => leave(cancelled(signal));
      const late = setTimeout(() => leave(overdue(deadlineMs)), deadlineMs);
      signal.addEventListener('abort', abort, { once: true });
      onWaiting();
      try {
        return await promise;
      } finally {
        clearTimeout(late);
        signal.removeEventListener('abort', abort);
      }
    },
    take: (mayBeServed = () => true) => {
      for (const [caller, row] of rows) {
        const [turn] = row;
        if (!turn || !mayBeServed(caller)) continue;
        drop(turn);
        if (rows.delete(caller)) rows.set(caller, row); // behind all others
        return turn;
      }
      return undefined;
    },
  };
};

const overdue = (deadlineMs: number): AppError =>
  new AppError('unavailable', `This was not answered within ${deadlineMs / 1000} s. Try again, or ask for less.`);

const cancelled = ({ reason }: AbortSignal): AppError =>
  new AppError('unavailable', 'The request was cancelled before it was answered.', { cause: reason });
