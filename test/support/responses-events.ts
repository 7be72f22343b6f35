import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type OpenAI from 'openai';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Item = OpenAI.Responses.ResponseOutputItem;
type Response = OpenAI.Responses.Response;
type Numbered = 'sequence_number' | 'output_index';
/** An event without what is counted. */
type Plain<E = Event> = E extends Event ? Omit<E, Numbered> : never;

/** One response as it is streamed: items one after the other, each with the events that its kind has, in their order. */
export interface StreamedResponse {
  readonly id: string;
  begin(): void;
  /** The list of tools; `error` where there is none. */
  tools(tools: OpenAI.Responses.ResponseOutputItem.McpListTools['tools'], error?: string): void;
  /** A call is announced, with its arguments; `done` tells how it ended. */
  calling(call: { tool: string; input: object; approval?: string }): (ended: { output?: string; error?: unknown }) => void;
  approval(id: string, tool: string, input: object): void;
  /** Text in pieces, until `until` says stop. */
  say(text: string, until?: (nth: number) => boolean): void;
  refuse(words: string): void;
  end(status: 'completed' | 'incomplete' | 'failed', more?: Partial<Response>): void;
}

/** Writes one response to whoever asked; `label` is whose tools it calls. */
export const streamResponse = (to: ServerResponse, model: string, label: string): StreamedResponse => {
  const id = `resp_${randomUUID()}`;
  const output: Item[] = [];
  let sequence = 0;

  const emit = (event: Plain, place?: number): void => {
    const whole = { ...event, sequence_number: (sequence += 1), ...(place === undefined ? {} : { output_index: place }) };
    to.write(`event: ${event.type}\ndata: ${JSON.stringify(whole)}\n\n`);
  };
  const response = (status: NonNullable<Response['status']>, more: Partial<Response> = {}): Response => ({
    id,
    access_programs: null,
    output_text: '',
    created_at: 0,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: null,
    model,
    object: 'response',
    output,
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    status,
    ...more,
  });
  const add = (item: Item): number => {
    const place = output.push(item) - 1;
    emit({ type: 'response.output_item.added', item }, place);
    return place;
  };
  const done = (item: Item, place: number): void => {
    output[place] = item;
    emit({ type: 'response.output_item.done', item }, place);
  };

  return {
    id,
    begin: () => {
      to.writeHead(200, { 'content-type': 'text/event-stream' });
      emit({ type: 'response.created', response: response('in_progress') });
      emit({ type: 'response.in_progress', response: response('in_progress') });
    },
    tools: (tools, error) => {
      const item = { id: `mcpl_${randomUUID()}`, type: 'mcp_list_tools' as const, server_label: label };
      const place = add({ ...item, tools: [] });
      emit({ type: 'response.mcp_list_tools.in_progress', item_id: item.id }, place);
      emit({ type: `response.mcp_list_tools.${error === undefined ? 'completed' : 'failed'}`, item_id: item.id }, place);
      done({ ...item, tools, error: error ?? null }, place);
    },
    calling: ({ tool, input, approval }) => {
      const given = JSON.stringify(input);
      const item = {
        id: `mcp_${randomUUID()}`,
        type: 'mcp_call' as const,
        name: tool,
        server_label: label,
        approval_request_id: approval ?? null,
      };
      const place = add({ ...item, arguments: '', status: 'in_progress' });
      emit({ type: 'response.mcp_call.in_progress', item_id: item.id }, place);
      emit({ type: 'response.mcp_call_arguments.delta', item_id: item.id, delta: given }, place);
      emit({ type: 'response.mcp_call_arguments.done', item_id: item.id, arguments: given }, place);
      return ({ output: said, error }) => {
        const status = error === undefined ? 'completed' : 'failed';
        emit({ type: `response.mcp_call.${status}`, item_id: item.id }, place);
        const ended = { ...item, arguments: given, status, output: said ?? null, error: error ?? null };
        done(ended as Item, place); // an error may also be a text, as it was in earlier versions of the API
      };
    },
    approval: (requestId, tool, input) => {
      const item = { id: requestId, type: 'mcp_approval_request' as const, name: tool, server_label: label };
      const whole = { ...item, arguments: JSON.stringify(input) };
      done(whole, add(whole));
    },
    say: (text, until = () => false) => {
      const item = message([]);
      const place = add({ ...item, status: 'in_progress' });
      const at = { item_id: item.id, content_index: 0 };
      emit({ type: 'response.content_part.added', ...at, part: part('') }, place);
      for (const [nth, delta] of (text.match(/.{1,7}/gsu) ?? []).entries()) {
        if (until(nth)) return;
        emit({ type: 'response.output_text.delta', ...at, delta, logprobs: [] }, place);
      }
      emit({ type: 'response.output_text.done', ...at, text, logprobs: [] }, place);
      emit({ type: 'response.content_part.done', ...at, part: part(text) }, place);
      done({ ...item, content: [part(text)] }, place);
    },
    refuse: (refusal) => {
      const item = message([]);
      const place = add({ ...item, status: 'in_progress' });
      const at = { item_id: item.id, content_index: 0 };
      emit({ type: 'response.refusal.delta', ...at, delta: refusal }, place);
      emit({ type: 'response.refusal.done', ...at, refusal }, place);
      done({ ...item, content: [{ type: 'refusal', refusal }] }, place);
    },
    end: (status, more) => {
      emit({ type: `response.${status}`, response: response(status, more) });
      to.end();
    },
  };
};

const part = (written: string) => ({ type: 'output_text' as const, text: written, annotations: [] });

const message = (content: OpenAI.Responses.ResponseOutputMessage['content']): OpenAI.Responses.ResponseOutputMessage => ({
  id: `msg_${randomUUID()}`,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content,
});
