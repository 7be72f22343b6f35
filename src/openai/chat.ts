import { setTimeout as pause } from 'node:timers/promises';

import type OpenAI from 'openai';
import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { createCiter } from './cite.ts';
import { type AskedWhom, brokenOff, endedEarly, explained, refused, saidNothing } from './failure.ts';
import { type Heard, heardOf, jsonOf } from './given.ts';
import { CONTEXT_MAX, fitted, messagesOf, type Turn } from './history.ts';
import { INSTRUCTIONS } from './instructions.ts';
import { DEFAULT_MODEL } from './model.ts';
import type { Told } from './told.ts';

/** One of them. A call that was not answered is made again only where this says that it changes nothing, or nothing more. */
interface ConnectedTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: object;
  readonly annotations?:
    | { readonly readOnlyHint?: boolean | undefined; readonly idempotentHint?: boolean | undefined }
    | undefined;
}

/** The tools of a server, through an MCP client that is connected for one person: `Client` of the MCP SDK is one. */
export interface ConnectedTools {
  listTools(params?: undefined, options?: { signal?: AbortSignal }): Promise<{ tools: readonly ConnectedTool[] }>;
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    options?: { signal?: AbortSignal; timeout?: number },
  ): Promise<unknown>;
}

export interface ChatQuestion {
  readonly openai: OpenAI;
  readonly model?: string;
  readonly mcp: ConnectedTools;
  readonly question: string;
  /** Earlier turns, the oldest first. */
  readonly history?: readonly Turn[];
  /** How long one call of a tool may take, in ms. */
  readonly callMs?: number;
  /** How much of a conversation is sent, in characters: for a model that holds less. */
  readonly contextMax?: number;
  readonly signal?: AbortSignal;
}

/** Times that the model may call tools before it must have answered. */
const ROUNDS_MAX = 10;
/** Calls at once; of more, the model hears that they were too many. */
const CALLS_MAX = 16;
/** In ms: far above the slowest measured answer of the server. */
const CALL_MS = 30_000;
const TRIES = 3;
/** Between what the model says before it calls and after. */
const PARAGRAPH = '\n\n';
/** The first pause between two tries, in ms; doubled with each. */
const PAUSE = 200;

type Message = OpenAI.Chat.ChatCompletionMessageParam;
type Call = OpenAI.Chat.ChatCompletionMessageFunctionToolCall;

/** What the model said in one go. */
interface Reply {
  readonly text: string;
  readonly calls: readonly Call[];
  readonly error?: AppError;
}

/**
 * Asks through Chat Completions, of OpenAI or of whoever speaks it, and calls the tools itself. Tells what happens as it does.
 * Throws where there is no answer at all; an answer that broke off is told as incomplete.
 */
export async function* askWithChat(question: ChatQuestion): AsyncGenerator<Told, void> {
  const { openai, model = DEFAULT_MODEL, mcp, history = [], contextMax = CONTEXT_MAX, signal } = question;
  const whom: AskedWhom = { baseUrl: openai.baseURL, model, secrets: [openai.apiKey ?? ''] };
  const { tools } = await mcp.listTools(undefined, signal ? { signal } : {});
  const names = tools.map(({ name }) => name);
  yield { kind: 'tools', names, gone: [], added: [] };
  const functions = tools.map(({ name, description = '', inputSchema }): OpenAI.Chat.ChatCompletionTool => ({
    type: 'function',
    function: { name, description, parameters: { ...inputSchema } },
  }));
  const earlier = messagesOf(history);
  const messages: Message[] = [
    { role: 'system', content: INSTRUCTIONS },
    ...earlier,
    { role: 'user', content: question.question },
  ];
  const citer = createCiter();
  let text = '';
  let incomplete: AppError | undefined = endedEarly('too many rounds of calls');

  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const sent = fitted(messages, earlier.length, contextMax);
    const telling = readReply(openai, { model, messages: sent, tools: functions, stream: true }, whom, signal);
    let next = await telling.next();
    for (; !next.done; next = await telling.next()) {
      const shown = citer.text(next.value);
      text += shown;
      if (shown !== '') yield { kind: 'text', text: shown };
    }
    const { text: said, calls, error } = next.value;
    incomplete = error;
    if (error || calls.length === 0) break;
    if (said !== '') yield { kind: 'text', text: PARAGRAPH };
    text += said === '' ? '' : PARAGRAPH;
    messages.push({ role: 'assistant', content: said === '' ? null : said, tool_calls: [...calls] });
    for (const { function: asked } of calls) yield { kind: 'calling', tool: asked.name, input: jsonOf(asked.arguments) };
    const heard = await Promise.all(calls.map((call, place) => resultOf(call, place, tools, question)));
    for (const { call, answer, told } of heard) {
      citer.given(told.documents);
      yield { kind: 'called', tool: call.function.name, input: jsonOf(call.function.arguments), ...told };
      messages.push({ role: 'tool', tool_call_id: call.id, content: answer });
    }
    incomplete = endedEarly('too many rounds of calls');
  }
  const rest = citer.rest();
  if (rest !== '') yield { kind: 'text', text: rest };
  text += rest;
  if (text.trim() === '') throw incomplete ?? saidNothing(whom);
  const answer = {
    text,
    ...(incomplete && { incomplete }),
    citations: citer.citations(),
    given: citer.all(),
    model,
    tools: names,
  };
  yield { kind: 'ended', answer };
}

/** Reads one stream to its end: the text as it comes, then all of it, and which tools are called. */
async function* readReply(
  openai: OpenAI,
  request: OpenAI.Chat.ChatCompletionCreateParamsStreaming,
  whom: AskedWhom,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, Reply> {
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  let [text, refusal, finished, began] = ['', '', '', false];
  const reply = (error?: AppError): Reply => ({
    text,
    calls: [...calls.values()].map(({ id, ...asked }) => ({ id, type: 'function', function: asked })),
    ...(error && { error }),
  });
  try {
    for await (const { choices } of await openai.chat.completions.create(request, signal ? { signal } : {})) {
      began = true;
      const [choice] = choices;
      if (!choice) continue;
      const { content, refusal: no, tool_calls: pieces } = choice.delta;
      for (const { index, id, function: piece } of pieces ?? []) {
        const call = calls.get(index) ?? { id: id ?? `call-${index}`, name: '', arguments: '' };
        calls.set(index, call);
        call.name += piece?.name ?? '';
        call.arguments += piece?.arguments ?? '';
      }
      refusal += no ?? '';
      text += content ?? '';
      if (content) yield content;
      finished = choice.finish_reason ?? finished;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const why = explained(error, whom);
    if (why !== error && why instanceof AppError) return reply(why);
    if (!began) throw why;
    return reply(brokenOff(error));
  }
  signal?.throwIfAborted(); // which ends a stream in silence
  if (refusal !== '') return reply(refused(refusal, whom));
  if (finished === '') return reply(brokenOff());
  return finished === 'stop' || finished === 'tool_calls' ? reply() : reply(endedEarly(finished));
}

interface Result {
  readonly call: Call;
  /** For the model. */
  readonly answer: string;
  readonly told: Pick<Heard, 'documents' | 'failed'>;
}

const result = (call: Call, answer: string, { documents, failed }: Pick<Heard, 'documents' | 'failed'>): Result => ({
  call,
  answer,
  told: { documents, ...(failed === undefined ? {} : { failed }) },
});

/** A call that cannot be made is an answer too: the model hears why, and the other calls go on. */
const failed = (call: Call, why: string): Result =>
  result(call, JSON.stringify({ error: { message: why } }), { documents: [], failed: why });

/** Makes one call: again where it may succeed then, and not for ever. */
const resultOf = async (
  call: Call,
  place: number,
  tools: readonly ConnectedTool[],
  { mcp, callMs = CALL_MS, signal }: ChatQuestion,
): Promise<Result> => {
  const { name, arguments: written } = call.function;
  const given = argumentsOf(written);
  if (place >= CALLS_MAX) return failed(call, `At most ${CALLS_MAX} calls are made at once. Make this one next.`);
  const tool = tools.find((one) => one.name === name);
  if (!tool) {
    const names = tools.map((one) => one.name).join(', ');
    return failed(call, `There is no tool ${JSON.stringify(name.slice(0, 100))}. There are: ${names}.`);
  }
  if (!given) return failed(call, 'The arguments are not an object of JSON. Write them as one.');
  for (let tried = 1; ; tried += 1) {
    const options = { timeout: callMs, ...(signal && { signal }) };
    const text = await mcp.callTool({ name, arguments: given }, options).then(textOf, (error: unknown) => {
      signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return JSON.stringify({ error: { message: `The tool did not answer: ${why}`, retry: isLate(error) && mayRepeat(tool) } });
    });
    const heard = heardOf(text);
    if (!heard.retry || tried === TRIES) return result(call, text, heard);
    await pause(PAUSE * 2 ** (tried - 1), undefined, signal ? { signal } : {});
  }
};

const argumentsOf = (written: string): Record<string, unknown> | undefined =>
  z.record(z.string(), z.unknown()).safeParse(jsonOf(written === '' ? '{}' : written)).data;

const textOf = (answer: unknown): string => {
  const { content } = z.looseObject({ content: z.array(z.looseObject({ text: z.string().default('') })) }).parse(answer);
  return content.map(({ text }) => text).join('');
};

const mayRepeat = ({ annotations }: ConnectedTool): boolean =>
  annotations?.readOnlyHint === true || annotations?.idempotentHint === true;

const isLate = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'REQUEST_TIMEOUT';
