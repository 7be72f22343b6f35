import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import type { Parts, Place } from './parts.ts';

/** What an MCP client is given to start a server of its own: the shape most of them read. */
export interface AttachBlock {
  readonly mcpServers: { readonly castellan: { readonly command: string; readonly args: readonly string[] } };
}

/** The block that attaches a client over stdio, with nothing left to fill in. */
export const attachBlock = ({ program }: Pick<Parts, 'program'>, { config, data }: Place, who: string): AttachBlock => {
  const [command, ...first] = program;
  const args = [...first, 'serve', '--stdio', '--as', who, '--config', config, '--data', data];
  return { mcpServers: { castellan: { command, args } } };
};

/** A server that says nothing for so long does not work. */
const DEADLINE_MS = 20_000;

const answer = z.looseObject({
  id: z.literal(2),
  result: z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) }),
});

/** Starts what a block says, as a client would, and gives the names of the tools it offers; none where that fails. */
export const toolsBehind = async (
  { mcpServers: { castellan } }: AttachBlock,
  version: string,
  signal: AbortSignal,
): Promise<string[]> => {
  const child = spawn(castellan.command, castellan.args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
  });
  const failed = Promise.withResolvers<never>();
  child.once('error', failed.reject);
  try {
    child.stdin.on('error', failed.reject).write(
      GREETING(version)
        .map((message) => `${JSON.stringify(message)}\n`)
        .join(''),
    );
    return await Promise.race([toolNames(createInterface({ input: child.stdout })), failed.promise]);
  } catch {
    signal.throwIfAborted();
    return []; // it did not start, or did not speak the protocol, or not in time
  } finally {
    child.stdin.end();
  }
};

const toolNames = async (lines: AsyncIterable<string>): Promise<string[]> => {
  for await (const line of lines) {
    const { data } = answer.safeParse(JSON.parse(line));
    if (data) return data.result.tools.map(({ name }) => name);
  }
  return [];
};

const GREETING = (version: string): readonly object[] => [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'castellan demo', version } },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list' },
];
