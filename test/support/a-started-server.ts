import { environment, LAUNCHER } from './a-command.ts';
import { serveArguments } from './a-client.ts';
import type { APlace } from './a-place.ts';

/** What a client starts to be served over stdio, for somebody. */
export const startedServer = (
  { config, data }: Pick<APlace, 'config' | 'data'>,
  who: string,
): { command: string; args: string[]; env: Record<string, string> } => ({
  command: process.execPath,
  args: [LAUNCHER, ...serveArguments({ config, data, who })],
  env: environment(),
});
