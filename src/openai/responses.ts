import type OpenAI from 'openai';

import { AppError } from '../core/errors.ts';
import { type Approval, answersTo } from './approvals.ts';
import { createBounds } from './bounds.ts';
import { createCiter } from './cite.ts';
import {
  type AskedWhom,
  brokenOff,
  endedEarly,
  explained,
  failedRun,
  refused,
  saidNothing,
  scrubbed,
  unlisted,
} from './failure.ts';
import { jsonOf } from './given.ts';
import { instructionsFor } from './instructions.ts';
import { toldBy } from './mcp-items.ts';
import { DEFAULT_MODEL } from './model.ts';
import { labelOf, type MountCaller, type MountedServer, mountTool } from './mount-tool.ts';
import type { AskedOf, Told, Word } from './told.ts';

export interface ResponsesQuestion {
  readonly openai: OpenAI;
  readonly model?: string;
  readonly server: MountedServer;
  readonly caller: MountCaller;
  readonly question: string;
  /** Goes on with a conversation that OpenAI keeps. It knows all that was given in it: go on only for the same person. */
  readonly previousResponseId?: string;
  /** The tools that were listed in that conversation, to tell when they change. */
  readonly knownTools?: readonly string[];
  /** Asked before a call that needs a person's word; without it the answer is no. */
  readonly approve?: (call: AskedOf) => Promise<Word>;
  /** Whether OpenAI keeps the conversation, so that it can go on: yes unless said otherwise. Approvals need it. */
  readonly store?: boolean;
  readonly signal?: AbortSignal;
}

/** Rounds of approvals of one question. */
const ROUNDS_MAX = 10;

type Input = OpenAI.Responses.ResponseInput | string;
type Event = OpenAI.Responses.ResponseStreamEvent;

/** How one request ended. */
interface Round {
  readonly id?: string;
  readonly tools?: readonly string[];
  readonly approvals: readonly Approval[];
  readonly error?: AppError;
}

/**
 * Asks through the Responses API, which mounts the server by itself. Tells what happens as it does. Throws where there is no
 * answer at all; an answer that broke off is told as incomplete.
 */
export async function* askWithResponses(question: ResponsesQuestion): AsyncGenerator<Told, void> {
  const { model = DEFAULT_MODEL, approve = async () => false, previousResponseId: previous, store } = question;
  const whom = whomOf(question, model);
  const citer = createCiter();
  let text = '';
  let tools: readonly string[] | undefined;
  let input: Input = question.question;
  let last: Round = { approvals: [], ...(previous !== undefined && { id: previous }) };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const telling = readRound(question, whom, input, last.id);
    let next = await telling.next();
    for (; !next.done; next = await telling.next()) {
      const told = next.value;
      if (told.kind === 'called') citer.given(told.documents);
      const shown = told.kind === 'text' ? { ...told, text: citer.text(told.text) } : told;
      if (shown.kind === 'text') text += shown.text;
      if (shown.kind !== 'text' || shown.text !== '') yield shown;
    }
    last = next.value;
    tools = last.tools ?? tools;
    if (last.error || last.approvals.length === 0) break;
    input = await answersTo(last.approvals, labelOf(question.server), approve);
  }
  const rest = citer.rest();
  if (rest !== '') yield { kind: 'text', text: rest };
  text += rest;
  const incomplete = last.error ?? (last.approvals.length > 0 ? endedEarly('too many approvals') : undefined);
  if (text.trim() === '') throw incomplete ?? saidNothing(whom);
  const answer = { text, ...(incomplete && { incomplete }), citations: citer.citations(), given: citer.all(), model };
  const kept = last.id !== undefined && store !== false;
  yield { kind: 'ended', answer: { ...answer, ...(kept && { responseId: last.id }), ...(tools && { tools }) } };
}

const begin = (
  { openai, server, caller, store = true }: ResponsesQuestion,
  model: string,
  input: Input,
  previous: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<Event>> =>
  openai.responses.create(
    {
      model,
      input,
      instructions: instructionsFor(caller.writes ?? []), // not carried over from one turn to the next
      tools: [mountTool(server, caller)], // and neither is the authorization in it
      store,
      stream: true,
      ...(previous === undefined ? {} : { previous_response_id: previous }),
    },
    { signal },
  );

/** Makes one request, and reads its stream to the event that ends it. */
async function* readRound(
  question: ResponsesQuestion,
  whom: AskedWhom,
  input: Input,
  previous: string | undefined,
): AsyncGenerator<Told, Round> {
  const { signal, knownTools } = question;
  using bounds = createBounds(signal);
  const ours = { label: labelOf(question.server), known: knownTools, clean: (words: string) => scrubbed(words, whom) };
  const approvals: Approval[] = [];
  const names = new Map<string, string>();
  let round: Omit<Round, 'approvals'> = {};
  let messages = 0;
  const ended = (error: AppError | undefined): Round => ({ ...round, approvals, ...(error && { error }) });
  try {
    for await (const event of await begin(question, whom.model, input, previous, bounds.signal)) {
      switch (event.type) {
        case 'response.created':
          round = { ...round, id: event.response.id };
          break;
        case 'response.output_item.added':
          if (event.item.type === 'mcp_call') names.set(event.item.id, event.item.name);
          if (event.item.type === 'message' && (messages += 1) > 1) yield { kind: 'text', text: '\n\n' };
          break;
        case 'response.mcp_call_arguments.done':
          bounds.add(event.arguments.length);
          yield { kind: 'calling', tool: names.get(event.item_id) ?? '', input: jsonOf(event.arguments) };
          break;
        case 'response.output_item.done': {
          if (event.item.type === 'mcp_approval_request') approvals.push(event.item);
          if (event.item.type === 'mcp_list_tools' && event.item.server_label === ours.label) {
            if (typeof event.item.error === 'string') round = { ...round, error: unlisted(event.item.error, whom) };
            else round = { ...round, tools: event.item.tools.map(({ name }) => name) };
          }
          yield* toldBy(event.item, ours);
          break;
        }
        case 'response.output_text.delta':
          bounds.add(event.delta.length);
          yield { kind: 'text', text: event.delta };
          break;
        case 'response.refusal.done':
          round = { ...round, error: refused(event.refusal, whom) };
          break;
        case 'response.completed':
          return ended(round.error);
        case 'response.incomplete':
          return ended(round.error ?? endedEarly(event.response.incomplete_details?.reason));
        case 'response.failed': {
          const { code, message } = event.response.error ?? { code: undefined, message: 'it did not say why' };
          return ended(round.error ?? failedRun(code, message, whom));
        }
        default: // the rest is how the same is told in smaller pieces
      }
      if (bounds.over()) break;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (bounds.over()) return ended(bounds.over());
    const why = explained(error, whom);
    if (why !== error && why instanceof AppError) return ended(round.error ?? why);
    if (round.id === undefined) throw why; // nothing was answered, and it is none of the API's
    return ended(round.error ?? brokenOff(error));
  }
  signal?.throwIfAborted(); // which ends a stream in silence
  return ended(round.error ?? bounds.over() ?? brokenOff());
}

const whomOf = ({ openai, server, caller }: ResponsesQuestion, model: string): AskedWhom => ({
  baseUrl: openai.baseURL,
  model,
  ...('url' in server && { server: server.url }),
  secrets: [caller.token, openai.apiKey ?? ''],
});
