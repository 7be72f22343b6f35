import { PassThrough } from 'node:stream';

import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { openAsking } from '../../src/open-asking.ts';
import type { Ended } from './a-command.ts';
import type { AnHttpPlace } from './a-http-place.ts';
import { aMachine } from './a-machine.ts';
import { aResponsesEndpoint, type AResponsesEndpoint, KEY, type ResponsesEndpointOptions } from './a-responses-endpoint.ts';
import { aPerson } from './a-person.ts';
import { aStream } from './a-stream.ts';
import { partsWith } from './some-parts.ts';

export interface AskOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What a person at the terminal types, a line whenever they are asked; then they hang up. Absent: there is no terminal. */
  readonly typed?: readonly string[];
  /** What they typed before anybody asked. */
  readonly ahead?: string;
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

/** Runs `castellan ask` in this process, on a place that is served. */
export const askAt = async (
  { config, data }: Pick<AnHttpPlace, 'config' | 'data'>,
  argv: readonly string[],
  { env = { OPENAI_API_KEY: KEY }, typed, ahead = '', columns, signal = new AbortController().signal }: AskOptions = {},
): Promise<Ended> => {
  const stdout = aStream(columns === undefined ? {} : { columns });
  const { stdin, stderr } = typed ? aPerson(typed, ahead) : { stdin: new PassThrough().end(), stderr: aStream() };
  const machine = aMachine({ env });
  onTestFinished(() => machine.outgoing.close());
  const terminal = createTerminal({ stdout, stderr, colour: false });
  const warning = { ...machine, warn: (message: string) => terminal.err.line(message) };
  const parts = partsWith({ stdin, openAsking: (place, request) => openAsking(place, request, warning) });
  const code = await runProgram(['ask', ...argv, '--config', config, '--data', data], { parts, terminal, signal });
  return { code, stdout: stdout.written(), stderr: stderr.written() };
};

export interface Asked extends Ended {
  readonly endpoint: AResponsesEndpoint;
}

export interface AskingOptions extends ResponsesEndpointOptions, AskOptions {
  /** One that was asked before; otherwise it is one of its own. */
  readonly endpoint?: AResponsesEndpoint;
}

/** Asks through the Responses API, at an endpoint on this machine. */
export const askThrough = async (
  place: Pick<AnHttpPlace, 'config' | 'data' | 'origin'>,
  argv: readonly string[],
  options: AskingOptions = {},
): Promise<Asked> => {
  const endpoint = options.endpoint ?? (await aResponsesEndpoint(options));
  const where = ['--base-url', endpoint.baseUrl, '--port', new URL(place.origin).port];
  return { ...(await askAt(place, [...argv, ...where], options)), endpoint };
};

/** What `--json` prints, whole. */
const toldSchema = z.strictObject({
  answer: z.string(),
  complete: z.boolean(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  citations: z.array(
    z.strictObject({
      number: z.number(),
      id: z.string(),
      title: z.string(),
      url: z.string().min(1),
      updated_at: z.string(),
      fresh: z.boolean(),
    }),
  ),
  calls: z.array(
    z.strictObject({
      tool: z.string(),
      input: z.unknown(),
      documents: z.array(z.string()),
      not_fresh: z.number(),
      wrote: z
        .strictObject({
          outcome: z.string(),
          proposal: z.string(),
          id: z.string().optional(),
          url: z.string().optional(),
          undo: z.string().optional(),
        })
        .optional(),
      failed: z.string().optional(),
    }),
  ),
  model: z.string(),
  response_id: z.string().optional(),
});

/** What was printed for a program. */
export const told = ({ stdout }: Pick<Ended, 'stdout'>): z.infer<typeof toldSchema> => toldSchema.parse(JSON.parse(stdout));
