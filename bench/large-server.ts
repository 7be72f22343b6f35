import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { issueLocalToken } from '../src/access/local-token.ts';
import { openKeys } from '../src/store/keys.ts';
import type { LargePlace } from './large-place.ts';

/** The product itself, serving over HTTP in a process of its own. */
export interface LargeServer {
  readonly url: string;
  tokens(people: readonly string[]): Promise<string[]>;
  /** The 99th percentile of its event loop's delay since the last reading, ms. */
  delay(): Promise<number>;
  /** MB resident now. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

const LAUNCHER = fileURLToPath(new URL('../src/launcher.js', import.meta.url));

/** Starts `castellan serve --http` on a free port. */
export const serveLarge = async ({ config, data }: LargePlace): Promise<LargeServer> => {
  const secret = randomBytes(16).toString('hex');
  const argv = [LAUNCHER, 'serve', '--http', '--port', '0', '--no-follow', '--config', config, '--data', data];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CASTELLAN_METRICS_TOKEN: secret },
  });
  const lines = createInterface({ input: child.stderr });
  const listening = Promise.withResolvers<string>();
  lines.on('line', (line) => {
    const origin = /reached at (\S+)\/mcp/u.exec(line)?.[1];
    if (origin !== undefined) listening.resolve(origin);
  });
  child.once('exit', () => listening.reject(new Error('the server did not start')));
  const origin = await listening.promise;
  const url = `${origin}/mcp`;
  const keys = await openKeys({ folder: { key: join(data, 'key') }, env: {}, random: randomBytes });
  return {
    url,
    tokens: (people) =>
      Promise.all(
        people.map(async (who) => {
          const request = {
            who,
            client: 'bench',
            scopes: ['read'] as const,
            minutes: 60,
            actor: 'os:tester',
            id: randomUUID(),
            now: Date.now(),
          };
          return (await issueLocalToken(request, { keys: keys.tokens, audience: url })).token;
        }),
      ),
    delay: async () => {
      const metrics = await (await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${secret}` } })).text();
      return Number(/^castellan_event_loop_delay_p99_seconds (\S+)/mu.exec(metrics)?.[1]) * 1000;
    },
    memory: async () => Math.round(Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024),
    close: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
};
