import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { anHttpApp, plainTokens, PUBLIC_URL, SAY } from '../../support/an-http-app.ts';
import { ERAS } from '../../support/a-client.ts';
import { answerIn, mcpPost, toolCall } from '../../support/mcp-messages.ts';

const errorSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  error: z.strictObject({ code: z.number(), message: z.string(), data: z.strictObject({ code: z.string() }) }),
  id: z.null(),
});

/** The status, the code and what else tells a client what to do. */
const refusalOf = async (response: Response) => {
  const { error } = errorSchema.parse(await response.json());
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  return [response.status, error.data.code, error.code] as const;
};

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const METADATA = `${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp`;

describe.each(ERAS)('a call in the era of %s', (era) => {
  test('is answered to whoever its token names', async () => {
    const response = await anHttpApp().post('ada', toolCall(era, 'say', { what: 'hello' }, 'id-7'));
    expect(response.status).toBe(200);
    expect(answerIn(await response.text())).toMatchObject({ id: 'id-7', result: { structuredContent: { said: 'ada: hello' } } });
  });

  test('without the scope of the tool is told which it needs, and what it has would be lost without', async () => {
    const asked: unknown[] = [];
    const { post } = anHttpApp({
      call: async (name, input) => {
        asked.push([name, input]);
        return { error: { code: 'forbidden', message: 'recorded', retry: false } };
      },
    });
    const response = await post('ada.write', toolCall(era, 'say', { what: 'hello' }));
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(response.headers.get('www-authenticate')).toContain('scope="read write"');
    expect(response.headers.get('www-authenticate')).toContain(`resource_metadata="${METADATA}"`);
    expect(asked).toEqual([['say', { what: 'hello' }]]); // the one path heard of it, and recorded the refusal
    const none = await post('ada.none', toolCall(era, 'say', { what: 'hello' }));
    expect(none.headers.get('www-authenticate')).toContain('scope="read"');
  });

  test('lists the tools to a token without any scope', async () => {
    const response = await anHttpApp().post('ada.none', mcpPost(era, { method: 'tools/list' }));
    expect(answerIn(await response.text())).toMatchObject({ result: { tools: [{ name: 'say' }] } });
  });
});

describe('a request is turned away', () => {
  test.each([
    ['without a Host of ours', { host: 'evil.test' }],
    ['with our host under another port', { host: 'castellan.acme.test:8443' }],
    ['with a name of this machine, when ours is public', { host: 'localhost' }],
    ['with what is no host', { host: 'castellan.acme.test/@evil' }],
    ['with two hosts', { host: 'castellan.acme.test, evil.test' }],
    ['from a page of somebody else', { origin: 'https://evil.test' }],
    ['from a page without an origin', { origin: 'null' }],
    ['from our page without its s', { origin: 'http://castellan.acme.test' }],
  ])('when it comes %s', async (_, headers) => {
    const { post, refusals, audited } = anHttpApp();
    expect(await refusalOf(await post('ada', SAY, headers))).toEqual([403, 'forbidden', -32_000]);
    await refusals.close();
    expect(audited).toMatchObject([{ outcome: 'unauthenticated' }]);
  });

  test.each(['GET', 'DELETE', 'PUT', 'OPTIONS', 'HEAD'])('at /mcp with %s', async (method) => {
    const response = await anHttpApp().request('/mcp', { method, headers: { authorization: 'Bearer ada' } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test.each([
    ['with a compressed body', { 'content-encoding': 'gzip' }, 415],
    ['with a body of another kind', { 'content-type': 'text/plain' }, 415],
    ['with a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['with a kind that only begins like ours', { 'content-type': 'application/json-seq' }, 415],
  ])('when it is sent %s', async (_, headers, status) => {
    expect(await refusalOf(await anHttpApp().post('ada', SAY, headers))).toEqual([status, 'invalid_input', -32_000]);
  });

  test.each([
    ['of 10 MB', `{"a":"${'x'.repeat(10_000_000)}"}`, [413, 'too_large', -32_000]],
    ['a million levels deep', `{"a":${deep(1_000_000 / 2)}}`, [400, 'too_large', -32_000]],
    ['65 levels deep', `{"a":${deep(64)}}`, [400, 'too_large', -32_000]],
    ['that is a batch', `[${SAY.body}]`, [400, 'invalid_input', -32_600]],
    ['that is no JSON', '{"jsonrpc":', [400, 'invalid_input', -32_700]],
    ['that is empty', '', [400, 'invalid_input', -32_700]],
    ['that is a word', '"hello"', [400, 'invalid_input', -32_600]],
    ['that is null', 'null', [400, 'invalid_input', -32_600]],
  ])('with a body %s', async (_, body, refusal) => {
    expect(await refusalOf(await anHttpApp().post('ada', { ...SAY, body }))).toEqual(refusal);
  });

  test('with a body that is not UTF-8', async () => {
    const response = await anHttpApp().request('/mcp', {
      method: 'POST',
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      headers: { ...SAY.headers, authorization: 'Bearer ada' },
    });
    expect(await refusalOf(response)).toEqual([400, 'invalid_input', -32_700]);
  });

  test.each([
    ['values in a list', { what: Array.from({ length: 5000 }, () => 1) }],
    ['members', Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`what${n}`, 1]))],
    ['lists', { what: Array.from({ length: 2000 }, () => [[]]) }],
  ])('with so many %s that reading them would hold up everybody', async (_, given) => {
    const response = await anHttpApp().post('ada', toolCall('2026-07-28', 'say', given));
    expect(await refusalOf(response)).toEqual([400, 'too_large', -32_000]);
  });

  test('not for brackets and commas inside a text', async () => {
    const body = toolCall('2026-07-28', 'say', { what: `"${'[{,'.repeat(5000)}\\` }).body;
    expect((await anHttpApp().post('ada', { ...SAY, body })).status).toBe(200);
  });
});

describe('who asks', () => {
  test('is asked for, with nothing but the way to a token', async () => {
    const response = await anHttpApp().post('');
    expect(response.headers.get('www-authenticate')).toBe(`Bearer scope="read", resource_metadata="${METADATA}"`);
    expect(await refusalOf(response)).toEqual([401, 'unauthenticated', -32_000]);
  });

  test.each([
    ['that is not good', 'Bearer bad'],
    ['that is none', 'Bearer a b'],
    ['of which there are two', 'Bearer ada, Bearer bob'],
    ['that is empty', 'Bearer '],
    ['that is absurdly long', `Bearer ${'a'.repeat(12_001)}`],
  ])('is asked for again with a token %s, and never why', async (_, authorization) => {
    const response = await anHttpApp().post('', SAY, { authorization });
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer error="invalid_token", scope="read", resource_metadata="${METADATA}"`,
    );
    const text = await response.clone().text();
    expect(await refusalOf(response)).toEqual([401, 'unauthenticated', -32_000]);
    expect(text).not.toMatch(/signature|somebody|bad|at .*\.ts/u);
  });

  test('is not taken from Basic, nor from the address', async () => {
    const basic = await anHttpApp().post('', SAY, { authorization: 'Basic YWRhOmFkYQ==' });
    expect(basic.headers.get('www-authenticate')).not.toContain('error=');
    expect(basic.status).toBe(401);
    const { request } = anHttpApp();
    expect((await request('/mcp?access_token=ada', { method: 'POST', ...SAY })).status).toBe(401);
  });

  test('cannot be said while the keys of an issuer cannot be read', async () => {
    const response = await anHttpApp().post('down');
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await refusalOf(response)).toEqual([503, 'unavailable', -32_000]);
  });

  test('is not checked for ever where tokens are never good, and those who had good ones are not held up', async () => {
    let checked = 0;
    let at = 0;
    const { post } = anHttpApp({
      now: () => at,
      tokens: {
        verify: (token, signal) => {
          checked += 1;
          return plainTokens.verify(token, signal);
        },
      },
    });
    await post('ada');
    const flood = await Promise.all(Array.from({ length: 1000 }, (_, n) => post(`bad-${n}`)));
    expect(checked).toBe(601);
    expect(flood.filter(({ status }) => status === 429)).toHaveLength(400);
    expect(flood.at(-1)?.headers.get('retry-after')).toBe('1');
    expect((await post('ada')).status).toBe(200);
    expect((await post('bob')).status).toBe(429);
    at = 1000;
    expect((await post('bob')).status).toBe(200);
  });
});

describe('a caller', () => {
  test('who asks too often is told when to come again, and nobody else is', async () => {
    let at = 0;
    const { post } = anHttpApp({ perMinute: 2, now: () => at });
    expect([(await post('ada')).status, (await post('ada')).status]).toEqual([200, 200]);
    const third = await post('ada');
    expect(third.headers.get('retry-after')).toBe('30');
    expect(await refusalOf(third)).toEqual([429, 'rate_limited', -32_000]);
    expect((await post('bob')).status).toBe(200);
    at = 30_000;
    expect((await post('ada')).status).toBe(200);
  });

  test('who asks for too much at once is told so, until an answer was sent', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, limits } = anHttpApp({
      atOnce: 2,
      call: async () => {
        await gate.promise;
        return { output: { said: 'late' } };
      },
    });
    const first = [post('ada'), post('ada', toolCall('2025-11-25', 'say', { what: 'x' }))];
    await expect.poll(() => limits.inFlight).toBe(2);
    expect((await post('ada')).status).toBe(429);
    gate.resolve();
    for (const response of await Promise.all(first)) await response.text();
    expect(limits.inFlight).toBe(0);
    expect((await post('ada')).status).toBe(200);
  });
});

test('a bug is nobody else’s to read', async () => {
  const { post, bugs, logged } = anHttpApp({
    tokens: { verify: () => Promise.reject(new TypeError('row 17 of executive-pay')) },
  });
  const response = await post('ada');
  const text = await response.clone().text();
  expect(await refusalOf(response)).toEqual([500, 'unavailable', -32_000]);
  expect(text).toContain(response.headers.get('x-request-id'));
  expect(text + JSON.stringify(logged())).not.toContain('executive-pay');
  expect(bugs).toHaveLength(1);
});
