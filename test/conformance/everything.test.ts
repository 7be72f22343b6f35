import { randomBytes } from 'node:crypto';

import { createMcpHandler, createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { listeningAt } from '../../src/server/http/address.ts';
import { listen, type Listening } from '../../src/server/http/listen.ts';
import type { McpRoute } from '../../src/server/http/mcp-route.ts';
import { type AHeaderProxy, aHeaderProxy } from '../support/a-header-proxy.ts';
import { anHttpApp } from '../support/an-http-app.ts';
import { offerAsking } from './everything-asking.ts';
import { offerContent } from './everything-content.ts';
import { OF_THE_TEST_BUILD, REVISIONS, surprises } from './expected.ts';
import { runSuite } from './suite.ts';

const states = createRequestStateCodec({ key: randomBytes(32) });

/** All that the suite asks for, behind our own routes: what stands before the protocol is the product's. */
const everything = (): McpServer => {
  const server = new McpServer(
    { name: 'everything', version: '1' },
    {
      capabilities: { logging: {}, completions: {} },
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  );
  offerContent(server);
  offerAsking(server, states);
  return server;
};

const route = (): McpRoute => {
  const handler = createMcpHandler(everything, { legacy: 'stateless', responseMode: 'auto' });
  return {
    answer: (request, { message }) => handler.fetch(request, { parsedBody: message }),
    close: () => handler.close(),
  };
};

let listening: Listening;
let proxy: AHeaderProxy;
let mcp: McpRoute;

beforeAll(async () => {
  listening = await listen({ host: '127.0.0.1', port: 0 });
  const publicUrl = listeningAt(listening.host, listening.port);
  mcp = route();
  const { app } = anHttpApp({ publicUrl, mcp });
  listening.serve((request, bindings) => app.fetch(request, bindings));
  proxy = await aHeaderProxy(`${publicUrl}/mcp`, { authorization: 'Bearer ada' });
});

afterAll(async () => {
  await proxy.close();
  await listening.close(0);
  await mcp.close();
});

describe.each(REVISIONS)('our routes before a server with everything, held to %s,', (revision) => {
  test('fail where that was expected, and nowhere else', async () => {
    const { passed, failed } = await runSuite(proxy.url, revision);
    expect(surprises(failed, OF_THE_TEST_BUILD[revision])).toEqual([]);
    expect(passed.size).toBeGreaterThan(50);
  });
});
