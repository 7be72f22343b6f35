import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, test, vi } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';

/** More than a call takes in before anybody reads, and than lies in the buffers of a connection. */
const LONG = Buffer.alloc(24 * 1_048_576);

/** Pages of which those below `/pages/long` have a body that is not read by itself. */
const pagesOf = () => aPeer(({ path }, response) => void response.end(path.startsWith('/pages/long') ? LONG : '{"why":"gone"}'));

/** One call at once, and no bound in time. */
const ALONE = { perSecond: 0, concurrent: 1 };

const signedAs = (name: string) => ({ headers: async () => ({ authorization: `Bearer ${name}` }), remedy: 'Renew it.' });

describe('the place of a call', () => {
  test('is held until its answer was read', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    const peer = await aPeer(({ path }, response) => {
      response.write('first');
      if (path === '/pages/1') begun.resolve(response);
      else response.end();
    });
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE });
    const first = await fetch(`${peer.url}/pages/1`);
    const second = fetch(`${peer.url}/pages/2`);
    await new Promise((resolve) => setTimeout(resolve, 50)); // as long as the second would need at least
    expect(peer.arrived.map(({ path }) => path)).toEqual(['/pages/1']);
    (await begun.promise).end();
    expect(await first.text()).toBe('first');
    expect(await (await second).text()).toBe('first');
  });

  test.each([
    ['left', async (reply: Response) => reply.body?.cancel()],
    ['short, and nobody reads it', async () => undefined],
    [
      'read in parts, and then left',
      async (reply: Response) => {
        const reader = reply.body?.getReader();
        await reader?.read();
        await reader?.cancel();
      },
    ],
  ])('is free once its answer is %s', async (why, leave) => {
    const peer = await pagesOf();
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE });
    const first = await fetch(`${peer.url}/pages/${why.startsWith('short') ? 'short' : 'long'}`);
    await leave(first);
    expect((await fetch(`${peer.url}/pages/2`)).status).toBe(200);
    expect(first.status).toBe(200); // it was not dropped
  });

  test('is free at the end of its time, though nobody ever reads its answer', async () => {
    const peer = await pagesOf();
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE, patience: { silence: 60_000, whole: 500 } });
    const kept = await fetch(`${peer.url}/pages/long`);
    expect((await fetch(`${peer.url}/pages/2`)).status).toBe(200);
    await expect(kept.bytes()).rejects.toMatchObject({ code: 'source_unavailable' });
  });

  test('is free once its caller has gone', async () => {
    const peer = await pagesOf();
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE });
    const gone = new AbortController();
    const kept = await fetch(`${peer.url}/pages/long`, { signal: gone.signal });
    const second = fetch(`${peer.url}/pages/2`);
    gone.abort(new Error('left'));
    expect((await second).status).toBe(200);
    await expect(kept.bytes()).rejects.toThrow('left');
  });

  test('is free once nobody can read its answer any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect !== 'function') throw new Error('nothing can be collected here');
    const peer = await pagesOf();
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE });
    await fetch(`${peer.url}/pages/long`);
    let status = 0;
    const second = fetch(`${peer.url}/pages/2`).then((reply) => (status = reply.status));
    await vi.waitFor(
      () => {
        collect();
        expect(status).toBe(200);
      },
      { timeout: 20_000, interval: 20 },
    );
    await second;
  });

  test('is free once its answer was too long or broke off', async () => {
    const peer = await aPeer(({ path }, response) => {
      if (path === '/pages/broken') {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setImmediate(() => response.destroy());
      } else response.end(path === '/pages/huge' ? Buffer.alloc(54 * 1_048_576) : 'ok');
    });
    const { fetch } = aWayOut({ hosts: [peer.host], rate: ALONE });
    for (const path of ['broken', 'huge']) {
      const code = path === 'huge' ? 'source_changed' : 'source_unavailable';
      await expect((await fetch(`${peer.url}/pages/${path}`)).bytes()).rejects.toMatchObject({ code });
    }
    expect(await (await fetch(`${peer.url}/pages/fine`)).text()).toBe('ok');
  });
});

describe('a turn', () => {
  test('is taken by every attempt', async () => {
    const peer = await aPeer((_, response, nth) => void response.writeHead(nth % 3 === 0 ? 200 : 500).end());
    const { fetch, clock } = aWayOut({ hosts: [peer.host], rate: { perSecond: 0.5, concurrent: 4 } });
    const began = clock.now;
    for (let index = 0; index < 4; index += 1) await fetch(`${peer.url}/pages`);
    expect(peer.arrived).toHaveLength(12);
    expect(clock.now - began).toBeGreaterThanOrEqual(11 * 2000 - 1000);
  });

  test('is taken by every redirect, and by what is asked again with another sign-in', async () => {
    const peer = await aPeer(({ path, headers }, response) => {
      if (path === '/pages/old') response.writeHead(301, { location: '/pages/new' }).end();
      else response.writeHead(headers['authorization'] === 'Bearer 2' ? 200 : 401).end();
    });
    let asked = 0;
    const { fetch, clock } = aWayOut({
      hosts: [peer.host],
      rate: { perSecond: 0.5, concurrent: 4 },
      authorise: { headers: async () => ({ authorization: `Bearer ${(asked += 1)}` }), remedy: 'Renew it.' },
    });
    const began = clock.now;
    expect((await fetch(`${peer.url}/pages/old`)).status).toBe(200);
    expect(peer.arrived).toHaveLength(4);
    expect(clock.now - began).toBeGreaterThanOrEqual(3 * 2000 - 1000);
  });

  test('is waited for by nobody once the source asked for more quiet than that', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
    const { fetch, waits } = aWayOut({ hosts: [peer.host], rate: ALONE });
    const all = await Promise.allSettled([1, 2, 3].map((page) => fetch(`${peer.url}/pages/${page}`)));
    for (const one of all) expect(one).toMatchObject({ reason: { code: 'source_rate_limited' } });
    expect([peer.arrived.length, waits]).toEqual([1, []]);
  });
});

/** Asks as two sources, `wiki` and `plans`. */
const two = (host: string) => {
  const { outgoing, fetch, clock, waits } = aWayOut({ hosts: [host], rate: ALONE, authorise: signedAs('wiki') });
  const rest = { hosts: [host], writes: false, privateNetwork: true, rate: ALONE };
  const operations = [{ name: 'read', access: 'read' as const, calls: ['GET /pages/*'] }];
  const other = (name: string) => outgoing.fetchFor({ ...rest, name, operations, authorise: signedAs(name) });
  return { wiki: fetch, alsoWiki: other('wiki'), plans: other('plans'), clock, waits };
};

describe('two sources at one host, each with a token of its own,', () => {
  test('are limited each by what was said to it, in all that reads it', async () => {
    const peer = await aPeer(({ headers }, response) => {
      if (headers['authorization'] === 'Bearer wiki') response.writeHead(429, { 'retry-after': '3600' }).end();
      else response.end('ok');
    });
    const { wiki, alsoWiki, plans } = two(peer.host);
    await expect(wiki(`${peer.url}/pages/1`)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(await (await plans(`${peer.url}/pages/1`)).text()).toBe('ok');
    await expect(alsoWiki(`${peer.url}/pages/2`)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(peer.arrived.map(({ headers }) => headers['authorization'])).toEqual(['Bearer wiki', 'Bearer plans']);
  });

  test('take no place of one another', async () => {
    const held = Promise.withResolvers<void>();
    const peer = await aPeer(async ({ headers }, response) => {
      if (headers['authorization'] === 'Bearer wiki') await held.promise;
      response.end('ok');
    });
    const { wiki, alsoWiki, plans } = two(peer.host);
    const waiting = [wiki(`${peer.url}/pages/1`), alsoWiki(`${peer.url}/pages/2`)];
    expect(await (await plans(`${peer.url}/pages/3`)).text()).toBe('ok');
    await vi.waitFor(() => expect(peer.arrived).toHaveLength(2)); // of the two of wiki only one
    held.resolve();
    for (const one of waiting) expect(await (await one).text()).toBe('ok');
  });
});
