import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { anEmbedder } from '../support/an-embedder.ts';
import { compareMovingTwins } from './moving-twins.ts';
import type { Difference } from './twin-answers.ts';
import { overHttp } from './over-http.ts';
import { onThePath } from './twin-answers.ts';
import { compareTwins } from './twins.ts';
import { type Corners, noCorners, playWorld } from './worlds.ts';

/** Plays many random worlds and twins on all cores, prints how often each corner decided, and fails where two disagree or a corner was never reached. */

const STEPS = 30;
/** Steps this short still reach every corner; more seeds find more than longer worlds. */
const DEFAULTS = { worlds: '500', twins: '100', moving: '100', seed: '1' } as const;

interface Share {
  readonly failures: readonly string[];
  readonly corners: readonly (readonly [string, number])[];
  readonly questions: number;
}

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: DEFAULTS.worlds },
    twins: { type: 'string', default: DEFAULTS.twins },
    moving: { type: 'string', default: DEFAULTS.moving },
    seed: { type: 'string', default: DEFAULTS.seed },
    share: { type: 'string' },
  },
});
const [worlds, twins] = [Number(values.worlds), Number(values.twins)];
const [moving, seed] = [Number(values.moving), Number(values.seed)];

const play = async (share: number, of: number): Promise<Share> => {
  const corners = noCorners();
  const failures: string[] = [];
  let questions = 0;
  for (let at = seed + share; at < seed + worlds; at += of) {
    const disagreement = await playWorld(at, STEPS, corners);
    if (disagreement) failures.push(`world ${disagreement.seed}, step ${disagreement.step}, ${disagreement.what}`);
  }
  for (let at = seed + share; at < seed + twins; at += of) {
    const { difference, asked } = await compareTwins(at, {
      ...(at % 2 === 0 && { embedder: anEmbedder() }),
      skin: at % 4 < 2 ? overHttp : onThePath,
    });
    questions += asked;
    if (difference) failures.push(`twins ${shownAs(difference)}`);
  }
  for (let at = seed + share; at < seed + moving; at += of) {
    const { difference, asked } = await compareMovingTwins(at, at % 2 === 0 ? anEmbedder() : undefined);
    questions += asked;
    if (difference) failures.push(`moving twins ${shownAs(difference)}`);
  }
  return { failures, corners: [...corners], questions };
};

const shownAs = (difference: Difference): string =>
  `${difference.seed}, ${difference.asked}\n  without: ${difference.without}\n  with:    ${difference.with}`;

const forked = (share: number, of: number): Promise<Share> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--share', `${share}/${of}`]);
    child.once('message', (found: Share) => resolve(found));
    child.once('exit', (code) => reject(new Error(`share ${share} ended with ${code} before it had an answer`)));
  });

const total = (shares: readonly Share[]): Corners => {
  const sum = noCorners();
  for (const [corner, times] of shares.flatMap(({ corners }) => corners)) sum.set(corner, (sum.get(corner) ?? 0) + times);
  return sum;
};

const report = (shares: readonly Share[]): boolean => {
  const corners = total(shares);
  const failures = shares.flatMap((share) => share.failures);
  const unreached = [...corners].filter(([, times]) => times === 0).map(([corner]) => corner);
  const lines = [
    `${worlds} worlds of ${STEPS} steps, seeds ${seed} to ${seed + worlds - 1}: what decided, how often`,
    ...Array.from(corners, ([corner, times]) => `  ${corner.padEnd(18)} ${String(times).padStart(7)}`),
    `${twins} pairs of twins and ${moving} that move, ${shares.reduce((sum, { questions }) => sum + questions, 0)} questions asked of both`,
    ...failures.slice(0, 10),
    ...(unreached.length > 0 ? [`never reached: ${unreached.join(', ')}`] : []),
    failures.length === 0 ? 'no disagreement, no difference' : `${failures.length} FAILED`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return failures.length === 0 && unreached.length === 0;
};

if (values.share === undefined) {
  const cores = availableParallelism();
  const shares = await Promise.all(Array.from({ length: cores }, (_, share) => forked(share, cores)));
  process.exitCode = report(shares) ? 0 : 1;
} else {
  const [share = 0, of = 1] = values.share.split('/').map(Number);
  process.send?.(await play(share, of));
  process.disconnect();
}
