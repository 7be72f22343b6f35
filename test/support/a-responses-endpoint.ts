import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';

import { aPeer } from './a-peer.ts';
import { curious, type HeardCall, type ScriptedModel } from './a-scripted-model.ts';
import { streamResponse, type StreamedResponse } from './responses-events.ts';

/** The one key that is good there. */
export const KEY = 'sk-test-4711-key';

/** What goes wrong with one request. */
export type Spoilt =
  | { readonly nothing: true }
  | { readonly reply: { status: number; headers?: Record<string, string>; error: Record<string, unknown> } }
  /** In the middle of the text: the connection dies, or ends as if all were said. */
  | { readonly cut: 'dead' | 'clean' }
  | { readonly incomplete: 'max_output_tokens' | 'content_filter' }
  | { readonly refusal: string }
  | { readonly failed: { code: 'server_error' | 'rate_limit_exceeded'; message: string } }
  /** Every call fails like this, whatever the server said. */
  | { readonly callError: unknown }
  /** Listing fails while it streams, instead of with 424 before. */
  | { readonly listing: string }
  /** All that is done with tools is said to be done at another server. */
  | { readonly label: string }
  /** Tools are listed although they are known, and these alone. */
  | { readonly relist: readonly string[] }
  /** Never answers. */
  | { readonly silent: true }
  /** Calls without asking anybody first, whatever it was told. */
  | { readonly unasked: true };

const input = z.union([
  z.string(),
  z.array(
    z.strictObject({
      type: z.literal('mcp_approval_response'),
      approval_request_id: z.string(),
      approve: z.boolean(),
      reason: z.string().optional(),
    }),
  ),
]);

const named = z.strictObject({ tool_names: z.array(z.string()) });

const mounted = z.strictObject({
  type: z.literal('mcp'),
  server_label: z.string(),
  server_url: z.string(),
  authorization: z.string(),
  allowed_tools: z.array(z.string()),
  require_approval: z.union([z.enum(['always', 'never']), z.strictObject({ never: named, always: named })]),
});

const requestSchema = z.strictObject({
  model: z.string(),
  input,
  instructions: z.string().optional(),
  tools: z.tuple([mounted]),
  store: z.boolean().default(true),
  stream: z.literal(true),
  previous_response_id: z.string().optional(),
});
type Request = z.infer<typeof requestSchema>;

/** What it keeps of a conversation. */
interface Conversation {
  readonly question: string;
  readonly heard: readonly HeardCall[];
  readonly listed: boolean;
  readonly pending: ReadonlyMap<string, { readonly tool: string; readonly input: object }>;
}

export interface AResponsesEndpoint {
  readonly baseUrl: string;
  /** Every request that was understood. */
  readonly asked: readonly Request[];
  /** Every answer of the mounted server, as it came. */
  readonly heard: readonly string[];
}

export interface ResponsesEndpointOptions {
  readonly model?: ScriptedModel;
  /** By the number of the request, from 1. */
  readonly spoil?: (nth: number) => Spoilt | undefined;
  /** What its answers wait for. */
  readonly holds?: () => Promise<void>;
}

/** The Responses API on a port of this machine: it mounts the server that it is given, really, and a scripted model calls its tools. */
export const aResponsesEndpoint = async ({
  model = curious,
  spoil = () => undefined,
  holds = async () => undefined,
}: ResponsesEndpointOptions = {}): Promise<AResponsesEndpoint> => {
  const [asked, heard]: [Request[], string[]] = [[], []];
  const kept = new Map<string, Conversation>();
  const peer = await aPeer(async ({ method, path, headers, body }, to, nth) => {
    if (method !== 'POST' || path !== '/v1/responses') return refuse(to, 404, { message: 'not here' });
    if (headers['authorization'] !== `Bearer ${KEY}`) {
      return refuse(to, 401, { message: `Incorrect API key provided: ${headers['authorization']}`, code: 'invalid_api_key' });
    }
    const spoilt = spoil(nth) ?? { nothing: true };
    if ('silent' in spoilt) return;
    if ('reply' in spoilt) return refuse(to, spoilt.reply.status, spoilt.reply.error, spoilt.reply.headers);
    const request = requestSchema.parse(JSON.parse(body));
    asked.push(request);
    await holds();
    const before = request.previous_response_id === undefined ? undefined : kept.get(request.previous_response_id);
    if (request.previous_response_id !== undefined && !before) {
      return refuse(to, 400, { message: 'Previous response not found.', code: 'previous_response_not_found' });
    }
    await answer({ to, request, before, spoilt, model, heard, keep: (id, one) => request.store && kept.set(id, one) });
  });
  return { baseUrl: `${peer.url}/v1`, asked, heard };
};

interface Answering {
  readonly to: ServerResponse;
  readonly request: Request;
  readonly before: Conversation | undefined;
  readonly spoilt: Spoilt;
  readonly model: ScriptedModel;
  readonly heard: string[];
  readonly keep: (id: string, conversation: Conversation) => void;
}

const answer = async ({ to, request, before, spoilt, model, heard, keep }: Answering): Promise<void> => {
  const [tool] = request.tools;
  const client = await attach(tool).catch((error: unknown) => error);
  if (!(client instanceof Client)) {
    const why = client instanceof StreamableHTTPError ? `Http status code: ${client.code}` : String(client);
    return refuse(to, 424, { message: `Error retrieving tool list from MCP server: 'castellan'. ${why}` });
  }
  try {
    const response = streamResponse(to, request.model, 'label' in spoilt ? spoilt.label : tool.server_label);
    response.begin();
    if ('listing' in spoilt) {
      response.tools([], spoilt.listing);
      return response.end('failed', { error: { code: 'server_error', message: 'tools could not be listed' } });
    }
    if ('relist' in spoilt) response.tools(await listed(client, spoilt.relist));
    else if (!before?.listed) response.tools(await listed(client, tool.allowed_tools));
    const call = callingOf(client, response, heard, spoilt);
    const approvals = typeof request.input === 'string' ? [] : request.input;
    const calls: HeardCall[] = typeof request.input === 'string' ? [] : [...(before?.heard ?? [])];
    const question = typeof request.input === 'string' ? request.input : (before?.question ?? '');
    for (const { approval_request_id: id, approve, reason = 'declined' } of approvals) {
      const waiting = before?.pending.get(id);
      if (!waiting) throw new Error('nobody asked for that approval');
      calls.push(approve ? await call(waiting, id) : { ...waiting, answer: reason });
    }
    for (;;) {
      const move = model(question, calls);
      if ('say' in move) {
        const ended = say(response, to, move.say, spoilt);
        if (ended) keep(response.id, { question, heard: calls, listed: true, pending: new Map() });
        return;
      }
      const asks = (name: string): boolean => !('unasked' in spoilt) && asksBefore(tool.require_approval, name);
      for (const one of move.calls.filter((each) => !asks(each.tool))) calls.push(await call(one));
      const pending = new Map(move.calls.filter((each) => asks(each.tool)).map((one) => [`mcpr_${randomUUID()}`, one]));
      if (pending.size > 0) {
        for (const [id, one] of pending) response.approval(id, one.tool, one.input);
        keep(response.id, { question, heard: calls, listed: true, pending });
        return response.end('completed');
      }
    }
  } finally {
    await client.close();
  }
};

/** Says the answer, and whether it could. */
const say = (response: StreamedResponse, to: ServerResponse, text: string, spoilt: Answering['spoilt']): boolean => {
  if ('refusal' in spoilt) {
    response.refuse(spoilt.refusal);
    response.end('completed');
  } else if ('incomplete' in spoilt) {
    response.say(text, (nth) => nth > 2);
    response.end('incomplete', { incomplete_details: { reason: spoilt.incomplete } });
  } else if ('failed' in spoilt) {
    response.say(text, (nth) => nth > 2);
    response.end('failed', { error: spoilt.failed });
  } else if ('cut' in spoilt) {
    response.say(text, (nth) => nth > 2);
    if (spoilt.cut === 'clean') to.end();
    else setImmediate(() => to.destroy()); // once what was written is under way
  } else {
    response.say(text);
    response.end('completed');
    return true;
  }
  return false;
};

/** A tool that is named nowhere is asked about. */
const asksBefore = (required: z.infer<typeof mounted>['require_approval'], name: string): boolean =>
  typeof required === 'string' ? required === 'always' : !required.never.tool_names.includes(name);

const attach = async ({ server_url: url, authorization }: z.infer<typeof mounted>): Promise<Client> => {
  const client = new Client({ name: 'openai-mcp', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${authorization}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
};

const listed = async (client: Client, allowed: readonly string[]) =>
  (await client.listTools()).tools
    .filter(({ name }) => allowed.includes(name))
    .map(({ name, description, inputSchema, annotations }) => ({
      name,
      description: description ?? null,
      input_schema: inputSchema,
      annotations: annotations ?? null,
    }));

const resultSchema = z.looseObject({ isError: z.boolean().optional(), content: z.array(z.looseObject({ text: z.string() })) });

const callingOf =
  (client: Client, response: StreamedResponse, heard: string[], spoilt: Answering['spoilt']) =>
  async ({ tool, input: given }: { tool: string; input: object }, approval?: string): Promise<HeardCall> => {
    const ended = response.calling({ tool, input: given, ...(approval === undefined ? {} : { approval }) });
    const answered = await client.callTool({ name: tool, arguments: { ...given } }).catch((error: unknown) => String(error));
    if (typeof answered === 'string') {
      heard.push(answered);
      ended({ error: { type: 'http_error', message: answered } });
      return { tool, input: given, answer: answered };
    }
    const { isError, content } = resultSchema.parse(answered);
    const text = content.map((part) => part.text).join('');
    heard.push(text);
    if ('callError' in spoilt) ended({ error: spoilt.callError });
    else ended(isError ? { error: { type: 'mcp_tool_execution_error', content } } : { output: text });
    return { tool, input: given, answer: 'callError' in spoilt ? 'it failed' : text };
  };

const refuse = (to: ServerResponse, status: number, error: object, headers: Record<string, string> = {}): void => {
  to.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }));
};
