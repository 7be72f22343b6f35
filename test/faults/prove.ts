import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { type Copy, type Judged, openCopy } from './plant.ts';

/**
 * Plants every fault into a copy of the tree, runs the test that must notice it, and fails where one does not.
 * First all those tests run without a fault: one that fails by itself proves nothing.
 * `--only <text>`: the faults whose name or file holds it.
 */

/** Copies in which faults are planted side by side. */
const COPIES = 2;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each copy takes the next piece when it is done with its last. */
const shared = async <Piece>(
  copies: readonly Copy[],
  pieces: readonly Piece[],
  work: (copy: Copy, piece: Piece) => Promise<void>,
): Promise<void> => {
  const rest = pieces.values();
  await Promise.all(
    copies.map(async (copy) => {
      for (const piece of rest) await work(copy, piece);
    }),
  );
};

/** The tests that do not pass without any fault. */
const unsound = async (copies: readonly Copy[], faults: readonly Fault[]): Promise<string[]> => {
  const wrong: string[] = [];
  const files = [...Map.groupBy(faults, ({ caughtBy }) => caughtBy.file)];
  await shared(copies, files, async (copy, [file, caught]) => {
    const names = [...new Set(caught.map(({ caughtBy }) => caughtBy.test))];
    for (const [name, { verdict, why }] of await copy.run(file, names)) {
      if (verdict !== 'passed') wrong.push(`UNSOUND  ${file}, "${name}" ${verdict} without any fault\n  ${why}`);
    }
  });
  return wrong;
};

/** The faults that nothing noticed. */
const missed = async (copies: readonly Copy[], faults: readonly Fault[]): Promise<string[]> => {
  const lines: string[] = [];
  await shared(copies, faults, async (copy, fault) => {
    const since = performance.now();
    const { verdict, why } = await copy.plant(fault).catch(notPlanted);
    const took = `${((performance.now() - since) / 1000).toFixed(1).padStart(4)} s`;
    const { file, test } = fault.caughtBy;
    const line =
      verdict === 'failed' ? `caught ${took}  ${fault.name}` : `MISSED ${took}  ${fault.name}: ${file}, "${test}" ${verdict}`;
    if (verdict !== 'failed') lines.push(line);
    say(line);
    if (why !== '') say(`                 ${why}`);
  });
  return lines;
};

const notPlanted = (error: unknown): Judged => ({
  verdict: 'not run',
  why: error instanceof Error ? error.message : String(error),
});

const { only } = parseArgs({ options: { only: { type: 'string', default: '' } } }).values;
const faults = FAULTS.filter(({ name, file }) => name.includes(only) || file.includes(only));
const copies = await Promise.all(Array.from({ length: COPIES }, openCopy));
try {
  const wrong = await unsound(copies, faults);
  for (const line of wrong) say(line);
  const failed = wrong.length > 0 ? [] : await missed(copies, faults);
  for (const line of failed) say(line); // once more, where whoever reads the end of it sees them
  const count = wrong.length > 0 ? 0 : faults.length - failed.length;
  say(`${count} of ${faults.length} faults caught`);
  process.exitCode = faults.length > 0 && count === faults.length ? 0 : 1;
} finally {
  for (const copy of copies) await copy.close();
}
