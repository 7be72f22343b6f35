import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ERAS } from '../support/a-client.ts';
import { mcpPost, toolCall } from '../support/mcp-messages.ts';
import { ATTEMPTS, type Attempt } from './attempts.ts';
import { BOSS, canariesIn, canary, MALLORY, PLACES, SHOWN, WELCOME } from './canaries.ts';
import { aCanaryPlace, type CanaryPlace, type Heard } from './canary-place.ts';

const PATIENCE = 240_000;

let place: CanaryPlace;
beforeAll(async () => {
  place = await aCanaryPlace();
}, PATIENCE);
afterAll(() => place.close());

const asks = async (token: string, { tool, input }: Attempt, at = 0): Promise<Heard> => {
  const era = ERAS[at % ERAS.length] ?? ERAS[0];
  const body = mcpPost(era, { id: at + 1, method: 'tools/call', params: { name: tool, arguments: input } });
  return place.heard('/mcp', { method: 'POST', body: body.body, headers: { ...body.headers, authorization: `Bearer ${token}` } });
};

/** What the boss asked, with the words that only the boss may read. */
const bossAsks = async (): Promise<string> => {
  const token = await place.token(BOSS, { client: 'boss' });
  const ids = [canary('key'), 'parts', 'org', 'sealed', 'revoked', WELCOME.slice('notes:'.length)].map((key) => `notes:${key}`);
  const attempts: Attempt[] = [
    { tool: 'list_sources', input: {} },
    { tool: 'search', input: { query: canary('query') } },
    { tool: 'search', input: { query: `spring ${canary('query')}`, limit: 50, max_tokens: 20_000 } },
    ...[...ids, `${canary('source')}:plan`].map((id) => ({ tool: 'fetch', input: { id } })),
  ];
  let heard = '';
  for (const [at, attempt] of attempts.entries()) heard += (await asks(token, attempt, at)).all;
  return heard;
};

/** The canaries in what the audit lists. */
const listed = async (...more: readonly string[]): Promise<readonly string[]> => {
  const { stdout, stderr } = await place.run('audit', 'list', '--limit', '200', ...more);
  return canariesIn(stdout + stderr);
};

describe('the canaries', { timeout: PATIENCE }, () => {
  test('sing to whoever may hear them: otherwise nothing here proves anything', async () => {
    expect(canariesIn(await bossAsks())).toEqual(PLACES.filter((one) => SHOWN.includes(one)));
  });

  test('stand in the index, each of them, but for what was never part of it and what is no more', async () => {
    const never = ['path', 'query', 'metricsToken', 'problemField', 'replaced', 'deleted'];
    expect(canariesIn(await place.stored())).toEqual(PLACES.filter((one) => !never.includes(one)));
  });

  test.each([
    ['as it is', (word: string) => `x${word}y`],
    ['in another case', (word: string) => word.toUpperCase()],
    ['in hex', (word: string) => Buffer.from(`x${word}`).toString('hex')],
    ['in base64', (word: string) => Buffer.from(`ab${word}`).toString('base64url')],
  ])('are heard %s', (_, shape) => {
    expect(canariesIn(shape(canary('body')))).toEqual(['body']);
  });
});

describe('whoever may see none of it, and knows every word', { timeout: PATIENCE }, () => {
  test('hears no canary over HTTP, whatever they ask in either era', async () => {
    await bossAsks();
    const token = await place.token(MALLORY);
    const sung: string[] = [];
    for (const [at, attempt] of ATTEMPTS.entries()) {
      const heard = await asks(token, attempt, at);
      if (canariesIn(heard.all).length > 0) sung.push(`${JSON.stringify(attempt)} → ${heard.all}`);
      if (heard.status !== 200) sung.push(`${JSON.stringify(attempt)} was not answered: ${heard.all}`);
    }
    expect(sung).toEqual([]);
    expect((await asks(token, { tool: 'fetch', input: { id: WELCOME } })).body).toContain('We move in spring.');
  });

  test('hears one answer for all that is missing or forbidden, byte for byte', async () => {
    const token = await place.token(MALLORY);
    const ids = [
      `notes:${canary('key')}`,
      'notes:dark',
      'notes:deleted',
      `${canary('source')}:plan`,
      'nowhere:x',
      'no id',
      '\u0000',
    ];
    const heard = new Set<string>();
    for (const id of ids) heard.add((await asks(token, { tool: 'fetch', input: { id } })).body);
    expect([...heard]).toHaveLength(1);
  });

  test('gets nothing for the cursors of others', async () => {
    const boss = await place.token(BOSS, { client: 'attacker' });
    const first = await asks(boss, { tool: 'search', input: { query: 'spring', limit: 1 } });
    const [cursor] = /[A-Za-z0-9_-]{64}/u.exec(first.body) ?? [];
    const token = await place.token(MALLORY);
    const refusals = new Set<string>();
    for (const tried of [cursor, 'C'.repeat(64)]) {
      refusals.add((await asks(token, { tool: 'search', input: { query: 'spring', limit: 1, cursor: tried } })).body);
    }
    expect(cursor).toBeDefined();
    expect([...refusals]).toEqual([expect.stringContaining('This cursor was not made for this question')]);
  });

  test('hears no canary where the request itself is refused', async () => {
    const good = await place.token(MALLORY);
    const elsewhere = `${good.slice(0, -4)}AAAA`;
    const { body, headers } = toolCall('2026-07-28', 'search', { query: 'spring' });
    const bearing = (token: string): Record<string, string> => ({ ...headers, authorization: `Bearer ${token}` });
    const post = (init: RequestInit): Promise<Heard> =>
      place.heard('/mcp', { method: 'POST', headers: bearing(good), body, ...init });
    const heard = [
      await post({ headers }),
      await post({ headers: bearing(elsewhere) }),
      await post({ headers: bearing(await place.token(MALLORY, { scopes: ['write'] })) }),
      await place.heard('/mcp', { headers: bearing(good) }),
      await place.heard('/mcp', { method: 'DELETE', headers: bearing(good) }),
      await post({ headers: { ...bearing(good), origin: 'https://evil.test' } }),
      await post({ headers: { ...bearing(good), 'content-type': 'text/plain' } }),
      await post({ body: 'x'.repeat(1_100_000) }),
      await post({ body: '{"jsonrpc":' }),
      await post({ body: '[]' }),
      await post({ body: '"spring"' }),
      await post({ body: '['.repeat(100) }),
      await post({ body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'no/such' }) }),
      await post({ body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resources/list' }) }),
      await post({ body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }) }),
      ...(await Promise.all(
        [
          '/',
          '/healthz',
          '/readyz',
          '/metrics',
          '/.well-known/oauth-protected-resource',
          '/.well-known/oauth-protected-resource/mcp',
          `/notes:${canary('key')}`,
        ].map((path) => place.heard(path)),
      )),
    ];
    const statuses = new Set(heard.map(({ status }) => status));
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 405, 413, 415]));
    expect(heard.flatMap(({ all }) => canariesIn(all))).toEqual([]);
  });

  test('hears no canary over stdio, nor does its stderr, also of lines that are no messages', async () => {
    const attempts = ATTEMPTS.slice(0, 60);
    for (const era of ERAS) {
      const messages = attempts.map(
        ({ tool, input }, at) => mcpPost(era, { id: at, method: 'tools/call', params: { name: tool, arguments: input } }).body,
      );
      const said = await place.overStdio(MALLORY, era, [canary('query'), `{"half":"${canary('query')}`, ...messages]);
      expect(said).toContain('We move in spring.');
      expect(canariesIn(said)).toEqual([]);
    }
  });

  test('hears no canary on the command line', async () => {
    const runs = [
      await place.run('search', `spring ${canary('body').slice(0, 9)}`, '--as', MALLORY, '--json'),
      await place.run('search', 'spring', '--as', MALLORY),
      await place.run('fetch', 'notes:parts', '--as', MALLORY, '--json'),
      await place.run('fetch', 'notes:parts', '--as', MALLORY, '--verbose'),
    ];
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 1, 1]);
    expect(canariesIn(JSON.stringify(runs))).toEqual([]);
  });
});

describe('whoever runs the server', { timeout: PATIENCE }, () => {
  test('finds no canary in its log, its metrics and its warnings, whatever was asked', async () => {
    await bossAsks();
    const token = await place.token(MALLORY);
    for (const attempt of ATTEMPTS.slice(0, 60)) await asks(token, attempt);
    await place.heard(`/${canary('body')}?${canary('title')}`, {
      headers: { 'user-agent': canary('body'), referer: canary('title') },
    });
    const operator = { headers: { authorization: `Bearer ${canary('metricsToken')}` } };
    const metrics = await place.heard('/metrics', operator);
    const ready = await place.heard('/readyz', operator);
    expect([metrics.status, ready.status]).toEqual([200, 200]);
    expect(metrics.body).toContain('castellan_requests_total{path="/mcp",status="200",code="not_found"}');
    expect(place.logged()).toContain('"code":"answered"');
    expect([metrics.all, ready.all, place.logged(), ...place.machine.warned].flatMap(canariesIn)).toEqual([]);
    expect(place.machine.bugs).toEqual([]);
  });

  /** What the owner of the data folder needs to mend things: names, ids and reasons. Never what a document says. */
  const NAMES: readonly string[] = ['source', 'problemKey', 'unknownReason', 'darkGroup', 'accountId', 'otherId', 'boss'];

  test.each([['status'], ['doctor'], ['sync', 'notes']])(
    'finds no title, text, field or label in what castellan %s says',
    async (...argv) => {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = await place.run(...argv, ...json);
        expect(canariesIn(stdout + stderr).filter((one) => !NAMES.includes(one))).toEqual([]);
      }
    },
  );

  test('finds in the audit who asked, and of documents their ids; what was asked only by leaving a reason', async () => {
    await bossAsks();
    const ids = ['source', 'key', 'boss'];
    expect((await listed()).filter((one) => !ids.includes(one))).toEqual([]);
    expect((await listed('--json')).filter((one) => !ids.includes(one))).toEqual([]);
    expect(await listed('--json', '--reveal', '--reason', 'a test')).toContain('query');
  });
});

/** Four times what the place lets one caller ask at once. */
const AT_ONCE = 200;

test('whoever asks too often is told so, and nothing else', { timeout: PATIENCE }, async () => {
  const token = await place.token('eager@acme.test');
  let heard = await asks(token, { tool: 'list_sources', input: {} });
  // On a slow machine what is allowed grows while it is asked: more at a time than may be answered ends that.
  for (let asked = 0; heard.status !== 429 && asked < 20_000; asked += AT_ONCE) {
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        place.heard('/mcp', { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
      ),
    );
    heard = answers.find(({ status }) => status === 429) ?? heard;
  }
  expect(heard.status).toBe(429);
  expect(canariesIn(heard.all)).toEqual([]);
});
