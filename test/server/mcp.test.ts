import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import type { AuditEvent } from '../../src/core/audit.ts';
import type { TokenScope } from '../../src/core/caller.ts';
import { type ClientPolicy, NO_POLICY, offers } from '../../src/core/policy.ts';
import { defineTool, type Tool } from '../../src/core/tool.ts';
import { createCall } from '../../src/server/call.ts';
import { createMcpServer } from '../../src/server/mcp.ts';
import { aView, basis } from '../support/a-view.ts';

const aTool = (name: string, scope: TokenScope): Tool =>
  defineTool({
    name,
    title: name,
    description: 'Says what it was asked.',
    input: z.strictObject({ word: z.string() }),
    output: z.strictObject({ said: z.string() }),
    scope,
    annotations: { readOnlyHint: scope === 'read', destructiveHint: false, idempotentHint: true, openWorldHint: false },
    run: async ({ word }) => ({ output: { said: word }, documents: [], basis }),
  });

const TOOLS = [aTool('say', 'read'), aTool('post', 'write')];

/** A client of a server under this policy. */
const connected = async (policy: ClientPolicy) => {
  const audited: AuditEvent[] = [];
  const call = createCall({
    tools: TOOLS,
    audit: { record: async (event) => void audited.push(event) },
    viewOf: () => aView(),
    policyOf: () => policy,
    cursors: () => () => {
      throw new Error('no cursor is asked for here');
    },
    now: () => 0,
    requestId: () => 'r-1',
    onBug: (error) => {
      throw error;
    },
  });
  const server = createMcpServer({
    call,
    tools: TOOLS.filter(({ scope }) => offers(policy, scope)),
    callerOf: async () => ({ identity: { issuer: 'local', subject: 'ada' }, client: 'test', scopes: ['read', 'write'] }),
    version: '0',
  });
  const client = new Client({ name: 'test', version: '0' });
  const [left, right] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(right), client.connect(left)]);
  onTestFinished(() => client.close());
  const names = async (): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
  const ask = (name: string) => client.callTool({ name, arguments: { word: 'hello' } });
  return { names, ask, audited };
};

describe('a client', () => {
  test('whose policy lets it write is offered what writes', async () => {
    const { names, ask, audited } = await connected(NO_POLICY);
    expect(await names()).toEqual(['say', 'post']);
    expect(await ask('post')).toMatchObject({ structuredContent: { said: 'hello' } });
    expect(audited).toMatchObject([{ tool: 'post', outcome: 'answered' }]);
  });

  test('whose policy forbids writes is offered none, and one that it calls is unknown to it and forbidden in the audit', async () => {
    const { names, ask, audited } = await connected({ ...NO_POLICY, writes: 'forbid' });
    expect(await names()).toEqual(['say']);
    expect(await ask('say')).toMatchObject({ structuredContent: { said: 'hello' } });
    const refusals = await Promise.all(['post', 'nope'].map((name) => ask(name).catch((error: unknown) => String(error))));
    expect(refusals).toEqual([expect.stringContaining('Tool post not found'), expect.stringContaining('Tool nope not found')]);
    expect(JSON.stringify(refusals[0])).toBe(JSON.stringify(refusals[1]).replace('nope', 'post'));
    expect(audited).toMatchObject([
      { tool: 'say', outcome: 'answered' },
      { tool: 'post', outcome: 'forbidden' },
      { tool: 'nope', outcome: 'invalid_input' },
    ]);
  });
});
