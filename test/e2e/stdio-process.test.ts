import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { serveArguments } from '../support/a-client.ts';
import { environment, LAUNCHER } from '../support/a-command.ts';
import { type APlace, aPlace, synced } from '../support/a-place.ts';
import { ADA, LINES } from '../support/a-served-place.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // the program is started several times

/** As long as a client waits before it kills a server. */
const PROMPT_MS = 2_000;

let place: APlace;

beforeAll(async () => {
  place = await synced(await aPlace(LINES));
});

afterAll(() => place.remove());

/** A server without a client of anybody: lines in, lines out. */
const serve = () => {
  const child = spawn(process.execPath, [LAUNCHER, ...serveArguments({ ...place, who: ADA })], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  const ended = once(child, 'close');
  const heard: string[] = [];
  const lines = createInterface({ input: child.stdout }).on('line', (line) => heard.push(line));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const say = (...messages: readonly (object | string)[]): void => {
    for (const message of messages) child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  };
  return { child, ended, heard, say, next: () => once(lines, 'line'), stderr: () => stderr };
};

const greeting = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'lines', version: '1' } },
};
const ask = (id: number, name: string, given: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: given },
});

describe('the process', () => {
  test('writes nothing to stdout but the protocol, whatever it is told', async () => {
    const server = serve();
    server.say(greeting);
    await server.next();
    server.say(
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      'this is no JSON',
      '{"jsonrpc":"2.0","id":9,"method":"no/such/method"}',
      ask(2, 'search', { query: '' }),
      ask(3, 'search', { query: 'spring' }),
    );
    while (!server.heard.some((line) => line.includes('"id":3'))) await server.next();
    server.child.stdin.end();
    expect(await server.ended).toEqual([0, null]);
    const messages = server.heard.map((line) =>
      z.looseObject({ jsonrpc: z.literal('2.0'), id: z.number() }).parse(JSON.parse(line)),
    );
    expect(new Set(messages.map(({ id }) => id))).toEqual(new Set([1, 2, 3, 9]));
    expect(server.stderr()).toMatch(/^Castellan \d+\.\d+\.\d+ answers for ada@acme\.test over stdio\.\n/u);
  });

  test('ends well when its client hangs up', async () => {
    const server = serve();
    server.say(greeting);
    await server.next();
    const since = performance.now();
    server.child.stdin.end();
    expect(await server.ended).toEqual([0, null]);
    expect(performance.now() - since).toBeLessThan(PROMPT_MS);
  });

  test('ends well when it is told to terminate', async () => {
    const server = serve();
    server.say(greeting);
    await server.next();
    const since = performance.now();
    server.child.kill('SIGTERM');
    expect(await server.ended).toEqual([0, null]);
    expect(performance.now() - since).toBeLessThan(PROMPT_MS);
  });

  test('says who cannot be served before any client waits', async () => {
    const { code, stdout, stderr } = await place.run(['serve', '--stdio', '--as', 'nobody']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatchInlineSnapshot(`
      ""nobody" names nobody. Give a verified e-mail (ada@acme.test) or issuer|subject.
      "
    `);
  });
});
