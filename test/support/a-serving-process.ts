import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { onTestFinished } from 'vitest';

import { environment, LAUNCHER } from './a-command.ts';
import type { APlace } from './a-place.ts';

/** A server over HTTP in a process of its own, killed with the test. */
export interface AServingProcess {
  readonly origin: string;
  /** All it said on stderr. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
  /** How it ended. */
  readonly ended: Promise<number | null>;
}

/** Starts `castellan serve --http` for a place, by another command than the usual one where it is given, and waits until it listens. */
export const aServingProcess = async (
  { config, data }: APlace,
  [program = '', ...args]: readonly string[] = [process.execPath, LAUNCHER],
): Promise<AServingProcess> => {
  const words = ['serve', '--http', '--port', '0', '--config', config, '--data', data];
  const child = spawn(program, [...args, ...words], { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  let said = '';
  const origin = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /listens on (?<origin>http:\/\/\S+) and/u.exec(said)?.groups?.['origin'];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
  return { origin, said: () => said, kill: (signal) => void child.kill(signal), ended };
};
