import type OpenAI from 'openai';

import { AppError } from '../core/errors.ts';
import { createBounds } from './bounds.ts';
import { type ConnectedTools, resultsOf } from './call-tools.ts';
import { createCiter } from './cite.ts';
import { type AskedWhom, brokenOff, endedEarly, explained, refused, saidNothing } from './failure.ts';
import { jsonOf } from './given.ts';
import { CONTEXT_MAX, fitted, messagesOf, type Turn } from './history.ts';
import { instructionsFor } from './instructions.ts';
import { DEFAULT_MODEL } from './model.ts';
import { type Call, createPieces } from './pieces.ts';
import type { AskedOf, Told, Word } from './told.ts';

export interface ChatQuestion {
  readonly openai: OpenAI;
  readonly model?: string;
  readonly mcp: ConnectedTools;
  readonly question: string;
  /** Earlier turns, the oldest first. */
  readonly history?: readonly Turn[];
  /** `always`: a person is asked before every call. `never`, the default: before those of tools that do not say that they only read. */
  readonly approval?: 'never' | 'always';
  /** Asked before a call that needs a person's word; without it the answer is no. */
  readonly approve?: (call: AskedOf) => Promise<Word>;
  /** How long one call of a tool may take, in ms. */
  readonly callMs?: number;
  /** How much of a conversation is sent, in characters: for a model that holds less. */
  readonly contextMax?: number;
  readonly signal?: AbortSignal;
}

/** Times that the model may call tools before it must have answered. */
const ROUNDS_MAX = 10;
/** Between what the model says before it calls and after. */
const PARAGRAPH = '\n\n';

type Message = OpenAI.Chat.ChatCompletionMessageParam;

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
    { role: 'system', content: instructionsFor(names) },
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
    for (const { call, answer, told } of await resultsOf(calls, { ...question, tools })) {
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
  using bounds = createBounds(signal);
  const pieces = createPieces();
  let [text, refusal, finished, began] = ['', '', '', false];
  const reply = (error?: AppError): Reply => ({ text, calls: pieces.calls(), ...(error && { error }) });
  try {
    for await (const { choices } of await openai.chat.completions.create(request, { signal: bounds.signal })) {
      began = true;
      const [choice] = choices;
      if (!choice) continue;
      const { content, refusal: no, tool_calls: calls } = choice.delta;
      for (const piece of calls ?? []) bounds.add(pieces.add(piece));
      refusal += no ?? '';
      text += content ?? '';
      bounds.add((no ?? '').length + (content ?? '').length);
      if (content) yield content;
      finished = choice.finish_reason ?? finished;
      if (bounds.over()) break;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (bounds.over()) return reply(bounds.over());
    const why = explained(error, whom);
    if (why !== error && why instanceof AppError) return reply(why);
    if (!began) throw why;
    return reply(brokenOff(error));
  }
  signal?.throwIfAborted(); // which ends a stream in silence
  if (bounds.over()) return reply(bounds.over());
  if (refusal !== '') return reply(refused(refusal, whom));
  if (finished === '') return reply(brokenOff());
  return finished === 'stop' || finished === 'tool_calls' ? reply() : reply(endedEarly(finished));
}
