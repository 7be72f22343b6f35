import { describe, expect, test } from 'vitest';

import type { Call } from '../../../src/server/call.ts';
import { listen } from '../../../src/server/http/listen.ts';
import { aConnection, aListener, speak, written } from '../../support/a-listener.ts';
import { ERAS } from '../../support/a-client.ts';
import { SAY } from '../../support/an-http-app.ts';
import { answerIn, mcpPost, toolCall } from '../../support/mcp-messages.ts';

const headersOf = (port: number, token: string, more: readonly string[] = []): string[] => [
  `host: 127.0.0.1:${port}`,
  `authorization: Bearer ${token}`,
  ...Object.entries(SAY.headers).map(([name, value]) => `${name}: ${value}`),
  ...more,
];

/** A call that ends only when it is told to, or when it is aborted. */
const aSlowCall = () => {
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const call: Call = async (_name, _input, _callerOf, signal) => {
    signal.addEventListener('abort', () => aborted.resolve(), { once: true });
    begun.resolve();
    await finish.promise;
    return { output: { said: 'at last' } };
  };
  return { call, begun: begun.promise, aborted: aborted.promise, finish: finish.resolve };
};

describe('a connection', () => {
  test('that sends its head a byte at a time is closed', async () => {
    const { listening } = await aListener({ patience: { head: 100 } });
    expect(await speak(listening, 'POST /mcp HTTP/1.1\r\nhost: a', 'b')).toMatch(/^HTTP\/1\.1 408 /u);
  });

  test('that never sends the body it announced is closed, and leaves nothing behind', async () => {
    const { listening, limits } = await aListener({ patience: { head: 100, request: 150 } });
    const { socket, ended } = aConnection(listening.port);
    socket.write(written('POST /mcp', headersOf(listening.port, 'ada'), '{"json', ['content-length: 500']));
    await expect.poll(() => limits.inFlight).toBe(1);
    await ended;
    await expect.poll(() => limits.inFlight).toBe(0);
  });

  test('that says nothing any more is closed', async () => {
    const { listening } = await aListener({ patience: { silence: 100 } });
    expect(await speak(listening)).toBe('');
  });

  test('that is shared by two callers gives each answer to the question it belongs to', async () => {
    const { listening } = await aListener();
    const { port } = listening;
    const ask = (who: string): string =>
      written('POST /mcp', headersOf(port, who), toolCall('2026-07-28', 'say', { what: 'hello' }, 1).body);
    const { socket, heard } = aConnection(port);
    socket.write(['ada', 'bob', 'ada', 'bad', 'bob'].map(ask).join('')); // at once, without waiting for an answer
    await expect.poll(() => heard().match(/(?:ada|bob): hello|invalid_token/gu)).toHaveLength(9);
    expect(heard().match(/"said":"(?:ada|bob): hello|invalid_token/gu)).toEqual([
      '"said":"ada: hello',
      '"said":"bob: hello',
      '"said":"ada: hello',
      'invalid_token',
      '"said":"bob: hello',
    ]);
  });

  test.each([
    ['two hosts', (port: number) => headersOf(port, 'ada', ['host: evil.test'])],
    ['two tokens', (port: number) => headersOf(port, 'ada', ['authorization: Bearer bob'])],
    ['two origins', (port: number) => headersOf(port, 'ada', ['origin: https://a.test', 'origin: https://b.test'])],
    ['two kinds of body', (port: number) => headersOf(port, 'ada', ['content-type: text/plain'])],
  ])('with %s is refused', async (_, headers) => {
    const { listening } = await aListener();
    const heard = await speak(listening, written('POST /mcp', [...headers(listening.port), 'connection: close'], SAY.body));
    expect(heard).toMatch(/^HTTP\/1\.1 400 /u);
    expect(heard.toLowerCase()).toContain('cache-control: no-store');
    expect(heard).not.toMatch(/hello/u);
  });

  test.each(['http://evil.test/mcp', '//evil.test/mcp', '*'])('that asks for %s is refused', async (target) => {
    const { listening } = await aListener();
    expect(await speak(listening, written(`POST ${target}`, headersOf(listening.port, 'ada'), SAY.body))).toMatch(
      /^HTTP\/1\.1 400 /u,
    );
  });

  test('with two lengths, or a length and pieces, is refused', async () => {
    const { listening } = await aListener();
    const headers = headersOf(listening.port, 'ada');
    for (const lengths of [
      ['content-length: 4', 'content-length: 5'],
      ['content-length: 4', 'transfer-encoding: chunked'],
    ]) {
      expect(await speak(listening, written('POST /mcp', headers, SAY.body, lengths))).toMatch(/^HTTP\/1\.1 400 /u);
    }
  });

  test('whose body is coded for its way is refused: what decodes it reads another one', async () => {
    const { listening } = await aListener();
    const pieces = `${SAY.body.length.toString(16)}\r\n${SAY.body}\r\n0\r\n\r\n`;
    const send = (coding: string): Promise<string> =>
      speak(
        listening,
        written('POST /mcp', headersOf(listening.port, 'ada', ['connection: close']), pieces, [`transfer-encoding: ${coding}`]),
      );
    expect(await send('gzip, chunked')).toMatch(/^HTTP\/1\.1 400 /u);
    expect(await send('Chunked')).toMatch(/^HTTP\/1\.1 200 /u);
  });

  test('with an absurdly long header is refused', async () => {
    const { listening } = await aListener();
    expect(await speak(listening, written('POST /mcp', headersOf(listening.port, 'a'.repeat(20_000))))).toMatch(
      /^HTTP\/1\.1 431 /u,
    );
  });

  test('whose body comes in pieces is read to the limit and no further, and told so', async () => {
    const { listening, limits } = await aListener();
    const { socket, heard } = aConnection(listening.port);
    socket.write(written('POST /mcp', headersOf(listening.port, 'ada'), '', ['transfer-encoding: chunked']));
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 20; sent += 1) socket.write(piece);
    await expect.poll(heard).toMatch(/^HTTP\/1\.1 413 /u);
    expect(heard()).toContain('too_large');
    expect(limits.inFlight).toBe(0);
  });
});

describe.each(ERAS)('a client of %s', (era) => {
  test('that goes away while it waits aborts its call, and leaves nothing behind', async () => {
    const slow = aSlowCall();
    const { url, limits } = await aListener({ call: slow.call });
    const gone = new AbortController();
    const { body, headers } = toolCall(era, 'say', { what: 'hello' });
    const asked = fetch(url, { method: 'POST', body, headers: { ...headers, authorization: 'Bearer ada' }, signal: gone.signal })
      .then((response) => response.text())
      .catch((error: unknown) => error);
    await slow.begun;
    expect(limits.inFlight).toBe(1);
    gone.abort();
    await asked;
    await slow.aborted;
    slow.finish();
    await expect.poll(() => limits.inFlight).toBe(0);
  });

  test('that asked before the server was told to stop gets its answer, and nobody after', async () => {
    const slow = aSlowCall();
    const { url, listening } = await aListener({ call: slow.call });
    const { body, headers } = toolCall(era, 'say', { what: 'hello' });
    const ask = (): Promise<Response> =>
      fetch(url, { method: 'POST', body, headers: { ...headers, authorization: 'Bearer ada' } });
    const asked = ask().then((response) => response.text());
    await slow.begun;
    const closed = listening.close(10_000);
    await expect(ask()).rejects.toThrow('fetch failed');
    slow.finish();
    expect(answerIn(await asked)).toMatchObject({ result: { structuredContent: { said: 'at last' } } });
    await closed;
  });

  test('that waits longer than a stopping server does is cut off', async () => {
    const slow = aSlowCall();
    const { url, listening, limits } = await aListener({ call: slow.call });
    const { body, headers } = toolCall(era, 'say', { what: 'hello' });
    const asked = fetch(url, { method: 'POST', body, headers: { ...headers, authorization: 'Bearer ada' } }).then((response) =>
      response.text(),
    );
    const cut = asked.catch((error: unknown) => error);
    await slow.begun;
    await listening.close(50);
    expect(await cut).toBeInstanceOf(TypeError);
    await slow.aborted;
    slow.finish();
    await expect.poll(() => limits.inFlight).toBe(0);
  });
});

test('a subscription ends at once, in good order: nothing here changes under a client', async () => {
  const { url, limits } = await aListener();
  const { body, headers } = mcpPost('2026-07-28', {
    method: 'subscriptions/listen',
    params: { notifications: { toolsListChanged: true } },
  });
  const response = await fetch(url, { method: 'POST', body, headers: { ...headers, authorization: 'Bearer ada' } });
  expect(await response.text()).toContain('"resultType":"complete"');
  expect(limits.inFlight).toBe(0);
});

test('a port that is in use is said, and how to name another', async () => {
  const { listening } = await aListener();
  await expect(listen({ host: '127.0.0.1', port: listening.port })).rejects.toMatchObject({
    code: 'unavailable',
    message: `Port ${listening.port} of 127.0.0.1 is in use. Stop what uses it, or name another: --port <number>`,
  });
});
