import { type Connection, MultiServerMCPClient } from '@langchain/mcp-adapters';
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

const answer = z.looseObject({ type: z.literal('text'), text: z.string() });

/** What its agents get: the tools it makes of ours, run as it runs them. */
const attached = async (castellan: Connection): Promise<ForeignClient> => {
  const client = new MultiServerMCPClient({ castellan });
  const tools = await client.getTools();
  return {
    tools: async () => tools.map(({ name }) => name),
    call: async (name, given) => answer.parse(await tools.find((tool) => tool.name === name)?.invoke(given)).text,
    close: () => client.close(),
  };
};

foreignClientContract('LangChain over stdio', (who) =>
  attached({ transport: 'stdio', ...startedServer(place, who), stderr: 'ignore' }),
);

const overHttp = (headers: Record<string, string>): Promise<ForeignClient> =>
  attached({ transport: 'http', url: place.url, headers, automaticSSEFallback: false });

foreignClientContract('LangChain over HTTP', async (who) => overHttp({ Authorization: `Bearer ${await place.token(who)}` }));

test.each([
  ['no token', {}],
  ['a bad token', { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
])('with %s it reports that it is not let in', async (_, headers) => {
  await expect(overHttp(headers)).rejects.toThrow(/401|[Aa]uthenticat/u);
});
