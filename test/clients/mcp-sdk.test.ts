import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as EarlierTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { type ForeignClient, foreignClientContract } from '../contracts/foreign-client.ts';
import { type ARunningPlace, aRunningPlace } from '../support/a-running-place.ts';
import { ADA } from '../support/a-served-place.ts';

let place: ARunningPlace;
beforeAll(async () => {
  place = await aRunningPlace();
});
afterAll(() => place.remove());

const NAMED = { name: 'castellan tests', version: '1' };
const answer = z.looseObject({ content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]) });

interface Connected extends ForeignClient {
  readonly version: string | undefined;
}

const bearing = (token: string | undefined) => ({
  requestInit: { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } },
});

const present = async (token?: string): Promise<Connected> => {
  const client = new Client(NAMED, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(place.url), bearing(token)));
  return {
    version: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, given) => answer.parse(await client.callTool({ name, arguments: { ...given } })).content[0].text,
    close: () => client.close(),
  };
};

const earlier = async (token?: string): Promise<Connected> => {
  const client = new EarlierClient(NAMED);
  const transport = new EarlierTransport(new URL(place.url), bearing(token));
  await client.connect(transport);
  return {
    version: transport.protocolVersion,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, given) => answer.parse(await client.callTool({ name, arguments: { ...given } })).content[0].text,
    close: () => client.close(),
  };
};

describe.each([
  ['@modelcontextprotocol/client', '2026-07-28', present],
  ['@modelcontextprotocol/sdk', '2025-11-25', earlier],
] as const)('%s', (name, version, connect) => {
  foreignClientContract(`${name} over HTTP`, async (who) => connect(await place.token(who)));

  test(`negotiates ${version}`, async () => {
    const client = await connect(await place.token(ADA));
    await client.close();
    expect(client.version).toBe(version);
  });

  test.each([
    ['no token', undefined],
    ['a bad token', 'eyJhbGciOiJub25lIn0.e30.'],
  ])('reports with %s that it is not let in', async (_, token) => {
    await expect(connect(token)).rejects.toThrow(/401|unauthori[sz]ed|access token/iu);
  });
});
