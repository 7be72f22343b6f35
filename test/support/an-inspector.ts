import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { environment, type Ended } from './a-command.ts';
import { ROOT } from './source-tree.ts';

const LAUNCHER = join(ROOT, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

/** Runs the Inspector's command line. What it writes, it writes into `home`. */
export const inspect = async (
  argv: readonly string[],
  { home, env = {} }: { readonly home: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> => {
  const child = spawn(process.execPath, [LAUNCHER, '--cli', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), HOME: home, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
};
