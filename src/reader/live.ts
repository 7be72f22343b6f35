import type { LiveNeed, LiveWord, ReadLive } from '../core/live.ts';
import { type Asking, createTurns, type Turn } from '../thread/turns.ts';

/** Asks sources about documents, for everybody. */
export interface Live {
  /** One word for each need, in their order; each is there within the deadline, and what did not come by then is refused. */
  read(needs: readonly LiveNeed[], asking: Asking): Promise<LiveWord[]>;
}

export interface LiveOptions {
  readonly read: ReadLive;
  /** ms since 1970. */
  readonly now: () => number;
  /** Of one document, its turn included. */
  readonly deadlineMs?: number;
}

/** Nobody waits longer for what a source says. */
const DEADLINE_MS = 2000;
/** Of one answer at the same time. */
const OF_ANSWER = 10;
/** Of one caller at the same time: they leave room for others. */
const OF_CALLER = 20;
/** Of the process at the same time. */
const OF_ALL = 40;
/** Reads that nobody waits for any more and that do not end either; with as many, a source is asked nothing until some do. */
const ABANDONED_MAX = 40;
/** Who asks as the same account joins a read that runs, unless it began so long ago that it may never end. */
const JOIN_MS = 1000;

/** Shares what sources can bear among all who ask, by turns. */
export const openLive = ({ read, now, deadlineMs = DEADLINE_MS }: LiveOptions): Live => {
  const running = new Map<string, number>(); // by answer and by caller; each holds what it has been given until it has its word
  const reads = new Map<string, Running>();
  const abandoned = new Map<string, number>();
  let answers = 0;
  let all = 0;

  const count = (name: string, by: 1 | -1): void => {
    const left = (running.get(name) ?? 0) + by;
    if (left === 0) running.delete(name);
    else running.set(name, left);
  };

  const mayBeServed = (answer: string): boolean =>
    all < OF_ALL && (running.get(answer) ?? 0) < OF_ANSWER && (running.get(callerOf(answer)) ?? 0) < OF_CALLER;

  const next = (): void => {
    for (let turn = turns.take(mayBeServed); turn; turn = turns.take(mayBeServed)) void serve(turn);
  };

  const serve = async (turn: Turn<Asked, LiveWord>): Promise<void> => {
    const names = [turn.caller, callerOf(turn.caller)];
    for (const name of names) count(name, 1);
    all += 1;
    turn.resolve(await heard(turn));
    for (const name of names) count(name, -1);
    all -= 1;
    next();
  };

  /** The word, or that there is none, as soon as nobody may wait for it any longer. */
  const heard = async (turn: Turn<Asked, LiveWord>): Promise<LiveWord> => {
    const { need, signal } = turn.question;
    const shared = joined(need);
    const refused: LiveWord = { id: need.id, at: now() };
    if (!shared) return refused;
    shared.waiting += 1;
    const { promise: late, resolve } = Promise.withResolvers<LiveWord>();
    const giveUp = (): void => resolve(refused);
    const timer = setTimeout(giveUp, turn.timeLeft());
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([shared.word, late]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.leave();
    }
  };

  const joined = (need: LiveNeed): Running | undefined => {
    const name = JSON.stringify([need.source, need.key, need.as?.id, need.known]);
    const known = reads.get(name);
    if (known && performance.now() - known.since < JOIN_MS) return known;
    if ((abandoned.get(need.source) ?? 0) >= ABANDONED_MAX) return undefined;
    const begun = begin(name, need);
    reads.set(name, begun);
    return begun;
  };

  const begin = (name: string, need: LiveNeed): Running => {
    const abort = new AbortController();
    let state: 'runs' | 'left' | 'ended' = 'runs';
    const abandon = (by: 1 | -1): void => void abandoned.set(need.source, (abandoned.get(need.source) ?? 0) + by);
    const ended = (): void => {
      if (state === 'left') abandon(-1);
      state = 'ended';
      if (reads.get(name) === shared) reads.delete(name);
    };
    const shared: Running = {
      since: performance.now(),
      waiting: 0,
      word: wordOf(read, need, abort.signal, now).finally(() => ended()),
      leave: () => {
        if (state !== 'runs') return;
        state = 'left';
        abandon(1);
        if (reads.get(name) === shared) reads.delete(name);
        abort.abort(new Error('nobody waits for it any more'));
      },
    };
    return shared;
  };

  const turns = createTurns<Asked, LiveWord>({ deadlineMs, onWaiting: next });
  return {
    read: async (needs, { caller, signal }) => {
      const answer = `${++answers} ${caller}`;
      const asked = needs.map(async (need): Promise<LiveWord> => {
        try {
          return await turns.ask({ need, signal }, { caller: answer, signal });
        } catch {
          return { id: need.id, at: now() }; // its turn did not come
        }
      });
      return Promise.all(asked);
    },
  };
};

interface Asked {
  readonly need: LiveNeed;
  readonly signal: AbortSignal;
}

interface Running {
  readonly since: number;
  waiting: number;
  readonly word: Promise<LiveWord>;
  /** Nobody waits any more. */
  leave(): void;
}

/** Never rejects: whatever goes wrong, the document is refused. */
const wordOf = async (read: ReadLive, need: LiveNeed, signal: AbortSignal, now: () => number): Promise<LiveWord> => {
  const at = now();
  try {
    const word = await read(need, signal);
    return word.id === need.id ? word : { id: need.id, at };
  } catch {
    return { id: need.id, at };
  }
};

const callerOf = (answer: string): string => answer.slice(answer.indexOf(' '));
