import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { ROOT } from '../support/source-tree.ts';
import type { Fault } from './fault.ts';

/** What became of a named test. A crash notices nothing: any test that ran the code would have crashed. */
export type Verdict = 'passed' | 'failed' | 'crashed' | 'not run';

export interface Judged {
  readonly verdict: Verdict;
  /** The first line of the failure; all that was printed where nothing ran. */
  readonly why: string;
}

/** A copy of the tree in which faults are planted one after another; the tree itself is never touched. */
export interface Copy {
  /** Plants a fault, runs the test that must notice it, and takes the fault out again. */
  plant(fault: Fault): Promise<Judged>;
  /** Runs tests of one file as the tree is. */
  run(file: string, names: readonly string[]): Promise<ReadonlyMap<string, Judged>>;
  close(): Promise<void>;
}

/** What a copy needs to run its tests. */
const TREE = ['src', 'connectors', 'fixtures', 'docs', 'packaging', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
/** A planted fault may also hang its test. */
const DEADLINE_MS = 300_000;
const WHY_MAX = 160;

/** Makes a copy in the system's temporary folder. */
export const openCopy = async (): Promise<Copy> => {
  const root = await mkdtemp(join(tmpdir(), 'castellan-faults-'));
  for (const each of TREE) await cp(join(ROOT, each), join(root, each), { recursive: true });
  await linkPackages(root);
  const run = (file: string, names: readonly string[]): Promise<ReadonlyMap<string, Judged>> => judge({ root, file, names });
  return {
    run,
    async plant(fault) {
      const path = join(root, fault.file);
      const whole = await readFile(path, 'utf8');
      await writeFile(path, planted(fault, whole));
      try {
        const { file, test } = fault.caughtBy;
        return (await run(file, [test])).get(test) ?? { verdict: 'not run', why: '' };
      } finally {
        await writeFile(path, whole);
      }
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
};

/** The file with the fault in it; throws where the fault does not apply exactly once. */
export const planted = ({ name, file, find, plant }: Fault, whole: string): string => {
  const places = whole.split(find).length - 1;
  if (places !== 1) throw new Error(`"${name}" applies to ${places} places of ${file}, not to one. Rewrite it.`);
  return whole.replace(find, () => plant);
};

/** A pattern for a name as it stands in the code, where `%s` and its like stand for what each row puts in. */
export const patternOf = (name: string): string =>
  name.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`).replaceAll(/%[a-z]/gu, '.*');

/** Each package by itself, so that what the runner caches beside them is the copy's own. */
const linkPackages = async (root: string): Promise<void> => {
  const [from, to] = [join(ROOT, 'node_modules'), join(root, 'node_modules')];
  await mkdir(to);
  for (const name of await readdir(from)) if (!name.startsWith('.')) await symlink(join(from, name), join(to, name));
};

interface Asked {
  readonly root: string;
  readonly file: string;
  readonly names: readonly string[];
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});

/** Runs the named tests of one file, and says of each name how all that carry it ended. */
const judge = async ({ root, file, names }: Asked): Promise<ReadonlyMap<string, Judged>> => {
  const report = join(root, 'report.json');
  await rm(report, { force: true });
  const pattern = `(?:${names.map(patternOf).join('|')})$`;
  const args = ['run', file, '--testNamePattern', pattern, '--fsModuleCache=false'];
  const output = await vitest([...args, '--reporter=json', `--outputFile=${report}`], root);
  const written = await readFile(report, 'utf8').catch(() => '{"testResults":[]}');
  const results = reportSchema.parse(JSON.parse(written)).testResults.flatMap(({ assertionResults }) => assertionResults);
  return new Map(
    names.map((name): [string, Judged] => {
      const named = new RegExp(`^${patternOf(name)}$`, 'u');
      const ran = results.filter(({ title, status }) => named.test(title) && (status === 'passed' || status === 'failed'));
      const failures = ran.flatMap(({ status, failureMessages }) => (status === 'failed' ? [failureMessages?.[0] ?? ''] : []));
      const [first] = failures;
      if (ran.length === 0) return [name, { verdict: 'not run', why: output.trim() }];
      if (first === undefined) return [name, { verdict: 'passed', why: '' }];
      const noticed = failures.find((failure) => !CRASH.test(failure));
      const why = (noticed ?? first).split('\n', 1).join('').slice(0, WHY_MAX);
      return [name, { verdict: noticed === undefined ? 'crashed' : 'failed', why }];
    }),
  );
};

const CRASH = /^(?:SyntaxError|ReferenceError|TypeError|RangeError|SqliteError)\b/u;

const vitest = (args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd,
      timeout: DEADLINE_MS,
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
