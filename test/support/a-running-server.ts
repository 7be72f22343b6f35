import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { issueLocalToken } from '../../src/access/local-token.ts';
import { openKeys } from '../../src/store/keys.ts';
import { environment, LAUNCHER } from './a-command.ts';
import type { APlace } from './a-place.ts';

/** The program as it serves over HTTP, on a port of its own. */
export interface ARunningServer {
  /** The address of its `/mcp`. */
  readonly url: string;
  /** A token of this server's own for somebody, as `castellan token` makes it. */
  token(who: string, client?: string): Promise<string>;
  /** Ends it in good order, and rejects where that did not end with 0. */
  close(): Promise<void>;
}

/** Starts it, as it is in this tree unless another launcher is given, and waits until it listens. */
export const aRunningServer = async (
  { config, data }: Pick<APlace, 'config' | 'data'>,
  launcher: string = LAUNCHER,
): Promise<ARunningServer> => {
  const child = spawn(
    process.execPath,
    [launcher, 'serve', '--http', '--port', '0', '--no-follow', '--config', config, '--data', data],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: environment(),
    },
  );
  const ended = once(child, 'exit');
  const url = await listening(createInterface({ input: child.stderr }));
  const keys = await openKeys({ folder: { key: join(data, 'key') }, env: {}, random: randomBytes });
  return {
    url,
    token: async (who, client = 'tests') => {
      const asked = {
        who,
        client,
        scopes: ['read'] as const,
        minutes: 15,
        actor: 'os:tester',
        id: randomUUID(),
        now: Date.now(),
      };
      return (await issueLocalToken(asked, { keys: keys.tokens, audience: url })).token;
    },
    close: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`the server ended with ${String(code)}`);
    },
  };
};

const listening = async (lines: ReturnType<typeof createInterface>): Promise<string> => {
  const heard: string[] = [];
  for await (const line of lines) {
    const url = /is reached at (?<url>\S+)\.$/u.exec(line)?.groups?.['url'];
    if (url !== undefined) {
      lines.resume(); // what it says later is read, and left
      return url;
    }
    heard.push(line);
  }
  throw new Error(`the server did not start: ${heard.join('\n')}`);
};
