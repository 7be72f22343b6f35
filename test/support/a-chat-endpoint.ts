import { LLMock } from '@copilotkit/aimock';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { curious, type HeardCall, type ScriptedModel } from './a-scripted-model.ts';

/** What goes wrong with one request, in the words of aimock. */
export interface SpoiltChat {
  readonly status?: number;
  readonly code?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly finishReason?: string;
}

export interface ChatEndpointOptions {
  readonly model?: ScriptedModel;
  /** By the number of the request, from 1. */
  readonly spoil?: (nth: number) => SpoiltChat | undefined;
}

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.string().nullable(),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(z.object({ id: z.string(), type: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
    .optional(),
});
const requestSchema = z.looseObject({ model: z.string(), messages: z.array(messageSchema) });
export type ChatRequest = z.infer<typeof requestSchema>;

export interface AChatEndpoint {
  readonly baseUrl: string;
  /** Every request, as it arrived. */
  readonly asked: readonly ChatRequest[];
}

/** Chat Completions on a port of this machine, spoken by aimock for a scripted model. */
export const aChatEndpoint = async ({
  model = curious,
  spoil = () => undefined,
}: ChatEndpointOptions = {}): Promise<AChatEndpoint> => {
  const asked: ChatRequest[] = [];
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  mock.addFixture({
    match: { predicate: () => true },
    chunkSize: 8,
    response: (given) => {
      const request = requestSchema.parse(given);
      asked.push(request);
      const { status, code, retryAfter, finishReason } = spoil(asked.length) ?? {};
      if (status !== undefined) {
        const error = { message: 'it says why', ...(code === undefined ? {} : { code }) };
        return { error, status, ...(retryAfter === undefined ? {} : { retryAfter }) };
      }
      const move = model(questionIn(request), heardIn(request));
      const ended = finishReason === undefined ? {} : { finishReason };
      if ('say' in move) return { content: move.say, ...ended };
      return { toolCalls: move.calls.map(({ tool, input }) => ({ name: tool, arguments: JSON.stringify(input) })) };
    },
  });
  await mock.start();
  onTestFinished(() => mock.stop());
  return { baseUrl: `${mock.url}/v1`, asked };
};

const questionIn = ({ messages }: ChatRequest): string => messages.findLast(({ role }) => role === 'user')?.content ?? '';

/** What the tools answered since the last question. */
const heardIn = ({ messages }: ChatRequest): HeardCall[] => {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'user'));
  const calls = new Map(since.flatMap(({ tool_calls: made = [] }) => made.map((call) => [call.id, call.function] as const)));
  return since.flatMap(({ tool_call_id: id, content }) => {
    const call = calls.get(id ?? '');
    return call ? [{ tool: call.name, input: inputOf(call.arguments), answer: content ?? '' }] : [];
  });
};

const inputOf = (text: string): object => z.looseObject({}).parse(JSON.parse(text));
