import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { environment, LAUNCHER } from '../support/a-command.ts';
import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { aPeer } from '../support/a-peer.ts';
import { aResponsesEndpoint, KEY } from '../support/a-responses-endpoint.ts';
import { curious } from '../support/a-scripted-model.ts';

/** Gives a program a terminal; part of every Linux that people sit at, and not of every container. */
const SCRIPT = '/usr/bin/script';
const noTerminals = process.platform !== 'linux' || !existsSync(SCRIPT);
if (noTerminals) process.stderr.write(`SKIPPED: what needs a real terminal, for which there is no ${SCRIPT}.\n`);

let place: AnHttpPlace;

beforeAll(async () => {
  place = await anHttpPlace();
});
afterAll(() => place.remove());

/** The command line that asks there. */
const asking = (baseUrl: string, more: readonly string[] = []): string[] => {
  const { origin, config, data } = place;
  const where = ['--base-url', baseUrl, '--port', new URL(origin).port, '--config', config, '--data', data];
  const question = 'How large is the salary increase for 2026?';
  return [process.execPath, LAUNCHER, 'ask', question, '--as', 'ada@acme.test', ...where, ...more];
};

const started = ([command = '', ...argv]: readonly string[]): { child: ChildProcess; printed: () => string } => {
  const child = spawn(command, argv, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment(), OPENAI_API_KEY: KEY, SHELL: '/bin/sh' },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, printed: () => printed };
};

/** The same at a terminal of its own. */
const atTerminal = (words: readonly string[]): ReturnType<typeof started> => {
  const line = words.map((word) => `'${word}'`).join(' ');
  return started([SCRIPT, '--quiet', '--flush', '--return', '--command', line, '/dev/null']);
};

const requestSchema = z.looseObject({ tools: z.tuple([z.looseObject({ authorization: z.string() })]) });

/** An API that begins to answer and says no more, and the token it was given. */
const aSlowApi = async (): Promise<{ baseUrl: string; token: Promise<string> }> => {
  const { promise: token, resolve } = Promise.withResolvers<string>();
  const { url } = await aPeer(({ body }, to: ServerResponse) => {
    to.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = { type: 'response.created', sequence_number: 1, response: { id: 'resp_1' } };
    to.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    resolve(requestSchema.parse(JSON.parse(body)).tools[0].authorization);
  });
  return { baseUrl: `${url}/v1`, token };
};

const statusWith = async (token: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await fetch(place.url, { method: 'POST', headers, body: '{}' })).status;
};

describe('a run that is stopped in the middle of an answer takes its token back', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s', async (signal) => {
    const { baseUrl, token } = await aSlowApi();
    const { child } = started(asking(baseUrl));
    expect(await statusWith(await token)).not.toBe(401);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await statusWith(await token)).toBe(401);
  });

  test.skipIf(noTerminals)('by a terminal that is closed', async () => {
    const { baseUrl, token } = await aSlowApi();
    const { child } = atTerminal(asking(baseUrl));
    expect(await statusWith(await token)).not.toBe(401);
    child.kill('SIGKILL'); // and with it the terminal is gone
    await vi.waitFor(async () => expect(await statusWith(await token)).toBe(401), { timeout: 30_000, interval: 100 });
  });
});

/** Types `ahead` before the model asks for anything, and `then` once the person is asked. */
const approved = async (ahead: string, then: string): Promise<{ heard: readonly string[]; printed: string }> => {
  const arrived = Promise.withResolvers<void>();
  const endpoint = await aResponsesEndpoint({
    model: curious,
    spoil: () => {
      arrived.resolve();
      return undefined;
    },
    holds: () => typed.promise,
  });
  const typed = Promise.withResolvers<void>();
  const { child, printed } = atTerminal(asking(endpoint.baseUrl, ['--approve']));
  await arrived.promise;
  child.stdin?.write(ahead);
  setTimeout(typed.resolve, 500); // until it has gone through the terminal
  await vi.waitFor(() => expect(printed()).toMatch(/\[y\/N\] $/u), { timeout: 30_000 });
  child.stdin?.write(then);
  await once(child, 'exit');
  return { heard: endpoint.heard, printed: printed() };
};

describe.skipIf(noTerminals)('at a real terminal', () => {
  test.each([
    ['a line', 'y\r', 'n\r'],
    ['half a line', 'y', '\r'],
  ])('%s that was typed ahead approves nothing', async (_, ahead, then) => {
    const { heard, printed } = await approved(ahead, then);
    expect(printed).toContain('Not made.');
    expect(heard).toEqual([]);
  });
});
