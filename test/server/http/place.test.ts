import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ERRORS } from '../../../src/core/errors.ts';
import { openHttp } from '../../../src/open-http.ts';
import { anHttpPlace, type AnHttpPlace } from '../../support/a-http-place.ts';
import { ERAS } from '../../support/a-client.ts';
import { answerIn, type McpPost, toolCall } from '../../support/mcp-messages.ts';
import { readExpected } from '../../support/company.ts';

const PATIENCE = 60_000;
const OPERATOR = 'operators-own';

let place: AnHttpPlace;
beforeAll(async () => {
  place = await anHttpPlace({
    server: '{ listen: "127.0.0.1:0", metrics_token: "${METRICS_TOKEN}", limits: { per_minute: 100000 } }',
    env: { METRICS_TOKEN: OPERATOR },
  });
}, PATIENCE);
afterAll(() => place.remove());

const post = (token: string, { body, headers }: McpPost): Promise<Response> =>
  fetch(place.url, { method: 'POST', body, headers: { ...headers, authorization: `Bearer ${token}` } });

describe.each(ERAS)('over HTTP in the era of %s', (era) => {
  test('each fetches what they may see, and nobody anything else', { timeout: PATIENCE }, async () => {
    for (const { as, id, answer } of readExpected().fetch) {
      const response = await post(await place.token(as), toolCall(era, 'fetch', { id }));
      const text = await response.text();
      expect([as, id, response.status, text.includes('not_found')]).toEqual([as, id, 200, answer === 'not_found']);
      expect(answerIn(text)).toMatchObject({ result: answer === 'found' ? { structuredContent: { id } } : { isError: true } });
    }
  });

  test('a call is audited under the id that its answer carries, and its client', async () => {
    const token = await place.token('ada@acme.test', { client: 'agent-7' });
    const response = await post(token, toolCall(era, 'search', { query: 'plan' }));
    await response.text();
    const [row] = await place.audited(1);
    expect(row).toMatchObject({
      request: response.headers.get('x-request-id'),
      who: 'local|ada@acme.test',
      actor: 'os:tester', // who made the token
      client: 'agent-7',
      tool: 'search',
      outcome: 'answered',
    });
  });

  test('a token without the scope is refused, named what it lacks, and audited', async () => {
    const token = await place.token('ada@acme.test', { scopes: ['write'] });
    const response = await post(token, toolCall(era, 'fetch', { id: 'handbook:plan' }));
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="read write"'),
    ]);
    expect(await place.audited(1)).toMatchObject([
      { tool: 'fetch', outcome: 'forbidden', request: response.headers.get('x-request-id') },
    ]);
  });
});

test(
  'a thousand calls of one caller end in answers or in being told to wait, and the server lives',
  { timeout: PATIENCE },
  async () => {
    const token = await place.token('ada@acme.test');
    const statuses = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const response = await post(token, toolCall('2026-07-28', 'search', { query: 'plan' }));
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => ![200, ERRORS.rate_limited.status, ERRORS.unavailable.status].includes(status))).toEqual(
      [],
    );
    expect(statuses).toContain(200);
    expect((await post(await place.token('bob@acme.test'), toolCall('2026-07-28', 'search', { query: 'plan' }))).status).toBe(
      200,
    );
  },
);

test('the operator sees that it is ready, and what it did', async () => {
  const as = { headers: { authorization: `Bearer ${OPERATOR}` } };
  expect(await (await fetch(`${place.origin}/readyz`, as)).json()).toEqual({
    ready: true,
    checks: { index: 'ok', audit: 'ok', issuer: 'ok' },
    sources: 'within',
  });
  const metrics = await (await fetch(`${place.origin}/metrics`, as)).text();
  expect(metrics).toMatch(/castellan_requests_total\{path="\/mcp",status="200",code="answered"\} \d+/u);
  expect(metrics).toMatch(/castellan_audit_seconds_count [1-9]/u);
  expect(metrics).not.toMatch(/acme\.test|plan|agent-7/u);
});

test('nothing of what anybody asked or got stands in the log', () => {
  const log = JSON.stringify(place.logged());
  expect(place.logged().length).toBeGreaterThan(10);
  expect(log).not.toMatch(/acme\.test|ticket|handbook|"plan|eyJ/u);
  expect(place.machine.bugs).toEqual([]);
});

test('a server that others can reach needs the name they reach it by', async () => {
  const config = join(dirname(place.config), 'reachable.yaml');
  await writeFile(config, (await readFile(place.config, 'utf8')).replace('127.0.0.1:0', '0.0.0.0:0'));
  await expect(openHttp({ config, data: place.data }, place.machine)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('server.public_url'),
  });
});
