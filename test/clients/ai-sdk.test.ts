import { createMCPClient, type MCPClientConfig } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { type ForeignClient, foreignClientContract } from '../contracts/foreign-client.ts';
import { type ARunningPlace, aRunningPlace } from '../support/a-running-place.ts';
import { startedServer } from '../support/a-started-server.ts';

let place: ARunningPlace;
beforeAll(async () => {
  place = await aRunningPlace();
});
afterAll(() => place.remove());

const answer = z.looseObject({ content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]) });

/** What its models get: the tools it makes of ours, run as it runs them. */
const attached = async (config: MCPClientConfig): Promise<ForeignClient> => {
  const client = await createMCPClient(config);
  const tools = await client.tools();
  return {
    tools: async () => Object.keys(tools),
    call: async (name, given) => {
      const said: unknown = await tools[name]?.execute(given, { toolCallId: '1', messages: [], context: {} });
      return answer.parse(said).content[0].text;
    },
    close: () => client.close(),
  };
};

foreignClientContract('the AI SDK over stdio', (who) =>
  attached({ transport: new StdioMCPTransport({ ...startedServer(place, who), stderr: 'ignore' }) }),
);

const overHttp = (headers: Record<string, string>): Promise<ForeignClient> =>
  attached({ transport: { type: 'http', url: place.url, headers } });

foreignClientContract('the AI SDK over HTTP', async (who) => overHttp({ Authorization: `Bearer ${await place.token(who)}` }));

test.each([
  ['no token', {}],
  ['a bad token', { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
])('with %s it reports that it is not let in', async (_, headers) => {
  await expect(overHttp(headers)).rejects.toThrow(/401/u);
});
