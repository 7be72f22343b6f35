import { AppError } from '../core/errors.ts';
import { openThread, type Thread, type ThreadOptions } from './thread.ts';
import { type Asking, createTurns, type Turn } from './turns.ts';

/** Several threads of one kind, shared fairly by all who ask. */
export interface Pool<Question, Answer> {
  ask(question: Question, asking: Asking): Promise<Answer>;
  close(): Promise<void>;
}

export interface PoolOptions<Given> extends ThreadOptions<Given> {
  /** How many threads. */
  readonly size: number;
}

/**
 * Opens threads as they are needed. One caller occupies at most half of them, and where there are two or more never all;
 * those who wait take turns. A thread that died or was given up is replaced: only the question it had fails.
 */
export const openPool = <Question, Answer, Given>(options: PoolOptions<Given>): Pool<Question, Answer> => {
  const { size, deadlineMs } = options;
  const seats = Array.from({ length: size }, (): Seat<Question, Answer> => ({ thread: openThread(options) }));
  const shareOfOne = Math.max(1, Math.min(Math.ceil(size / 2), size - 1));
  let closed = false;

  const mayBeServed = (caller: string): boolean => seats.filter(({ serves }) => serves === caller).length < shareOfOne;

  const next = (): void => {
    for (;;) {
      const free = seats.filter(({ serves }) => serves === undefined);
      const turn = free.length > 0 ? turns.take(mayBeServed) : undefined;
      if (!turn) return;
      const seat = free.find(({ served }) => served === turn.caller) ?? free[0]; // what it remembers of them is there
      if (seat) void serve(seat, turn);
    }
  };

  /** A seat is free again when its thread is, even if the one who asked has gone before. */
  const serve = async (seat: Seat<Question, Answer>, turn: Turn<Question, Answer>): Promise<void> => {
    seat.serves = turn.caller;
    try {
      turn.resolve(await seat.thread.ask(turn.question, NEVER, turn.timeLeft()));
    } catch (error) {
      turn.reject(error);
    }
    seat.serves = undefined;
    seat.served = turn.caller;
    next();
  };

  const turns = createTurns<Question, Answer>({ deadlineMs, onWaiting: next });
  return {
    ask: async (question, asking) => {
      if (closed) throw stopping();
      return turns.ask(question, asking);
    },
    close: async () => {
      closed = true;
      for (let turn = turns.take(); turn; turn = turns.take()) turn.reject(stopping());
      await Promise.all(seats.map(({ thread }) => thread.close()));
    },
  };
};

interface Seat<Question, Answer> {
  readonly thread: Thread<Question, Answer>;
  /** Whose question it has. */
  serves?: string | undefined;
  /** Whose it had last. */
  served?: string;
}

/** A question that runs cannot be called back, only its answer thrown away. */
const NEVER = new AbortController().signal;

const stopping = (): AppError => new AppError('unavailable', 'Castellan is shutting down.');
