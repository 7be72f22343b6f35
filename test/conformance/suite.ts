import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { environment } from '../support/a-command.ts';
import { ROOT } from '../support/source-tree.ts';

const SUITE = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
/** The suite takes seconds; one that hangs is ended. */
const DEADLINE_MS = 120_000;

/** What the suite found: each check as `scenario:check`, those that failed with what it says of them. */
export interface Found {
  readonly passed: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, string>;
}

const checksSchema = z.array(z.looseObject({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

/** Runs all that a revision of the protocol asks of a server. */
export const runSuite = async (url: string, revision: string): Promise<Found> => {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-conformance-'));
  try {
    const child = spawn(process.execPath, [SUITE, 'server', '--url', url, '--requirements', revision, '-o', folder], {
      stdio: 'ignore',
      env: { ...environment(), HOME: folder },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await once(child, 'close');
    return await resultsIn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Stands for the result of a scenario that broke down; one that merely does not apply leaves a list without checks. */
const NOTHING = ' []';

const resultsIn = async (folder: string): Promise<Found> => {
  const [passed, failed] = [new Set<string>(), new Map<string, string>()];
  for (const name of await readdir(folder)) {
    const scenario = name.replace(/^server-/u, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/u, '');
    const text = await readFile(join(folder, name, 'checks.json'), 'utf8').catch(() => NOTHING);
    const checks = checksSchema.parse(JSON.parse(text));
    if (text === NOTHING) failed.set(`${scenario}:ended`, 'it left no result');
    for (const { id, status, errorMessage = '' } of checks) {
      if (status === 'FAILURE') failed.set(`${scenario}:${id}`, errorMessage);
      else if (status === 'SUCCESS') passed.add(`${scenario}:${id}`);
    }
  }
  return { passed: passed.difference(failed), failed };
};
