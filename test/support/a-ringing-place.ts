import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

import { type HttpOptions, openHttp } from '../../src/open-http.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Store } from '../../src/store/store.ts';
import { environment } from './a-command.ts';
import { aFolder } from './a-folder.ts';
import { type AMachine, aMachine } from './a-machine.ts';
import { ORGANISATION } from './a-place.ts';
import { type Board, ringing } from './a-ringing-connector.ts';
import { ROOT } from './source-tree.ts';

export const HOOK_KEY = 'what the board signs with';

/** A notice board behind a real server, and beside it one that never rings; gone with the test. */
export interface ARingingPlace {
  readonly origin: string;
  readonly machine: AMachine;
  readonly store: Store;
  readonly logged: () => readonly string[];
  write(board: Board): Promise<void>;
  /** Follows the sources in a process of its own; what it says of each of its runs. */
  follow(): { readonly runs: unknown[]; readonly stop: () => Promise<unknown> };
}

export const NOTICES: Board = { readers: ['user:ada'], notices: { spring: 'We move in spring.' } };

/** Serves it. `more`: of the configuration of the board, as YAML. */
export const aRingingPlace = async ({
  more = '',
  ...options
}: HttpOptions & { readonly more?: string } = {}): Promise<ARingingPlace> => {
  const folder = await aFolder();
  const [config, data] = [join(folder, 'castellan.yaml'), join(folder, 'data')];
  await writeFile(
    config,
    `${ORGANISATION}server: { listen: "127.0.0.1:0" }\nembedding: { provider: none }\nsources:\n` +
      `  board: { connector: board, path: ./board.json, hook_secret: "\${HOOK_SECRET}"${more} }\n` +
      `  silent: { connector: board, path: ./board.json }\n`,
  );
  const write = (board: Board): Promise<void> => writeFile(join(folder, 'board.json'), JSON.stringify(board));
  await write(NOTICES);
  const env = { HOOK_SECRET: HOOK_KEY };
  const machine = aMachine({ env, connectors: [ringing] });
  const lines: string[] = [];
  const gateway = await openHttp({ config, data }, machine, { log: { write: (line) => void lines.push(line) }, ...options });
  const stopping = new AbortController();
  const served = gateway.serve(stopping.signal);
  const store = await openStore({ path: join(data, 'index.db'), now: () => Date.now() });
  onTestFinished(async () => {
    await store.close();
    stopping.abort();
    await served;
    await gateway.close();
  });
  return {
    origin: gateway.listening,
    machine,
    store,
    logged: () => lines,
    write,
    follow: () => {
      const script = join(ROOT, 'test', 'support', 'ringing-process.ts');
      const argv = [script, 'sync', 'board', '--watch', '--json', '--config', config, '--data', data];
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...environment(), ...env } });
      const ended = once(child, 'close');
      onTestFinished(() => void child.kill('SIGKILL'));
      const runs: unknown[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => runs.push(JSON.parse(line)));
      return {
        runs,
        stop: async () => {
          child.kill('SIGTERM');
          return ended;
        },
      };
    },
  };
};
