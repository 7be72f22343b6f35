import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';

const SECRET = 'sesame-4711';
const signIn = { headers: async () => ({ authorization: `Bearer ${SECRET}` }), remedy: 'Renew it.' };

describe('what may be called', () => {
  test('a declared call reaches the source, signed in, and its reply comes back as it is', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(404, { 'x-more': 'yes' }).end('{"why":"gone"}'));
    const { fetch } = aWayOut({ hosts: [peer.host], authorise: signIn });
    const reply = await fetch(`${peer.url}/pages/plan?full=1`);
    expect([reply.status, reply.headers.get('x-more'), await reply.text()]).toEqual([404, 'yes', '{"why":"gone"}']);
    expect(peer.arrived).toMatchObject([
      { method: 'GET', path: '/pages/plan?full=1', headers: { authorization: `Bearer ${SECRET}` } },
    ]);
  });

  test.each([
    ['an undeclared path', 'GET', '/people'],
    ['an undeclared method', 'DELETE', '/pages/plan'],
    ['a call that writes', 'PUT', '/pages/plan'],
    ['a longer path', 'GET', '/pages/plan/history'],
    ['an encoded slash', 'GET', '/pages/plan%2Fhistory'],
    ['an encoded dot segment', 'GET', '/pages/%2e%2e'],
    ['a dot segment that leads elsewhere', 'GET', '/pages/../people'],
    ['an empty segment', 'GET', '/pages//'],
    ['a backslash', 'GET', '/pages/%5Cpeople'],
    ['a control character', 'GET', '/pages/%00'],
    ['what a server could decode twice', 'GET', '/pages/%252e%252e'],
    ['what is no encoding', 'GET', '/pages/%zz'],
    ['nothing below an open end', 'GET', '/files'],
  ])('%s is refused before anything is sent', async (_, method, path) => {
    const peer = await aPeer((__, response) => void response.end());
    const { fetch } = aWayOut({ hosts: [peer.host], authorise: signIn });
    await expect(fetch(peer.url + path, { method })).rejects.toMatchObject({ code: 'config' });
    expect(peer.arrived).toEqual([]);
  });

  test('a token is shown as a password where the operation says whose, and nowhere else', async () => {
    const peer = await aPeer((_, response) => void response.end('x'));
    const operations = [
      { name: 'read pages', access: 'read', calls: ['GET /pages'] },
      { name: 'read code', access: 'read', as: 'robot', calls: ['POST /*.git/pull'] },
    ] as const;
    const { fetch } = aWayOut({ hosts: [peer.host], operations, authorise: signIn });
    await fetch(`${peer.url}/pages`);
    await fetch(`${peer.url}/plan.git/pull`, { method: 'POST' });
    const basic = `Basic ${Buffer.from(`robot:${SECRET}`).toString('base64')}`;
    expect(peer.arrived.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${SECRET}`, basic]);
  });

  test.each(['/plan/pull', '/.git/pull', '/plan.git.txt/pull', '/plan.git', '/a/plan.git/pull'])(
    'an end of a name is no other name: %s',
    async (path) => {
      const peer = await aPeer((_, response) => void response.end());
      const operations = [{ name: 'read code', access: 'read', calls: ['GET /*.git/pull'] }] as const;
      const { fetch } = aWayOut({ hosts: [peer.host], operations });
      await expect(fetch(`${peer.url}${path}`)).rejects.toMatchObject({ code: 'config' });
      expect(peer.arrived).toEqual([]);
    },
  );

  test('an open end takes a whole path', async () => {
    const peer = await aPeer((_, response) => void response.end('x'));
    const { fetch } = aWayOut({ hosts: [peer.host] });
    expect(await (await fetch(`${peer.url}/files/docs/a%20b.md`)).text()).toBe('x');
  });

  test.each(['http://127.0.0.1:1/pages', 'http://evil.test/pages', 'file:///etc/passwd'])(
    'an undeclared host is refused: %s',
    async (address) => {
      const { fetch } = aWayOut({ hosts: ['wiki.acme.test'], authorise: signIn });
      await expect(fetch(address)).rejects.toMatchObject({ code: 'config' });
    },
  );

  test.each(['https://wiki:sesame-4711@wiki.acme.test/pages', 'sesame-4711'])(
    'what is no address is quoted by nobody: %s',
    async (address) => {
      const { fetch } = aWayOut({ hosts: ['wiki.acme.test'] });
      await expect(fetch(address)).rejects.toMatchObject({ code: 'config', message: expect.not.stringContaining('sesame') });
    },
  );

  test('a public source is spoken to with TLS alone', async () => {
    const { fetch } = aWayOut({ hosts: ['wiki.acme.test'], privateNetwork: false });
    await expect(fetch('http://wiki.acme.test/pages')).rejects.toThrow(/without TLS/u);
  });
});

describe('a redirect', () => {
  test('within the source is followed, signed in', async () => {
    const peer = await aPeer(({ path }, response) =>
      path === '/pages/old' ? void response.writeHead(301, { location: '/pages/new' }).end() : void response.end('moved'),
    );
    const { fetch } = aWayOut({ hosts: [peer.host], authorise: signIn });
    expect(await (await fetch(`${peer.url}/pages/old`)).text()).toBe('moved');
    expect(peer.arrived.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
  });

  test('to another host is refused, and nothing is sent there', async () => {
    const other = await aPeer((_, response) => void response.end('secret'));
    const peer = await aPeer((_, response) => void response.writeHead(302, { location: `${other.url}/pages` }).end());
    const { fetch } = aWayOut({ hosts: [peer.host], authorise: signIn });
    await expect(fetch(`${peer.url}/pages`)).rejects.toMatchObject({ code: 'config' });
    expect(other.arrived).toEqual([]);
  });

  test('to another declared host takes nothing along that lets us in', async () => {
    const other = await aPeer((_, response) => void response.end('there'));
    const peer = await aPeer((_, response) => void response.writeHead(307, { location: `${other.url}/pages` }).end());
    const { fetch } = aWayOut({ hosts: [peer.host, other.host], authorise: signIn });
    const headers = { accept: 'text/plain', cookie: 'c=1', 'x-api-key': SECRET };
    expect(await (await fetch(`${peer.url}/pages`, { headers })).text()).toBe('there');
    expect(JSON.stringify(peer.arrived)).toContain(SECRET);
    expect(JSON.stringify(other.arrived)).not.toMatch(/sesame|cookie|authorization/u);
    expect(other.arrived[0]?.headers['accept']).toBe('text/plain');
  });

  test('to an undeclared call is refused', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(307, { location: '/people' }).end());
    const { fetch } = aWayOut({ hosts: [peer.host] });
    await expect(fetch(`${peer.url}/pages`)).rejects.toMatchObject({ code: 'config' });
    expect(peer.arrived).toHaveLength(1);
  });

  test('that never ends is left', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(302, { location: '/pages' }).end());
    const { fetch } = aWayOut({ hosts: [peer.host], tries: 1 });
    await expect(fetch(`${peer.url}/pages`)).rejects.toMatchObject({ code: 'source_changed' });
    expect(peer.arrived).toHaveLength(6);
  });

  test('is not followed where nobody wants it', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(302, { location: '/pages' }).end());
    const { fetch } = aWayOut({ hosts: [peer.host], tries: 1 });
    await expect(fetch(`${peer.url}/pages`, { redirect: 'error' })).rejects.toMatchObject({ code: 'source_changed' });
    expect((await fetch(`${peer.url}/pages`, { redirect: 'manual' })).status).toBe(302);
  });
});

describe('bounds', () => {
  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ])('an answer that is small on the wire and large after is cut, by %s', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(60 * 1_048_576));
    expect(bomb.byteLength).toBeLessThan(1_048_576);
    const peer = await aPeer((_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(bomb));
    const { fetch } = aWayOut({ hosts: [peer.host] });
    const reader = (await fetch(`${peer.url}/pages`)).body?.getReader();
    let read = 0;
    const all = async (): Promise<void> => {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) read += next.value.byteLength;
    };
    await expect(all()).rejects.toMatchObject({ code: 'source_changed' });
    expect(read).toBeGreaterThan(40 * 1_048_576);
    expect(read).toBeLessThanOrEqual(50 * 1_048_576);
  });

  test('an answer in a coding that nobody knows is given as it came', async () => {
    const peer = await aPeer((_, response) => void response.writeHead(200, { 'content-encoding': 'rot13' }).end('cyna'));
    const { fetch } = aWayOut({ hosts: [peer.host] });
    expect(await (await fetch(`${peer.url}/pages`)).text()).toBe('cyna');
  });

  test('no more calls are under way than were agreed, and whoever came first goes first', async () => {
    let under = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const peer = await aPeer((_, response) => {
      most = Math.max(most, (under += 1));
      waiting.push(() => {
        under -= 1;
        response.end();
      });
      if (waiting.length === 2) for (const end of waiting.splice(0)) end();
    });
    const { fetch } = aWayOut({ hosts: [peer.host], rate: { perSecond: 0, concurrent: 2 } });
    await Promise.all(Array.from({ length: 8 }, (_, index) => fetch(`${peer.url}/pages/${index}`)));
    expect(most).toBe(2);
  });

  test('calls are spread over time', async () => {
    const peer = await aPeer((_, response) => void response.end());
    const { fetch, clock } = aWayOut({ hosts: [peer.host], rate: { perSecond: 10, concurrent: 4 } });
    const began = clock.now;
    for (let index = 0; index < 31; index += 1) await fetch(`${peer.url}/pages`);
    expect(clock.now - began).toBeGreaterThanOrEqual(2000);
    expect(clock.now - began).toBeLessThanOrEqual(3100);
  });

  test('whoever leaves while waiting for their turn is let go, and takes nobody’s turn', async () => {
    const held = Promise.withResolvers<void>();
    const peer = await aPeer(async (_, response) => {
      await held.promise;
      response.end('ok');
    });
    const { fetch } = aWayOut({ hosts: [peer.host], rate: { perSecond: 0, concurrent: 1 } });
    const first = fetch(`${peer.url}/pages/1`);
    const abort = new AbortController();
    const second = fetch(`${peer.url}/pages/2`, { signal: abort.signal });
    const third = fetch(`${peer.url}/pages/3`);
    abort.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    held.resolve();
    expect(await Promise.all([first, third].map(async (one) => (await one).text()))).toEqual(['ok', 'ok']);
    expect(peer.arrived.map(({ path }) => path)).toEqual(['/pages/1', '/pages/3']);
  });

  test('whoever leaves while the source thinks is let go', async () => {
    const peer = await aPeer(() => undefined);
    const { fetch } = aWayOut({ hosts: [peer.host] });
    await expect(fetch(`${peer.url}/pages`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/u);
  });
});

test('what a source announces of its end is heard', async () => {
  const peer = await aPeer((_, response) => {
    const announced = { sunset: 'Mon, 01 Mar 2027 00:00:00 GMT', link: '<https://wiki.acme.test/end>; rel="sunset"' };
    response.writeHead(200, announced).end();
  });
  const { fetch, notices } = aWayOut({ hosts: [peer.host] });
  await fetch(`${peer.url}/pages/plan`);
  expect(notices).toEqual([
    { kind: 'sunset', call: 'GET /pages/*', at: new Date('2027-03-01T00:00:00Z'), link: 'https://wiki.acme.test/end' },
  ]);
});

test.each([
  ['a control character of one byte', 'https://wiki.acme.test/\u009b31mend'],
  ['the end of a line, as some read it', 'https://wiki.acme.test/\u0085end'],
  ['a letter that is none of an address', 'https://wiki.acme.test/\u00e9nd'],
])('a link with %s is no link to read more at', async (_, link) => {
  const peer = await aPeer((__, response) => {
    response.writeHead(200, { sunset: 'Mon, 01 Mar 2027 00:00:00 GMT', link: `<${link}>; rel="sunset"` }).end();
  });
  const { fetch, notices } = aWayOut({ hosts: [peer.host] });
  await fetch(`${peer.url}/pages`);
  expect(notices).toEqual([{ kind: 'sunset', call: 'GET /pages', at: new Date('2027-03-01T00:00:00Z') }]);
});
