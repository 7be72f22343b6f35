import { describe, expect, test } from 'vitest';

import { AppError } from '../../../src/core/errors.ts';
import { anHttpApp, OPERATOR, PUBLIC_URL, SAY } from '../../support/an-http-app.ts';
import { toolCall } from '../../support/mcp-messages.ts';

const AS_OPERATOR = { headers: { authorization: `Bearer ${OPERATOR}` } };
const failing = async (): Promise<void> => Promise.reject(new AppError('unavailable', 'The disk of the ledger is full.'));
const fine = async (): Promise<void> => undefined;

describe('whoever asks how the server is', () => {
  test('hears that it lives, under whatever name they call it', async () => {
    const response = await anHttpApp().request('/healthz', { headers: { host: '10.1.2.3:8080' } });
    expect([response.status, await response.json()]).toEqual([200, { live: true }]);
  });

  test('hears whether it is ready, and no more', async () => {
    const ready = await anHttpApp({ checks: { index: fine } }).request('/readyz', { headers: { host: '10.1.2.3' } });
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true }]);
    const not = await anHttpApp({ checks: { index: fine, audit: failing } }).request('/readyz');
    expect([not.status, await not.json()]).toEqual([503, { ready: false }]);
  });

  test('hears each check, when it is the operator', async () => {
    const response = await anHttpApp({ checks: { index: fine, audit: failing }, past: true }).request('/readyz', AS_OPERATOR);
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, checks: { index: 'ok', audit: 'failed' }, sources: 'past' },
    ]);
  });

  test('does not lose the server because a source is late', async () => {
    const response = await anHttpApp({ checks: { index: fine }, past: true }).request('/readyz', AS_OPERATOR);
    expect([response.status, await response.json()]).toMatchObject([200, { ready: true, sources: 'past' }]);
  });

  test('costs one look a second, however often they ask', async () => {
    let looks = 0;
    let at = 0;
    const count = async (): Promise<void> => void (looks += 1);
    const { request } = anHttpApp({ checks: { index: count }, now: () => at });
    await Promise.all(Array.from({ length: 50 }, () => request('/readyz')));
    expect(looks).toBe(1);
    at = 1000;
    await request('/readyz');
    expect(looks).toBe(2);
  });
});

describe('metrics', () => {
  test.each([
    ['without a token', {}],
    ['with a wrong one', { authorization: 'Bearer the-operators-tokem' }],
    ['with the beginning of the right one', { authorization: 'Bearer the' }],
    ['with a caller’s', { authorization: 'Bearer ada' }],
  ])('are not there %s', async (_, headers) => {
    const { request } = anHttpApp();
    const [response, nowhere] = [await request('/metrics', { headers }), await request('/nowhere', { headers })];
    expect(response.status).toBe(404);
    expect(await response.text()).toBe(await nowhere.text());
  });

  test('are not there where nobody set a token', async () => {
    const { request } = anHttpApp({ metricsToken: undefined });
    expect((await request('/metrics', { headers: { authorization: 'Bearer undefined' } })).status).toBe(404);
  });

  test('count how requests ended and how long they took, and name nobody', async () => {
    const { post, request } = anHttpApp();
    await post('ada', toolCall('2026-07-28', 'say', { what: 'executive pay' }));
    await post('bad-of-mallory');
    await request('/etc/passwd?token=secret');
    const response = await request('/metrics', AS_OPERATOR);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('castellan_requests_total{path="/mcp",status="200",code="answered"} 1');
    expect(text).toContain('castellan_requests_total{path="/mcp",status="401",code="unauthenticated"} 1');
    expect(text).toContain('castellan_requests_total{path="other",status="404",code="none"} 1');
    expect(text).toContain('castellan_refusals_total{why="bad token"} 1');
    expect(text).toContain('castellan_request_seconds_bucket');
    expect(text).toContain('castellan_requests_in_flight 0');
    expect(text).toMatch(/castellan_event_loop_delay_p99_seconds \d/u);
    expect(text).not.toMatch(/ada|mallory|executive|passwd|secret|wiki/u);
  });
});

describe('the log', () => {
  test('has a line for each request, with ids, times and codes', async () => {
    const { post, logged } = anHttpApp();
    const response = await post('ada', SAY, { 'x-request-id': 'mine' });
    const request = response.headers.get('x-request-id');
    expect(request).toMatch(/^[0-9a-f-]{36}$/u);
    expect(logged()).toEqual([
      {
        level: 30,
        time: expect.any(String),
        request,
        method: 'POST',
        path: '/mcp',
        status: 200,
        ms: expect.any(Number),
        code: 'answered',
        client: 'test',
        caller: expect.stringMatching(/^[0-9a-f]{12}$/u),
      },
    ]);
  });

  test('says to the operator why nobody was known to ask', async () => {
    const tokens = {
      verify: async () => Promise.reject(new AppError('unauthenticated', 'It is not good.', { cause: 'audience' })),
    };
    const { post, request, logged } = anHttpApp({ tokens });
    const response = await post('good elsewhere'.replaceAll(' ', '-'));
    expect(await response.text()).not.toContain('audience');
    await request('/mcp', { method: 'POST' });
    expect(logged()).toMatchObject([
      { status: 401, code: 'unauthenticated', why: 'audience' },
      { status: 401, code: 'unauthenticated', why: 'no token' },
    ]);
  });

  test('tells callers apart, and says who none of them is', async () => {
    const { post, logged } = anHttpApp();
    await post('ada');
    await post('bob');
    await post('ada');
    const [ada, bob, again] = logged().map((line) => (typeof line === 'object' && line && 'caller' in line ? line.caller : ''));
    expect(ada).toBe(again);
    expect(ada).not.toBe(bob);
    expect(JSON.stringify(logged())).not.toMatch(/"ada"|"bob"/u); // three letters alone may stand in an id
  });

  test('holds nothing that a stranger wrote, and no line more than requests', async () => {
    const { request, post, logged } = anHttpApp();
    await request('/mcp%0a{"level":30,"forged":true}?q=secret', { headers: { 'user-agent': 'forged' } });
    await post('bad\u{2028}forged'.replaceAll(/[^a-z]/gu, '-'), toolCall('2026-07-28', 'forged', { what: 'forged' }));
    expect(logged()).toHaveLength(2);
    expect(JSON.stringify(logged())).not.toMatch(/forged|secret/u);
  });
});

describe('refusals before anybody is known', () => {
  test('leave one row, with how many there were of each kind', async () => {
    const { post, refusals, audited } = anHttpApp({ now: () => 60_000 });
    await Promise.all([post(''), post('bad'), post('bad'), post('down'), post('ada'), post('ada', SAY, { host: 'evil.test' })]);
    expect(audited).toEqual([]);
    await refusals.close();
    expect(audited).toEqual([
      {
        at: 60_000,
        request: expect.any(String),
        who: 'nobody',
        client: 'http',
        tool: 'identify',
        arguments: {
          refused: { 'no token': 1, 'bad token': 2, 'issuer unreachable': 1, host: 1 },
          since: '1970-01-01T00:01:00.000Z',
        },
        documents: [],
        outcome: 'unauthenticated',
      },
    ]);
    await refusals.close();
    expect(audited).toHaveLength(1);
  });

  test('are written while the server runs', async () => {
    const { post, audited } = anHttpApp({ refusalsEveryMs: 20 });
    await post('');
    await expect.poll(() => audited).toHaveLength(1);
    await post('bad');
    await expect.poll(() => audited).toHaveLength(2);
  });
});

describe('the way to a token', () => {
  test('stands where RFC 9728 puts it, for any page to read', async () => {
    const { request } = anHttpApp({ issuers: ['https://id.acme.test'] });
    for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
      const response = await request(path, { headers: { origin: 'https://any.test' } });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.json()).toEqual({
        resource: `${PUBLIC_URL}/mcp`,
        authorization_servers: ['https://id.acme.test'],
        scopes_supported: ['read'],
        bearer_methods_supported: ['header'],
        resource_name: 'Acme',
      });
    }
    const preflight = await request('/.well-known/oauth-protected-resource/mcp', { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'GET']);
  });

  test('follows a server that has a path, and names no issuer where the server signs its own', async () => {
    const { request, post } = anHttpApp({ publicUrl: 'https://acme.test/castellan' });
    const at = '/.well-known/oauth-protected-resource/castellan/mcp';
    const metadata: unknown = await (await request(at)).json();
    expect(metadata).toMatchObject({ resource: 'https://acme.test/castellan/mcp' });
    expect(metadata).not.toHaveProperty('authorization_servers');
    expect((await post('')).headers.get('www-authenticate')).toContain(`resource_metadata="https://acme.test${at}"`);
    expect((await post('ada')).status).toBe(200);
    expect((await request('/mcp', { method: 'POST', ...SAY })).status).toBe(404);
    expect((await request('/castellan/healthz')).status).toBe(200);
  });

  test('answers under every name of this machine, when that is all it is', async () => {
    const { post } = anHttpApp({ publicUrl: 'http://localhost:8080' });
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080']) {
      expect((await post('ada', SAY, { host, origin: `http://${host}` })).status).toBe(200);
    }
    for (const host of ['localhost:8081', '127.0.0.2:8080', 'localhost.evil.test:8080']) {
      expect((await post('ada', SAY, { host })).status).toBe(403);
    }
  });

  test('lets pages call that the configuration names', async () => {
    const { post } = anHttpApp({ allowedOrigins: ['https://agent.acme.test'] });
    expect((await post('ada', SAY, { origin: 'https://agent.acme.test' })).status).toBe(200);
    expect((await post('ada', SAY, { origin: PUBLIC_URL })).status).toBe(200);
    expect((await post('ada', SAY, { origin: 'https://agent.acme.test.evil.test' })).status).toBe(403);
  });
});
