import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { withRoomFor } from '../kill/command.ts';
import { ERAS } from '../support/a-client.ts';
import { aConnection } from '../support/a-listener.ts';
import { aPlace, type APlace, synced } from '../support/a-place.ts';
import { ADA, LINES } from '../support/a-served-place.ts';
import { aServingProcess, type AServingProcess } from '../support/a-serving-process.ts';
import { aToken } from '../support/a-token.ts';
import { answerIn, toolCall } from '../support/mcp-messages.ts';

const PATIENCE = 60_000;

let place: APlace;
beforeAll(async () => {
  place = await synced(await aPlace(LINES));
}, PATIENCE);
afterAll(() => place.remove());

const search = async ({ origin }: AServingProcess, era: (typeof ERAS)[number]): Promise<unknown> => {
  const url = `${origin}/mcp`;
  const token = await aToken(ADA, { data: place.data, audience: url });
  const { body, headers } = toolCall(era, 'search', { query: 'spring', limit: 50 });
  const response = await fetch(url, { method: 'POST', body, headers: { ...headers, authorization: `Bearer ${token}` } });
  return answerIn(await response.text());
};

describe('castellan serve --http', { timeout: PATIENCE }, () => {
  test('answers, says where and for whom, and ends in good order when it is told to', async () => {
    const server = await aServingProcess(place);
    for (const era of ERAS) {
      const answer = await search(server, era);
      expect(answer).toMatchObject({ result: { structuredContent: { results: expect.any(Array) } } });
      expect(JSON.stringify(answer)).not.toContain('party');
    }
    expect(server.said()).toContain(`is reached at ${server.origin}/mcp`);
    const { port } = new URL(server.origin);
    const where = `--port ${port} --config ${place.config} --data ${place.data}`;
    expect(server.said()).toContain(`tokens of: castellan token --as <who> ${where}\n`);
    expect(server.said()).toContain(`To attach a client: castellan attach <client> --http ${where}\n`);
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    const anchor = join(place.data, 'anchor.jsonl');
    expect(await place.run(['audit', 'verify', '--anchor', anchor, '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"state":"proven"'),
    });
  });

  test('ends at once when it is told twice, whatever it is waiting for', async () => {
    const server = await aServingProcess(place);
    const { socket } = aConnection(Number(new URL(server.origin).port));
    socket.write('POST /mcp HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n'); // and never its body
    await expect.poll(() => server.said()).toContain('"status":403');
    server.kill('SIGTERM');
    const again = setInterval(() => server.kill('SIGTERM'), 50);
    expect([0, 130]).toContain(await server.ended);
    clearInterval(again);
  });

  test('shows nothing that cannot be recorded, and goes on saying so', async () => {
    const server = await aServingProcess(place, withRoomFor(0, 'ledger.db'));
    for (const era of ERAS) {
      const answer = await search(server, era);
      expect(answer).toMatchObject({ result: { isError: true } });
      expect(JSON.stringify(answer)).toContain('unavailable');
      expect(JSON.stringify(answer)).not.toContain('wiki:');
    }
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  test('says that a port is in use', async () => {
    const { origin } = await aServingProcess(place);
    const { port } = new URL(origin);
    expect(await place.run(['serve', '--http', '--port', port])).toMatchObject({
      code: 1,
      stderr: `Port ${port} of 127.0.0.1 is in use. Stop what uses it, or name another: --port <number>\n`,
    });
  });

  test('takes the token that it says how to make, whatever its port', async () => {
    const { origin } = await aServingProcess(place);
    const made = await place.run(['token', '--as', ADA, '--port', new URL(origin).port]);
    const { body, headers } = toolCall('2026-07-28', 'search', { query: 'spring' });
    const authorization = `Bearer ${made.stdout.trim()}`;
    const response = await fetch(`${origin}/mcp`, { method: 'POST', body, headers: { ...headers, authorization } });
    expect(response.status).toBe(200);
  });
});
