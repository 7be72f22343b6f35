import { setTimeout as pause } from 'node:timers/promises';

import { z } from 'zod';

import { heardOf, jsonOf } from './given.ts';
import type { Call } from './pieces.ts';
import type { AskedOf, Gave, Word } from './told.ts';

/** A tool of a server. One that does not say that it only reads is called where a person says so. */
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

interface Calling {
  readonly mcp: ConnectedTools;
  readonly tools: readonly ConnectedTool[];
  /** `always`: a person is asked before every call. `never`, the default: before those that may change something. */
  readonly approval?: 'never' | 'always' | undefined;
  /** Asked before a call that needs a person's word; without it the answer is no. */
  readonly approve?: ((call: AskedOf) => Promise<Word>) | undefined;
  /** How long one call may take, in ms. */
  readonly callMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls at once; of more, the model hears that they were too many. */
const CALLS_MAX = 16;
/** In ms: far above the slowest measured answer of the server. */
const CALL_MS = 30_000;
const TRIES = 3;
/** The first pause between two tries, in ms; doubled with each. */
const PAUSE = 200;

/** How one call ended. */
interface Result {
  readonly call: Call;
  /** For the model. */
  readonly answer: string;
  readonly told: Gave;
}

/** Makes the calls of one reply: a person is asked about one after the other, and then all are made at once. */
export const resultsOf = async (calls: readonly Call[], calling: Calling): Promise<readonly Result[]> => {
  const ready: (Result | Ready)[] = [];
  for (const [place, call] of calls.entries()) ready.push(await readied(call, place, calling));
  return Promise.all(ready.map(async (one) => ('answer' in one ? one : made(one, calling))));
};

/** A call that may be made. */
interface Ready {
  readonly call: Call;
  readonly tool: ConnectedTool;
  readonly given: Record<string, unknown>;
}

/** A call that cannot be made is an answer too: the model hears why, and the other calls go on. */
const readied = async (call: Call, place: number, { tools, approval, approve }: Calling): Promise<Result | Ready> => {
  const { name, arguments: written } = call.function;
  if (place >= CALLS_MAX) return failed(call, `At most ${CALLS_MAX} calls are made at once. Make this one next.`);
  const tool = tools.find((one) => one.name === name);
  if (!tool) {
    const names = tools.map((one) => one.name).join(', ');
    return failed(call, `There is no tool ${JSON.stringify(name.slice(0, 100))}. There are: ${names}.`);
  }
  const given = argumentsOf(written);
  if (!given) return failed(call, 'The arguments are not an object of JSON. Write them as one.');
  const asks = approval === 'always' || tool.annotations?.readOnlyHint !== true;
  const word = !asks || ((await approve?.({ tool: name, input: given })) ?? false);
  if (word !== true) return failed(call, word === false ? NOT_APPROVED : word.no);
  return { call, tool, given };
};

const NOT_APPROVED = 'The person did not approve this call. It was not made. Go on without it.';

/** Makes one call: again where it may succeed then, and not for ever. */
const made = async ({ call, tool, given }: Ready, { mcp, callMs = CALL_MS, signal }: Calling): Promise<Result> => {
  for (let tried = 1; ; tried += 1) {
    const options = { timeout: callMs, ...(signal && { signal }) };
    const text = await mcp.callTool({ name: tool.name, arguments: given }, options).then(textOf, (error: unknown) => {
      signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return JSON.stringify({ error: { message: `The tool did not answer: ${why}`, retry: isLate(error) && mayRepeat(tool) } });
    });
    const { retry, ...gave } = heardOf(text);
    if (!retry || tried === TRIES) return { call, answer: text, told: gave };
    await pause(PAUSE * 2 ** (tried - 1), undefined, signal ? { signal } : {});
  }
};

const failed = (call: Call, why: string): Result => ({
  call,
  answer: JSON.stringify({ error: { message: why } }),
  told: { documents: [], failed: why },
});

const argumentsOf = (written: string): Record<string, unknown> | undefined =>
  z.record(z.string(), z.unknown()).safeParse(jsonOf(written === '' ? '{}' : written)).data;

const textOf = (answer: unknown): string => {
  const { content } = z.looseObject({ content: z.array(z.looseObject({ text: z.string().default('') })) }).parse(answer);
  return content.map(({ text }) => text).join('');
};

const mayRepeat = ({ annotations }: ConnectedTool): boolean =>
  annotations?.readOnlyHint === true || annotations?.idempotentHint === true;

const isLate = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'REQUEST_TIMEOUT';
