import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { type AClient, resultSchema } from './a-client.ts';
import type { ARunningServer } from './a-running-server.ts';

/** A client of a server over HTTP, with a token for somebody. */
export const aCaller = async (
  server: Pick<ARunningServer, 'url' | 'token'>,
  who: string,
): Promise<Pick<AClient, 'call' | 'close'>> => {
  const client = new Client({ name: 'castellan tests', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const requestInit = { headers: { Authorization: `Bearer ${await server.token(who)}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }));
  return {
    call: async (name, given = {}) => resultSchema.parse(await client.callTool({ name, arguments: given })),
    close: () => client.close(),
  };
};
