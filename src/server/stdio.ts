import type { Readable, Writable } from 'node:stream';

import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';

import { createMcpServer, type McpParts } from './mcp.ts';

export interface StdioParts extends McpParts {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Hears of what goes wrong outside any call. stdout belongs to the protocol. */
  readonly onError: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** Serves one client over stdio, in both protocol eras, until it hangs up or `signal` aborts. */
export const serveOverStdio = async ({ stdin, stdout, onError, signal, ...parts }: StdioParts): Promise<void> => {
  const ended = Promise.withResolvers<void>();
  const handle = serveStdio(() => createMcpServer(parts), {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: onError,
  });
  const end = (): void => ended.resolve();
  stdin.once('end', end);
  stdin.once('close', end);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  await ended.promise;
  await handle.close();
};
