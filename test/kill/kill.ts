import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { castellan } from '../support/a-command.ts';
import { diceOf } from '../property/dice.ts';
import { by, type Hurt, run } from './command.ts';
import { differences, dump } from './dump.ts';
import { copyOf, type Place } from './place.ts';
import { readingsOfCopy, widened } from './readings.ts';
import type { Course, States, What } from './states.ts';

export interface Round {
  readonly seed: number;
  readonly what: What;
  /** Kill the resume as well, before it may end. */
  readonly twice?: boolean;
  /** Die among the last statements only: where the model is in use, that is while vectors are stored. */
  readonly late?: boolean;
  /** Die first at this statement, in the words of killed-process.ts, instead of one that the dice choose. */
  readonly at?: string;
}

/** Where a process died: before which of its statements, and whether inside a transaction. */
interface Death {
  readonly statement: number | string;
  readonly inside: boolean;
}

export interface Outcome {
  readonly round: Round;
  readonly deaths: readonly Death[];
  /** Nothing, when a kill and a resume equal no kill. */
  readonly faults: readonly string[];
}

/** Of a first sync with the model, the vectors are about so small a part. */
const LATE = 1 / 30;
/** A resume says at least so many statements, however little is left. */
const RESUME = 300;

/** Kills a command at a statement that the dice choose, looks at what is left, resumes, and compares with an undisturbed course. */
export const killRound = async (states: States, round: Round): Promise<Outcome> => {
  const course = states.of(round.what);
  const dice = diceOf(round.seed);
  const span = round.late ? Math.ceil(course.statements * LATE) : course.statements;
  const at: number | string = round.at ?? course.statements - dice.roll(span);
  const { place, killed, death } = await kill(states, course, at);
  const deaths = [death];
  const faults = [...(await remains(place, course, killed))];
  if (round.twice) {
    const left = typeof death.statement === 'number' ? course.statements - death.statement : 0;
    const again = 1 + dice.roll(Math.max(RESUME, left));
    const second = await run(place, by('killed-process.ts', String(again)), course.words);
    if (second.signal === 'SIGKILL') deaths.push(deathOf(again, second));
    faults.push(...(await remains(place, course, second)));
  }
  faults.push(...(await resumed(place, course)));
  await rm(place.folder, { recursive: true, force: true });
  return { round, deaths, faults };
};

interface Killed {
  readonly place: Place;
  readonly killed: Hurt;
  readonly death: Death;
}

/** How many statements there are depends a little on the clock, so one that was not reached is chosen anew, nearer. */
const kill = async (states: States, course: Course, statement: number | string): Promise<Killed> => {
  const { start, words } = course;
  const place = await copyOf(start, await states.folder());
  const killed = await run(place, by('killed-process.ts', String(statement)), words);
  if (killed.signal === 'SIGKILL') return { place, killed, death: deathOf(statement, killed) };
  await rm(place.folder, { recursive: true, force: true });
  if (killed.code !== 0 || typeof statement === 'string' || statement === 1) {
    throw new Error(`it was not killed at ${statement}: ${killed.stdout}${killed.stderr}`);
  }
  return kill(states, course, Math.floor(statement * 0.9));
};

const deathOf = (statement: number | string, { told }: Hurt): Death => ({ statement, inside: told.startsWith('inside') });

/** What must hold of what a kill left, before anything is mended. */
const remains = async (place: Place, { before, after, words }: Course, killed: Hurt): Promise<readonly string[]> => {
  const read = await readingsOfCopy(place).catch((error: unknown) => `the index cannot be read: ${String(error)}`);
  if (typeof read === 'string') return [read];
  const answered = words[0] === 'search' && killed.stdout !== '';
  return [...widened(read, before, after).map((fault) => `after the kill, ${fault}`), ...(await chain(place, answered ? 1 : 0))];
};

/** Runs the command to its end, and holds what came of it against what comes of it in peace. */
const resumed = async (place: Place, { words, end }: Course): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await castellan([...words, '--json', '--config', place.config, '--data', place.data]);
  if (code !== 0) return [`the resume ended with ${code}: ${stdout}${stderr}`];
  const isSearch = words[0] === 'search';
  return [
    ...differences(end.dump, dump(place.index)),
    ...(isSearch && answerOf(stdout) !== answerOf(end.output) ? [`the answer is another one: ${stdout}`] : []),
    ...(await chain(place, isSearch ? 1 : 0)),
  ];
};

const verifiedSchema = z.looseObject({ state: z.string(), rows: z.number(), anchored: z.number().optional() });

/** The audit holds, alone and against its anchors, and has a row for every answer that left. */
const chain = async ({ config, data }: Place, rows: number): Promise<readonly string[]> => {
  if (!existsSync(join(data, 'ledger.db'))) return rows === 0 ? [] : ['an answer left without any audit'];
  const anchor = join(data, 'anchor.jsonl');
  const against = existsSync(anchor) ? ['--anchor', anchor] : [];
  const { code, stdout, stderr } = await castellan(['audit', 'verify', ...against, '--json', '--config', config, '--data', data]);
  if (code !== 0) return [`the audit does not hold: ${stdout}${stderr}`];
  const verified = verifiedSchema.parse(JSON.parse(stdout));
  return [
    ...(verified.rows < rows ? [`an answer left and the audit has ${verified.rows} rows`] : []),
    ...(against.length > 0 && verified.state !== 'proven' ? [`the anchor proves nothing: ${stdout}`] : []),
  ];
};

/** Without the cursor, which never reads the same twice. */
const answerOf = (json: string): string => JSON.stringify({ ...JSON.parse(json), next_cursor: undefined });
