import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { pause } from './bell.ts';
import type { Place } from './parts.ts';

/** How long whoever asked first is served undisturbed, in ms. */
const START = 1_500;
/** How long a process that died is left alone, in ms; doubled with each further death, unless it lived for long. */
const AGAIN = 5_000;
const AGAIN_MOST = 300_000;
const LONG = 600_000;
/** How long it may take to end in good order, in ms. What is killed loses nothing it had committed. */
const END = 1_500;
/** A longer line is cut. */
const LINE_MAX = 2_000;

export interface FollowOptions {
  readonly place: Place;
  /** How to start this program. */
  readonly program: readonly [string, ...string[]];
  /** Hears what the process has to complain about. */
  readonly warn: (message: string) => void;
  /** ms since 1970. */
  readonly now: () => number;
  readonly start?: number;
}

/** What keeps the index up to date beside a server. */
export interface Follower {
  /** Ends it, and waits until it is gone. */
  close(): Promise<void>;
}

/**
 * Follows the sources of a place in a process of its own, so that what reads files nobody vouches for can take no server along,
 * and holds up no answer. That process ends with this one, however this one ends: its standard input does.
 */
export const follow = ({ place, program, warn, now, start = START }: FollowOptions): Follower => {
  const closing = new AbortController();
  const living = keep({ place, program, warn, now, start, signal: closing.signal });
  return {
    close: async () => {
      closing.abort();
      await living;
    },
  };
};

const keep = async ({ start, signal, ...options }: Required<FollowOptions> & { readonly signal: AbortSignal }): Promise<void> => {
  const { warn, now } = options;
  await pause(start, signal);
  for (let deaths = 0; !signal.aborted;) {
    const began = now();
    const how = await live(options, signal);
    if (signal.aborted || how === DONE) return;
    deaths = now() - began > LONG ? 1 : deaths + 1;
    if (deaths === 1) warn(`The sources are not followed now: the process that does it ended (${how}). It is started again.`);
    await pause(Math.min(AGAIN * 2 ** (deaths - 1), AGAIN_MOST), signal);
  }
};

/** It found nothing to follow. */
const DONE = '0';

/** One process from its beginning to its end, and how it ended. */
const live = async (
  { place, program, warn }: Pick<FollowOptions, 'place' | 'program' | 'warn'>,
  signal: AbortSignal,
): Promise<string> => {
  const [command, ...before] = program;
  const { config, data } = place;
  const argv = [...before, 'sync', '--watch', '--until-eof', '--json', '--config', config, '--data', data];
  const child = spawn(command, argv, { stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true });
  child.stdin.on('error', () => undefined); // it ended before we told it to
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => warn(messageOf(line).slice(0, LINE_MAX)));
  const end = (): void => void endIn(child, END);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const [code, killed] = z.tuple([z.number().nullable(), z.string().nullable()]).parse(await once(child, 'close'));
    return String(killed ?? code);
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // it could not be started
  } finally {
    signal.removeEventListener('abort', end);
    lines.close();
  }
};

const endIn = async (child: ChildProcess, ms: number): Promise<void> => {
  const ended = new AbortController();
  child.once('close', () => ended.abort());
  child.stdin?.end();
  await pause(ms, ended.signal);
  if (!ended.signal.aborted) child.kill('SIGKILL');
};

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** An error is said as JSON where JSON is asked for. */
const messageOf = (line: string): string => {
  if (!line.startsWith('{')) return line;
  try {
    return errorSchema.parse(JSON.parse(line)).error.message;
  } catch {
    return line;
  }
};
