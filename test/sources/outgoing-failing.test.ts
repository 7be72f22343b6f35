import { describe, expect, test } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';

const SECRET = 'sesame-4711';
const signIn = { headers: async () => ({ authorization: `Bearer ${SECRET}` }), remedy: 'Renew it.' };

describe('a source that is asked too often', () => {
  test.each([
    ['in seconds', { 'retry-after': '7' }, 7000],
    [
      'as a date, by its own clock',
      { 'retry-after': 'Sun, 01 Mar 2026 21:00:09 GMT', date: 'Sun, 01 Mar 2026 21:00:00 GMT' },
      9000,
    ],
  ])('says %s when to come again, and is asked then', async (_, headers, wait) => {
    const peer = await aPeer(
      (__, response, nth) => void (nth === 1 ? response.writeHead(429, headers).end() : response.end('ok')),
    );
    const { fetch, waits } = aWayOut({ hosts: [peer.host] });
    expect(await (await fetch(`${peer.url}/pages`)).text()).toBe('ok');
    expect(waits).toEqual([wait]);
  });

  test('may say it with 403 and a spent budget', async () => {
    const peer = await aPeer((_, response, nth) => {
      const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1000030', date: new Date(1_000_000_000).toUTCString() };
      if (nth === 1) response.writeHead(403, spent).end();
      else response.end('ok');
    });
    const { fetch, waits } = aWayOut({ hosts: [peer.host] });
    expect((await fetch(`${peer.url}/pages`)).status).toBe(200);
    expect(waits).toEqual([30_000]);
  });

  test('a 403 that says nothing of limits is a refusal, for the connector to understand', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(403).end());
    const { fetch } = aWayOut({ hosts: [peer.host] });
    expect((await fetch(`${peer.url}/pages`)).status).toBe(403);
    expect(peer.arrived).toHaveLength(1);
  });

  test('and says nothing is tried with growing pauses, then left', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(429).end());
    const { fetch, waits } = aWayOut({ hosts: [peer.host] });
    await expect(fetch(`${peer.url}/pages`)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(waits).toEqual([250, 500]);
  });

  test('for longer than a run should wait ends it, and says until when', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
    const { fetch, waits, clock } = aWayOut({ hosts: [peer.host] });
    await expect(fetch(`${peer.url}/pages`)).rejects.toMatchObject({
      code: 'source_rate_limited',
      retryAt: clock.now + 3_600_000,
    });
    expect(waits).toEqual([]);
    await expect(fetch(`${peer.url}/pages/plan`)).rejects.toMatchObject({
      code: 'source_rate_limited',
      retryAt: clock.now + 3_600_000,
    });
    expect(peer.arrived).toHaveLength(1); // whoever else has a call does not make it
    clock.now += 3_600_000;
    await expect(fetch(`${peer.url}/pages/plan`)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(peer.arrived).toHaveLength(2);
  });
});

describe('a source that fails', () => {
  test('is asked three times, with growing pauses', async () => {
    const peer = await aPeer((_, response, nth) => void (nth < 3 ? response.writeHead(503).end() : response.end('ok')));
    const { fetch, waits } = aWayOut({ hosts: [peer.host] });
    expect(await (await fetch(`${peer.url}/pages`)).text()).toBe('ok');
    expect(waits).toEqual([250, 500]);
  });

  test('three times is told with its own number of the call, and with no secret', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(500, { 'x-github-request-id': 'A1:B2' }).end(SECRET));
    const { fetch } = aWayOut({ hosts: [peer.host], authorise: signIn });
    await expect(fetch(`${peer.url}/pages/plan?token=${SECRET}`)).rejects.toThrow(
      'wiki failed (500 to GET /pages/*, 3 times, request A1:B2). It is asked again by the next run, or now: castellan sync wiki',
    );
  });

  test('is not asked again where that could do something twice', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(500).end());
    const { fetch } = aWayOut({ hosts: [peer.host] });
    await expect(fetch(`${peer.url}/find`, { method: 'POST', body: '{}' })).rejects.toMatchObject({ code: 'source_unavailable' });
    expect(peer.arrived).toMatchObject([{ method: 'POST', body: '{}' }]);
  });

  test('by a connection that breaks is asked again too', async () => {
    const peer = await aPeer((_, response, nth) => void (nth === 1 ? response.destroy() : response.end('ok')));
    const { fetch } = aWayOut({ hosts: [peer.host] });
    expect(await (await fetch(`${peer.url}/pages`)).text()).toBe('ok');
  });

  test('in the middle of its answer gives no shorter answer', async () => {
    const peer = await aPeer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    const { fetch } = aWayOut({ hosts: [peer.host] });
    const reply = await fetch(`${peer.url}/pages`);
    await expect(reply.text()).rejects.toMatchObject({ code: 'source_unavailable' });
  });

  test('to accept how we sign in is asked once more with what was renewed, then told with the command', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(401).end());
    const asked: unknown[] = [];
    const { fetch } = aWayOut({
      hosts: [peer.host],
      authorise: {
        headers: async ({ refused }) => (asked.push(refused), { authorization: `Bearer ${asked.length}` }),
        remedy: 'Run: castellan connect wiki',
      },
    });
    await expect(fetch(`${peer.url}/pages`)).rejects.toThrow(/\(401 to GET \/pages\)\. Run: castellan connect wiki$/u);
    expect(asked).toEqual([undefined, { authorization: 'Bearer 1' }]);
    expect(peer.arrived.map(({ headers }) => headers['authorization'])).toEqual(['Bearer 1', 'Bearer 2']);
  });
});
