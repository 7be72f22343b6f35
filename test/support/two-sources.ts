import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { onTestFinished } from 'vitest';

import type { Place } from '../../src/cli/parts.ts';
import { AppError } from '../../src/core/errors.ts';
import { openDesk } from '../../src/open-desk.ts';
import { openHttp } from '../../src/open-http.ts';
import { openIndex } from '../../src/open-index.ts';
import type { Era } from './a-client.ts';
import { type AMachine, aMachine } from './a-machine.ts';
import { ORGANISATION } from './a-place.ts';
import { aToken } from './a-token.ts';
import { toolCall } from './mcp-messages.ts';

/** One question: whoever asks, through a client. */
export interface Question {
  readonly who: string;
  readonly client: string;
  readonly tool: 'search' | 'fetch' | 'list_sources';
  readonly input: Readonly<Record<string, unknown>>;
}

/** A place of sources of lines, on a clock of the test. */
export interface TwoSources {
  readonly place: Place;
  readonly machine: AMachine;
  write(source: string, lines: string | Uint8Array): Promise<void>;
  /** How the run ended. `meanwhile` is called again and again until it did. */
  sync(source: string, meanwhile?: () => Promise<void>): Promise<string>;
  /** Opens the server over HTTP; asks over it in both eras, and on the command line. */
  open(): Promise<Asked>;
}

/** What a place answers; every byte but request ids, dates and the sealed cursors. */
export interface Asked {
  /** Over HTTP in an era, with status and headers. */
  '2026-07-28'(question: Question): Promise<string>;
  '2025-11-25'(question: Question): Promise<string>;
  /** As the command line and stdio ask, where the client has one name. */
  desk(question: Question): Promise<string>;
  close(): Promise<void>;
}

/** Makes a place with these sources, gone with the test. */
export const twoSources = async (sources: readonly string[], now: () => number, more = ''): Promise<TwoSources> => {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-two-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = { config: join(folder, 'castellan.yaml'), data: join(folder, 'data') };
  const listed = sources.map((name) => `  ${name}: { connector: jsonl, path: ./${name}.jsonl }\n`).join('');
  await writeFile(
    place.config,
    `${ORGANISATION}embedding: { provider: none }\nsources:\n${listed}` +
      `server: { listen: "127.0.0.1:0", limits: { per_minute: 1000000, at_once: 100 } }\n${more}`,
  );
  const machine = aMachine({ now });
  const write: TwoSources['write'] = (source, lines) => writeFile(join(folder, `${source}.jsonl`), lines);
  for (const source of sources) await write(source, '');
  return {
    place,
    machine,
    write,
    sync: async (source, meanwhile) => {
      const index = await openIndex(place, machine);
      try {
        const options = { acceptDeletions: true, signal: new AbortController().signal, onProgress: () => undefined };
        const ended = new AbortController();
        const synced = index.sync(source, options).finally(() => ended.abort());
        if (meanwhile) while (!ended.signal.aborted) await meanwhile();
        return (await synced).status;
      } finally {
        await index.close();
      }
    },
    open: () => ask(place, machine),
  };
};

const ask = async (place: Place, machine: AMachine): Promise<Asked> => {
  const gateway = await patiently(() => openHttp(place, machine, { log: new PassThrough() }));
  const desk = await openDesk(place, machine);
  const stopping = new AbortController();
  const served = gateway.serve(stopping.signal);
  const url = `${gateway.listening}/mcp`;
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = ({ who, client }: Question): Promise<string> => {
    const made = tokens.get(`${who} ${client}`) ?? aToken(who, { data: place.data, audience: url, client, minutes: 15 });
    tokens.set(`${who} ${client}`, made);
    return made;
  };
  const over = async (era: Era, question: Question): Promise<string> => {
    const { body, headers } = toolCall(era, question.tool, question.input);
    const authorization = `Bearer ${await tokenOf(question)}`;
    const response = await fetch(url, { method: 'POST', body, headers: { ...headers, authorization } });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    const kept = [...response.headers].filter(([name]) => !['x-request-id', 'date', 'content-length'].includes(name));
    return masked(JSON.stringify([response.status, kept, await response.text()]));
  };
  return {
    '2026-07-28': (question) => patiently(() => over('2026-07-28', question)),
    '2025-11-25': (question) => patiently(() => over('2025-11-25', question)),
    desk: ({ who, tool, input }) =>
      patiently(async () => masked(JSON.stringify(await desk.ask({ who, tool, input, signal: new AbortController().signal })))),
    close: async () => {
      stopping.abort();
      await served;
      await gateway.close();
      await desk.close();
    },
  };
};

/** A cursor is sealed anew each time. */
const masked = (said: string): string => said.replaceAll(/(?<=next_cursor[\\]*":[\\]*")[A-Za-z0-9_-]{64}/gu, 'cursor');

/** What load alone refuses says nothing of what is hidden: it is asked again. */
const patiently = async <T>(work: () => Promise<T>, tries = 5): Promise<T> => {
  try {
    const done = await work();
    if (tries === 1 || typeof done !== 'string' || !/(?<![a-z_])unavailable/u.test(done)) return done;
  } catch (error) {
    if (tries === 1 || !(error instanceof AppError && error.code === 'unavailable')) throw error;
  }
  return patiently(work, tries - 1);
};
