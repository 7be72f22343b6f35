import type { Era } from './a-client.ts';

/** One message of a client, as a request carries it. */
export interface McpPost {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A message as a client of this era sends it. */
export const mcpPost = (era: Era, { id = 1, method, params = {} }: Message): McpPost => {
  const common = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  if (era === '2025-11-25') {
    return { body: JSON.stringify({ jsonrpc: '2.0', id, method, params }), headers: { ...common, 'mcp-protocol-version': era } };
  }
  const name = params['name'];
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: ENVELOPE } }),
    headers: {
      ...common,
      'mcp-protocol-version': era,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
  };
};

/** A call of a tool, likewise. */
export const toolCall = (era: Era, name: string, given: Readonly<Record<string, unknown>>, id: number | string = 1): McpPost =>
  mcpPost(era, { id, method: 'tools/call', params: { name, arguments: given } });

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'castellan tests', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The one answer in a body, whether it came whole or as an event. */
export const answerIn = (text: string): unknown => {
  const data = text.split('\n').filter((line) => line.startsWith('data: '));
  if (data.length > 1) throw new Error(`more than one answer: ${text}`);
  return JSON.parse(data[0]?.slice('data: '.length) ?? text);
};
