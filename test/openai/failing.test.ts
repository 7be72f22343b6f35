import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { aPeer } from '../support/a-peer.ts';
import { aResponsesEndpoint, KEY, type Spoilt } from '../support/a-responses-endpoint.ts';
import { askAt, type Asked, type AskingOptions, askThrough, told } from '../support/asking-a-model.ts';

const QUESTION = 'How large is the salary increase for 2026?';
const AS_ADA = ['--as', 'ada@acme.test'];

let place: AnHttpPlace;

beforeAll(async () => {
  place = await anHttpPlace();
});
afterAll(() => place.remove());

const ask = (more: readonly string[] = [], options: AskingOptions = {}): Promise<Asked> =>
  askThrough(place, [QUESTION, ...AS_ADA, ...more], options);

/** One that goes wrong in one way. */
const spoilt = (how: Spoilt): Promise<Asked> => ask([], { spoil: () => how });
const reply = (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Spoilt => ({
  reply: { status, error: { message: 'it says why', type: null, code: null, param: null, ...error }, headers },
});
/** Without the name that its port gives it. */
const plain = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/gu, 'HOST');

describe('before there is an answer, one sentence says what happened and what to do:', () => {
  test.each<[string, Spoilt, number, string]>([
    ['a key that is not good', reply(401, {}), 1, 'HOST did not accept the key (401). Put a valid one into OPENAI_API_KEY.'],
    [
      'a key that may not',
      reply(403, {}),
      1,
      'HOST does not let this key do that (403): it says why. Use another key, or --model.',
    ],
    [
      'a model that is none',
      reply(404, { code: 'model_not_found' }),
      2,
      'HOST has no model gpt-5.4-mini, or no such API at http://HOST/v1 (404). Name another: --model <name>',
    ],
    ['too often', reply(429, {}), 1, 'HOST was asked too often (429). Ask again in a minute.'],
    [
      'no credit',
      reply(429, { code: 'insufficient_quota' }),
      1,
      'HOST says that the account has no credit left (429). Add some, or use another key.',
    ],
    ['a failure', reply(500, {}, { 'x-request-id': 'req_1' }), 1, 'HOST failed (500, request req_1). Ask again in a moment.'],
    ['no room', reply(503, {}), 1, 'HOST failed (503). Ask again in a moment.'],
    [
      'more than the model holds',
      reply(400, { code: 'context_length_exceeded' }),
      1,
      'This is more than gpt-5.4-mini can hold (400). Ask anew without --continue, or something narrower.',
    ],
    [
      'a conversation that is forgotten',
      reply(400, { code: 'previous_response_not_found' }),
      1,
      'HOST no longer has the conversation. Ask anew, without --continue.',
    ],
    [
      'a request it does not take',
      reply(422, {}),
      1,
      'HOST did not take the request (422): it says why. Mend that, or name another: --model <name>',
    ],
    [
      'tools that cannot be listed',
      reply(424, {}),
      1,
      'HOST could not list the tools of http://HOST/mcp (424): it says why. ' +
        'See that it runs and that the internet reaches it at that address, or use a tunnel: --tunnel <id>',
    ],
    [
      'tools that cannot be listed, as an item of the answer',
      { listing: 'no route to host' },
      1,
      'HOST could not list the tools of http://HOST/mcp: no route to host. ' +
        'See that it runs and that the internet reaches it at that address, or use a tunnel: --tunnel <id>',
    ],
    [
      'a refusal',
      { refusal: 'I cannot help with that.' },
      1,
      'The model refuses to answer: I cannot help with that. Ask in other words.',
    ],
  ])('%s', async (_, how, code, says) => {
    const ended = await spoilt(how);
    const lines = plain(ended.stderr)
      .split('\n')
      .filter((line) => !/^(?:search|fetch) /u.test(line));
    expect([ended.code, ended.stdout, lines]).toEqual([code, '', [says, '']]);
  });

  test.each([
    ['in seconds', '90'],
    ['as a date', 'Sun, 01 Mar 2099 21:00:09 GMT'],
  ])('when to come again, where it says that %s', async (_, after) => {
    const { code, stderr, endpoint } = await spoilt(reply(429, {}, { 'retry-after': after }));
    expect(code).toBe(1);
    expect(plain(stderr)).toMatch(/^HOST was asked too often \(429\)\. Ask again after 20\d\d-\d\d-\d\dT[\d:.]+Z\.\n$/u);
    expect(endpoint.asked).toHaveLength(0);
  });

  test('an API that sends the request on is not followed, though the address is its own', async () => {
    const peer = await aPeer((_, to) => void to.writeHead(307, { location: '/v2/responses' }).end());
    const where = ['--base-url', `${peer.url}/v1`, '--port', new URL(place.origin).port];
    const { code, stderr } = await askAt(place, [QUESTION, ...AS_ADA, ...where]);
    expect([code, plain(stderr)]).toEqual([
      1,
      'HOST sends requests on to another address (307). Name that one: --base-url <url>\n',
    ]);
    expect(peer.arrived.map(({ path }) => path)).toEqual(['/v1/responses']);
  });

  test('a server that does not take the token, and why that may be', async () => {
    const other = await anHttpPlace();
    try {
      const endpoint = await aResponsesEndpoint();
      const where = ['--base-url', endpoint.baseUrl, '--port', new URL(other.origin).port];
      const { code, stderr } = await askAt(place, [QUESTION, ...AS_ADA, ...where]);
      expect(code).toBe(1);
      expect(plain(stderr)).toContain('could not list the tools of http://HOST/mcp (424)');
      expect(stderr).toContain('It did not accept the token: the server at that address must run on this data folder');
    } finally {
      await other.remove();
    }
  });

  test('a server that is not there', async () => {
    const endpoint = await aResponsesEndpoint();
    const { code, stderr } = await askAt(place, [QUESTION, ...AS_ADA, '--base-url', endpoint.baseUrl, '--port', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('See that it runs and that the internet reaches it at that address');
  });

  test('an API that is not there', async () => {
    const { code, stderr } = await askAt(place, [QUESTION, ...AS_ADA, '--base-url', 'http://127.0.0.1:2/v1', '--port', '2']);
    expect([code, stderr]).toEqual([
      1,
      '127.0.0.1:2 could not be reached (ECONNREFUSED). Check the network and the address, and ask again.\n',
    ]);
  });

  test('an answer without a word', async () => {
    const { code, stdout, stderr } = await ask([], { model: () => ({ say: '' }) });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('gpt-5.4-mini ended its answer without a word. Ask again, or another: --model <name>\n');
  });

  test('a person who stops it waits no longer', async () => {
    const stopping = new AbortController();
    const asking = ask([], {
      signal: stopping.signal,
      spoil: () => {
        stopping.abort();
        return { silent: true };
      },
    });
    expect(await asking).toMatchObject({ code: 130, stdout: '' });
  });
});

describe('half an answer', () => {
  test.each<[string, Spoilt, string]>([
    ['that dies', { cut: 'dead' }, 'The answer is incomplete: the connection broke off in the middle. Ask again.'],
    ['that just ends', { cut: 'clean' }, 'The answer is incomplete: the connection broke off in the middle. Ask again.'],
    [
      'that became too long',
      { incomplete: 'max_output_tokens' },
      'The answer is incomplete: it became longer than the model may write. Ask for something shorter.',
    ],
    [
      'that was filtered',
      { incomplete: 'content_filter' },
      'The answer is incomplete: a content filter stopped it. Ask in other words.',
    ],
    [
      'that failed',
      { failed: { code: 'server_error', message: 'The server had an error' } },
      'The answer is incomplete: HOST failed: The server had an error. Ask again.',
    ],
    [
      'that was too much',
      { failed: { code: 'rate_limit_exceeded', message: 'slow down' } },
      'The answer is incomplete: HOST was asked too often. Ask again in a minute.',
    ],
  ])('%s says that it is one, to a person and to a program', async (_, how, says) => {
    const person = await spoilt(how);
    expect(person.code).toBe(1);
    expect(person.stdout).toMatch(/^It is said: “.{1,10}\n$/u);
    expect(plain(person.stderr).trimEnd().split('\n').at(-1)).toBe(says);
    const program = await ask(['--json'], { spoil: () => how });
    expect(program.code).toBe(1);
    const { complete, error, answer } = told(program);
    expect([complete, plain(error?.message ?? ''), answer.length > 0]).toEqual([false, says, true]);
  });

  test('is not what a conversation goes on from', async () => {
    const { endpoint } = await ask([], { spoil: (nth) => (nth === 2 ? { cut: 'clean' } : undefined) });
    expect((await ask(['--continue'], { endpoint })).code).toBe(1);
    expect((await ask(['--continue'], { endpoint })).code).toBe(0);
    const [, cut, whole] = endpoint.asked.map(({ previous_response_id: previous }) => previous);
    expect([whole, whole?.startsWith('resp_')]).toEqual([cut, true]);
  });
});

describe('a call that failed is told, and the run goes on:', () => {
  test.each<[string, unknown, string]>([
    ['as a text', 'Connection refused', 'Connection refused'],
    [
      'as an error of the protocol',
      { type: 'mcp_protocol_error', code: -32_602, message: 'Unknown tool' },
      'Unknown tool (-32602)',
    ],
    ['as an error of HTTP', { type: 'http_error', code: 502, message: 'Bad gateway' }, 'Bad gateway (502)'],
    [
      'as what the tool said',
      {
        type: 'mcp_tool_execution_error',
        content: [{ type: 'text', text: '{"error":{"code":"not_found","message":"No such."}}' }],
      },
      'No such.',
    ],
    ['as something else', { strange: 1 }, 'it failed, in words that nobody here understands'],
  ])('%s', async (_, callError, says) => {
    const { code, stdout, stderr } = await spoilt({ callError });
    expect([code, stdout]).toEqual([0, 'Nothing that I was given answers this.\n']);
    expect(stderr).toContain(`search  ${QUESTION}   failed: ${says}\n`);
  });
});

test('tools that changed since the last turn are named, and the run goes on', async () => {
  const { endpoint } = await ask([], { spoil: (nth) => (nth === 2 ? { relist: ['search', 'explain_access'] } : undefined) });
  const { code, stderr } = await ask(['--continue'], { endpoint });
  expect(code).toBe(0);
  expect(stderr).toContain(
    'The server’s tools changed since the last turn: fetch is gone and list_sources is gone. If the answer misses something, ask anew without --continue.\n',
  );
});

test('a key that goes unencrypted over a network is told of, and one that stays on this machine is not', async () => {
  const asked = [QUESTION, ...AS_ADA, '--api', 'chat', '--base-url'];
  const there = await askAt(place, [...asked, 'http://0.0.0.0:2/v1']);
  const here = await askAt(place, [...asked, 'http://127.0.0.1:2/v1']);
  expect(there.stderr).toMatch(/^0\.0\.0\.0:2 is sent the key and the data unencrypted/u);
  expect(here.stderr).toMatch(/^127\.0\.0\.1:2 could not be reached/u);
});

describe('what is asked wrongly:', () => {
  const OPENAI = { env: { OPENAI_API_KEY: KEY } };
  test.each<[string, string[], { env?: Record<string, string> }, RegExp]>([
    ['two keys for one', [], { env: { OPENAI_API_KEY: 'sk-one\nsk-two' } }, /^OPENAI_API_KEY holds something that no key holds/u],
    ['no key', [], { env: {} }, /^There is no key\. Make one at platform\.openai\.com\/api-keys and set it/u],
    [
      'a server on this machine',
      ['--port', '8080'],
      OPENAI,
      /^OpenAI calls the server from the internet, .*MCP_SERVER_URL=http:\/\/127.* --tunnel <id>\./u,
    ],
    ['a base that is none', ['--base-url', 'openai'], OPENAI, /^This is no address of an API\./u],
    ['a base with a password', ['--base-url', 'https://a:b@llm.acme.com'], OPENAI, /^This is no address of an API\./u],
    ['a base without TLS', ['--base-url', 'http://llm.acme.com/v1'], OPENAI, /would be sent the key and the data unencrypted/u],
    [
      'a public address without TLS',
      ['--base-url', 'http://[2606:2800:220::1]/v1'],
      OPENAI,
      /would be sent the key and the data/u,
    ],
    ['an approval without a memory', ['--no-store', '--approve'], OPENAI, /^OpenAI must keep the conversation/u],
    ['a conversation that never was', ['--continue', '--model', 'x'], OPENAI, /^There is no conversation of ada@acme\.test/u],
  ])('%s is refused before anything is sent', async (_, argv, options, says) => {
    const { code, stdout, stderr } = await askAt(place, [QUESTION, ...AS_ADA, ...argv], options);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('sk-');
  });
});
