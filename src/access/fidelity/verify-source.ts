import { setImmediate } from 'node:timers/promises';

import type { AskSource, Said } from '../../core/asked.ts';
import { documentId } from '../../core/document.ts';
import { AppError } from '../../core/errors.ts';
import type { Carried } from '../../core/policy.ts';
import type { Reading } from '../../store/reader.ts';
import { type Dice, diceOf } from './dice.ts';
import { drawPairs, type Pair, pairsIn } from './draw.ts';
import { type Fidelity, fidelityOf } from './fidelity.ts';
import { type Frame, frameOf, type FrameOptions, isAt } from './frame.ts';
import { type Asked, type Judging, type Ours, outcomeOf, oursOf, type SaidOf, saidOf } from './judge.ts';
import type { Person } from './people.ts';

/** Pairs that are decided about in one read of the index; then others may have the thread. */
const AT_ONCE = 50;
/** An index that is never still for this often is asked about later. */
const FRAMES = 3;
/** A source that answered nothing by then is asked no more. */
const ERRORS_MAX = 20;

export interface VerifyOptions extends Omit<FrameOptions, 'dice' | 'now'> {
  readonly carried: Carried;
  readonly ask: AskSource;
  /** How many pairs. */
  readonly sample: number;
  readonly seed: string;
  /** How many are asked about at the same time. */
  readonly concurrent: number;
  /** ms since 1970. */
  readonly now: () => number;
  readonly onProgress: (done: number, of: number) => void;
}

/**
 * Asks a source about random people and documents, and compares that with our decisions as of one state of the index. What differs is
 * decided again and asked again, and only what differs twice is called a difference. Where `signal` aborts it says what it has.
 */
export const verifySource = async (options: VerifyOptions): Promise<Fidelity> => {
  const { reader, source, rules, signal, onProgress } = options;
  const judging: Judging = { source, rules, carried: options.carried, now: options.now() };
  const { frame, pairs } = await sampled(options, judging);
  const asked = new Map<Drawn, Asked>();
  let answers = 0;
  let errors = 0;
  const dead = (): boolean => answers === 0 && errors >= ERRORS_MAX;
  await atOnce(pairs, options.concurrent, async (pair) => {
    if (signal.aborted || dead()) return;
    const heard = await hear(pair, options);
    if (signal.aborted) return;
    if ('error' in heard) errors += 1;
    else answers += 1;
    const said = 'error' in heard ? undefined : reader.read((reading) => saidOf(reading, pair.person, heard.said, judging));
    asked.set(pair, { ...shown(pair, source), ...compared(pair.ours, said), ...('error' in heard ? heard : {}) });
    onProgress(asked.size, pairs.length);
  });
  const differing = [...asked].filter(([, { outcome }]) => outcome === 'widening' || outcome === 'narrowing');
  await atOnce(differing, options.concurrent, async ([pair, before]) => {
    const again = await askedAgain(pair, options);
    if (again) asked.set(pair, { ...again, stands: again.outcome === before.outcome });
  });
  const of = { ...frame.of, pairs: pairsIn(frame), several: frame.several };
  return fidelityOf({
    asked: pairs.flatMap((pair) => asked.get(pair) ?? []),
    drawn: { pairs: pairs.length, people: frame.people.length, cells: frame.cells.length },
    of,
    basis: frame.basis,
    seed: options.seed,
    source,
    now: options.now(),
    rules,
  });
};

interface Drawn extends Pick<Pair, 'weight'> {
  readonly key: string;
  readonly person: Person;
  readonly ours: Ours;
}

/** Draws and decides, all as of one state of the index. */
const sampled = async (
  options: VerifyOptions,
  judging: Judging,
): Promise<{ readonly frame: Frame; readonly pairs: readonly Drawn[] }> => {
  for (let left = FRAMES; left > 0; left--) {
    const dice = diceOf(options.seed);
    const frame = await frameOf({ ...options, dice, now: judging.now });
    const pairs = frame && (await decided(frame, options, { judging, dice }));
    if (frame && pairs) return { frame, pairs };
  }
  throw new AppError('unavailable', 'The index changes faster than a sample can be drawn. Try again when no sync runs.');
};

const decided = async (
  frame: Frame,
  { reader, sample, signal }: VerifyOptions,
  { judging, dice }: { readonly judging: Judging; readonly dice: Dice },
): Promise<readonly Drawn[] | undefined> => {
  const pairs = drawPairs(frame, sample, dice);
  const found: Drawn[] = [];
  for (let at = 0; at < pairs.length; at += AT_ONCE) {
    signal.throwIfAborted();
    await setImmediate();
    const some = pairs.slice(at, at + AT_ONCE);
    const same = reader.read((reading) => {
      if (!isAt(reading, frame.basis)) return false;
      for (const pair of some) found.push(...drawnAs(reading, frame, pair, judging));
      return true;
    });
    if (!same) return undefined;
  }
  return found;
};

const drawnAs = (
  reading: Reading,
  { people, cells }: Pick<Frame, 'people' | 'cells'>,
  { person: who, cell, nth, weight }: Pair,
  judging: Judging,
): Drawn[] => {
  const [person, of] = [people[who], cells[cell]];
  const key = of && reading.sampled.keyIn(judging.source, of, nth);
  return person && key !== undefined ? [{ key, person, weight, ours: oursOf(reading, person, key, judging) }] : [];
};

const hear = async (
  { key, person }: Drawn,
  { ask, signal }: Pick<VerifyOptions, 'ask' | 'signal'>,
): Promise<{ readonly said: Said } | { readonly error: unknown }> => {
  try {
    return { said: await ask(key, person.as, signal) };
  } catch (error) {
    return { error };
  }
};

const shown = ({ key, person, weight, ours }: Drawn, source: string): Asked => ({
  id: documentId(source, key),
  person,
  weight,
  ours,
});

const compared = (ours: Ours, said: SaidOf | undefined): Pick<Asked, 'said' | 'outcome'> =>
  said === undefined ? {} : { said, outcome: outcomeOf(ours, said) };

/** The same pair by the index and the source of now; undefined where there is no time for that. */
const askedAgain = async (pair: Drawn, options: VerifyOptions): Promise<Asked | undefined> => {
  const { reader, source, rules, carried, signal, linksDue } = options;
  if (signal.aborted) return undefined;
  const heard = await hear(pair, options);
  if (signal.aborted) return undefined;
  const person = { ...pair.person, due: await linksDue(pair.person.identity) };
  const judging: Judging = { source, rules, carried, now: options.now() };
  return reader.read((reading) => {
    const ours = oursOf(reading, person, pair.key, judging);
    const said = 'error' in heard ? undefined : saidOf(reading, person, heard.said, judging);
    return { ...shown({ ...pair, person, ours }, source), ...compared(ours, said), ...('error' in heard ? heard : {}) };
  });
};

/** Does something for each of them, so many at the same time. */
const atOnce = async <T>(all: readonly T[], most: number, act: (one: T) => Promise<void>): Promise<void> => {
  const waiting = all.values();
  const worker = async (): Promise<void> => {
    for (const one of waiting) await act(one);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, worker));
};
