import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { type Corners, count, noCorners, unreached } from './corners.ts';
import { pieces, type Played, WORLD_STEPS } from './pieces.ts';

/**
 * Plays many random worlds and twins on all cores, prints how often each corner decided, and fails where two disagree or a corner was
 * never reached. Interrupted, it says what was proven so far, and with which `--seed` to go on.
 */

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '100000' },
    twins: { type: 'string', default: '1000' },
    moving: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    share: { type: 'string' },
  },
});
const asked = {
  worlds: Number(values.worlds),
  twins: Number(values.twins),
  moving: Number(values.moving),
  seed: Number(values.seed),
};

/** How often a share says how far it is, and how often that is printed, in ms. */
const TOLD_EVERY = 1_000;
const PRINTED_EVERY = 15_000;
const FAILURES_SHOWN = 10;

/** All that one share did so far. */
interface Share extends Played {
  readonly corners: readonly (readonly [string, number])[];
}

const NOTHING: Share = { worlds: 0, twins: 0, moving: 0, questions: 0, failures: [], corners: [] };

const play = async (share: number, of: number): Promise<void> => {
  let stopped = false;
  process.on('SIGINT', () => undefined); // it comes to the whole group: whoever started this says when to stop
  process.on('message', () => {
    stopped = true;
  });
  const corners = noCorners();
  let told = performance.now();
  const tell = (played: Played): void => void process.send?.({ ...played, corners: [...corners] } satisfies Share);
  let last: Played = NOTHING;
  for await (const played of pieces({ ...asked, share, of, corners })) {
    last = played;
    if (stopped) break;
    if (performance.now() - told < TOLD_EVERY) continue;
    tell(played);
    told = performance.now();
  }
  tell(last);
  process.disconnect();
};

const sum = (shares: readonly Share[], of: 'worlds' | 'twins' | 'moving' | 'questions'): number =>
  shares.reduce((total, share) => total + share[of], 0);

const total = (shares: readonly Share[]): Corners => {
  const corners = noCorners();
  for (const [corner, times] of shares.flatMap((share) => share.corners)) count(corners, corner, times);
  return corners;
};

/** The first seed that was not played: all before it were. */
const nextSeed = (shares: readonly Share[]): number =>
  Math.min(...shares.map(({ worlds }, share) => asked.seed + share + worlds * shares.length));

const report = (shares: readonly Share[], seconds: number): boolean => {
  const corners = total(shares);
  const failures = shares.flatMap((share) => share.failures);
  const missed = unreached(corners);
  const lines = [
    `${sum(shares, 'worlds')} worlds of ${WORLD_STEPS} steps from seed ${asked.seed} on: what decided, how often`,
    ...Array.from(corners, ([corner, times]) => `  ${corner.padEnd(28)} ${String(times).padStart(8)}`),
    `${sum(shares, 'twins')} pairs of twins and ${sum(shares, 'moving')} that move, ${sum(shares, 'questions')} questions asked of both`,
    ...failures.slice(0, FAILURES_SHOWN),
    ...(missed.length > 0 ? [`never reached: ${missed.join(', ')}`] : []),
    `${failures.length === 0 ? 'no disagreement, no difference' : `${failures.length} FAILED`}, ${seconds.toFixed(0)} s`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return failures.length === 0 && missed.length === 0;
};

const prove = async (): Promise<void> => {
  const since = performance.now();
  const cores = availableParallelism();
  const shares: Share[] = Array.from({ length: cores }, () => NOTHING);
  let interrupted = false;
  const children = shares.map((_, share) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--share', `${share}/${cores}`]);
    child.on('message', (said: Share) => {
      shares[share] = said;
    });
    return child;
  });
  process.on('SIGINT', () => {
    interrupted = true;
    for (const child of children) if (child.connected) child.send('stop');
  });
  const seconds = (): number => (performance.now() - since) / 1000;
  const printing = setInterval(() => {
    const { length } = shares.flatMap(({ failures }) => failures);
    const done = `${sum(shares, 'worlds')} of ${asked.worlds} worlds, ${sum(shares, 'twins')} + ${sum(shares, 'moving')} twins`;
    process.stderr.write(`${seconds().toFixed(0).padStart(6)} s  ${done}${length > 0 ? `, ${length} FAILED` : ''}\n`);
  }, PRINTED_EVERY);
  const codes = await Promise.all(children.map(ended));
  clearInterval(printing);
  const good = report(shares, seconds());
  if (codes.some((code) => code !== 0)) process.stdout.write('A share ended before it was done.\n');
  if (interrupted) process.stdout.write(`Interrupted. To go on: npm run prove -- --seed ${nextSeed(shares)}\n`);
  process.exitCode = interrupted ? 130 : good && codes.every((code) => code === 0) ? 0 : 1;
};

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once('exit', resolve);
  });

if (values.share === undefined) await prove();
else {
  const [share = 0, of = 1] = values.share.split('/').map(Number);
  await play(share, of);
}
