import { Agent, MCPServerStdio, MCPServerStreamableHttp, type MCPServer, run, setTracingDisabled } from '@openai/agents';
import { assistantMessage, functionCall, modelResponse, ScriptedModel } from '@openai/agents/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { type ForeignClient, foreignClientContract } from '../contracts/foreign-client.ts';
import { type ARunningPlace, aRunningPlace } from '../support/a-running-place.ts';
import { ADA, BOB } from '../support/a-served-place.ts';
import { startedServer } from '../support/a-started-server.ts';

setTracingDisabled(true); // it would send traces to its maker

let place: ARunningPlace;
beforeAll(async () => {
  place = await aRunningPlace();
});
afterAll(() => place.remove());

const answer = z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]);

const attached = async (server: MCPServer): Promise<ForeignClient> => {
  await server.connect();
  return {
    tools: async () => (await server.listTools()).map(({ name }) => name),
    call: async (name, given) => answer.parse(await server.callTool(name, { ...given }))[0].text,
    close: () => server.close(),
  };
};

const overStdio = (who: string): MCPServer => new MCPServerStdio({ name: 'castellan', ...startedServer(place, who) });

const bearing = (headers: Record<string, string>): MCPServer =>
  new MCPServerStreamableHttp({ name: 'castellan', url: place.url, requestInit: { headers } });

const overHttp = async (who: string): Promise<MCPServer> => bearing({ Authorization: `Bearer ${await place.token(who)}` });

foreignClientContract('the Agents SDK over stdio', (who) => attached(overStdio(who)));
foreignClientContract('the Agents SDK over HTTP', async (who) => attached(await overHttp(who)));

test.each([
  ['no token', {}],
  ['a bad token', { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
])('with %s it reports that it is not let in', async (_, headers) => {
  await expect(attached(bearing(headers))).rejects.toThrow(/401/u);
});

test.each([
  ['over stdio', ADA, overStdio, 'wiki:plan', 'wiki:party'],
  ['over HTTP', BOB, overHttp, 'wiki:party', 'wiki:plan'],
] as const)('an agent that asks %s for %s gets their answer into its model', async (_, who, serverFor, theirs, others) => {
  const attachedServer = await serverFor(who);
  await attachedServer.connect();
  try {
    const model = new ScriptedModel([
      modelResponse([functionCall('search', { query: 'spring', limit: 50 }, { callId: 'call-1' })]),
      modelResponse([assistantMessage('In spring.')]),
    ]);
    const agent = new Agent({ name: 'Assistant', model, mcpServers: [attachedServer] });
    const { finalOutput } = await run(agent, 'When do we move?');
    expect(finalOutput).toBe('In spring.');
    const heard = JSON.stringify(model.lastCall?.request.input);
    expect([heard.includes(theirs), heard.includes(others)]).toEqual([true, false]);
    model.assertComplete();
  } finally {
    await attachedServer.close();
  }
});
