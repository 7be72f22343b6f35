import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { LargePlace } from './large-place.ts';

const LAUNCHER = fileURLToPath(new URL('../src/launcher.js', import.meta.url));

/** ms from the start of the process to the answer of its first search. */
export const answerOverStdio = async ({ config, data }: LargePlace, who: string, query: string): Promise<number> => {
  const began = performance.now();
  const argv = [LAUNCHER, 'serve', '--stdio', '--no-follow', '--as', who, '--config', config, '--data', data];
  const child = spawn(process.execPath, argv, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, CASTELLAN_METRICS_TOKEN: 'unused' },
  });
  const ask = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  ask({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  });
  ask({ method: 'notifications/initialized' });
  ask({ id: 2, method: 'tools/call', params: { name: 'search', arguments: { query } } });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const answer: { id?: number; result?: { structuredContent?: object } } = JSON.parse(line);
      if (answer.id !== 2) continue;
      if (!answer.result?.structuredContent) throw new Error(`no answer: ${line}`);
      return performance.now() - began;
    }
    throw new Error('the server ended without an answer');
  } finally {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  }
};

/** ms that Node needs to start and end with nothing to do. */
export const bareStart = async (): Promise<number> => {
  const began = performance.now();
  await once(spawn(process.execPath, ['-e', '0']), 'exit');
  return performance.now() - began;
};
