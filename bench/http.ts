import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { diceOf } from '../test/property/dice.ts';
import type { Load, Loaded } from './http-generator.ts';
import { answerOverStdio, bareStart } from './cold-start.ts';
import { groupCommits } from './group-commits.ts';
import { largePlace, PEOPLE, SEES_ALL } from './large-place.ts';
import { serveLarge } from './large-server.ts';
import { wordOf } from './made-up-text.ts';
import { percentile, table } from './table.ts';

/**
 * The whole of an authenticated `search` over HTTP at 100,000 chunks: token, view, ranking with the embedded model, audit row on
 * disk, answer. `npm run bench -- http`; with a folder behind it, the large index is kept there for the next run.
 */
const CLOSED_SECONDS = 15;
const OPEN_SECONDS = 40;
/** Enough to keep every thread busy, and few enough that none waits long. */
const AT_ONCE = 8;
const STARTS = 5;

const [kept] = process.argv.slice(2);
const folder = kept ?? mkdtempSync(join(tmpdir(), 'castellan-bench-'));
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

const dice = diceOf(5);
const queries = Array.from({ length: 200 }, () =>
  [wordOf(20 + dice.roll(80)), wordOf(50 + dice.roll(500)), wordOf(500 + dice.roll(5000))].join(' '),
);
/** As many of the most frequent words as a query may hold. */
const WORST = Array.from({ length: 150 }, (_, at) => wordOf(at)).join(' ');

/** A generator in a process of its own. */
const generate = async (load: Load): Promise<Loaded> => {
  const child = fork(fileURLToPath(new URL('http-generator.ts', import.meta.url)));
  const done = Promise.withResolvers<Loaded>();
  child.once('message', (loaded: Loaded) => done.resolve(loaded));
  child.once('exit', () => done.reject(new Error('the generator died')));
  child.send(load);
  return done.promise;
};

const ms = (values: readonly number[], share: number): string => percentile(values, share).toFixed(0);
const refusals = ({ refused }: Loaded): string =>
  Object.entries(refused)
    .map(([why, times]) => `${times} × ${why}`)
    .join(', ') || 'none';

const cpuHead = ['load', 'calls/s', 'p50 ms', 'p95 ms', 'p99 ms', 'generator CPU', 'loop delay p99 ms', 'refused'];
const row = (name: string, loaded: Loaded, delay: number): string[] => [
  name,
  (loaded.latencies.length / loaded.seconds).toFixed(1),
  ...[0.5, 0.95, 0.99].map((share) => ms(loaded.latencies, share)),
  loaded.cpu.toFixed(2),
  delay.toFixed(1),
  refusals(loaded),
];

try {
  mkdirSync(folder, { recursive: true });
  const place = await largePlace(folder, tell);

  tell('cold starts');
  const starts: number[] = [];
  const bare: number[] = [];
  for (let at = 0; at < STARTS; at++) {
    starts.push(await answerOverStdio(place, PEOPLE[at] ?? SEES_ALL, queries[at] ?? ''));
    bare.push(await bareStart());
  }
  const [first, node] = [percentile(starts, 0.5), percentile(bare, 0.5)];
  print(
    `stdio, from start to the first answer: median ${first.toFixed(0)} ms of ${STARTS}; a bare Node ${node.toFixed(0)} ms; ratio ${(first / node).toFixed(1)}`,
  );

  const server = await serveLarge(place);
  try {
    const tokens = await server.tokens(PEOPLE);
    const base = { url: server.url, tokens, queries };
    const rows: string[][] = [];
    const loadedBy = async (name: string, load: Load): Promise<Loaded> => {
      tell(name);
      await server.delay();
      const loaded = await generate(load);
      rows.push(row(name, loaded, await server.delay()));
      return loaded;
    };
    print(`resident memory after start: ${await server.memory()} MB`);
    await loadedBy('first, every visibility new', { ...base, seconds: CLOSED_SECONDS, atOnce: AT_ONCE });
    const most = await loadedBy(`closed loop, ${AT_ONCE} at once`, { ...base, seconds: CLOSED_SECONDS, atOnce: AT_ONCE });
    const capacity = most.latencies.length / most.seconds;
    await loadedBy('open loop, half of that', { ...base, seconds: OPEN_SECONDS, perSecond: capacity / 2 });

    const quiet = await loadedBy('open loop, a quarter', { ...base, seconds: OPEN_SECONDS, perSecond: capacity / 4 });
    const worst: Load = { ...base, tokens: await server.tokens([SEES_ALL]), queries: [WORST], seconds: OPEN_SECONDS, atOnce: 4 };
    tell('the same beside one caller who sends the worst query there is');
    const [beside, culprit] = await Promise.all([
      loadedBy('the same, beside the worst caller', { ...base, seconds: OPEN_SECONDS, perSecond: capacity / 4 }),
      generate(worst),
    ]);
    print(`100,000 chunks; 200 callers, each sees a tenth; ten documents asked for\n${table(cpuHead, rows)}`);
    const ratio = percentile(beside.latencies, 0.99) / percentile(quiet.latencies, 0.99);
    print(
      `the worst query took p50 ${ms(culprit.latencies, 0.5)} ms (refused: ${refusals(culprit)}); others' p99 grew ${ratio.toFixed(1)} times`,
    );
    print(`resident memory after all of it: ${await server.memory()} MB`);
  } finally {
    await server.close();
  }
  print(await groupCommits(folder));
} finally {
  if (kept === undefined) rmSync(folder, { recursive: true, force: true });
}
