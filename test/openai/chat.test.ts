import type { ServerResponse } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { aChatEndpoint, type AChatEndpoint, type ChatEndpointOptions } from '../support/a-chat-endpoint.ts';
import type { Ended } from '../support/a-command.ts';
import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { aPeer } from '../support/a-peer.ts';
import { obedient } from '../support/a-scripted-model.ts';
import { askAt, type AskOptions, told } from '../support/asking-a-model.ts';
import { readExpected } from '../support/company.ts';

const { questions } = readExpected();
const QUESTION = 'How large is the salary increase for 2026?';
const [ADA, CAROL, EVE] = ['ada@acme.test', 'carol@acme.test', 'eve@acme.test'];

let place: AnHttpPlace;

beforeAll(async () => {
  place = await anHttpPlace({ more: 'clients: { openai-chat: { sources: [handbook, workspace], deny_labels: [draft] } }' });
});
afterAll(() => place.remove());

type Asked = Ended & { readonly endpoint: AChatEndpoint };

const ask = async (
  argv: readonly string[],
  options: ChatEndpointOptions & AskOptions & { endpoint?: AChatEndpoint } = {},
): Promise<Asked> => {
  const endpoint = options.endpoint ?? (await aChatEndpoint(options));
  const ended = await askAt(place, [...argv, '--api', 'chat', '--base-url', endpoint.baseUrl], options);
  return { ...ended, endpoint };
};

const plain = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/gu, 'HOST');

describe('through Chat Completions', () => {
  test('two people who ask the same are answered from different documents', async () => {
    const [ada, carol] = [await ask([QUESTION, '--as', ADA, '--json']), await ask([QUESTION, '--as', CAROL, '--json'])];
    expect([ada.code, carol.code]).toEqual([0, 0]);
    expect(told(ada).citations.map(({ id }) => id)).toEqual(['handbook:company/pay-principles.md']);
    expect(told(carol).citations.map(({ id }) => id)).toEqual(['handbook:hr/compensation/salary-review-2026.md']);
    expect(JSON.stringify(ada.endpoint.asked)).not.toContain('salary-review-2026');
  });

  test('the calls are made on the one path, under the name of this client', async () => {
    await ask([QUESTION, '--as', ADA]);
    const rows = (await place.audited(2)).map(({ tool, client, actor, outcome }) => ({ tool, client, actor, outcome }));
    const who = { client: 'openai-chat', actor: 'os:tester', outcome: 'answered' };
    expect(rows).toEqual([
      { tool: 'fetch', ...who },
      { tool: 'search', ...who },
    ]);
  });

  test('a document that orders the model about gets nothing that the person may not see', async () => {
    const { code, stdout, endpoint } = await ask(['What does Larkmoor Hosting offer?', '--as', ADA, '--json'], {
      model: obedient,
    });
    expect(code).toBe(0);
    expect(told({ stdout }).calls.map(({ input }) => input)).toContainEqual({ query: 'salary', limit: 50 });
    const hidden = questions.flatMap(({ people }) => people[ADA]?.never ?? []);
    const all = `${JSON.stringify(endpoint.asked)}${stdout}`;
    expect(hidden.filter((id) => all.includes(id))).toEqual([]);
  });

  test('a conversation goes on with what was asked and answered, and not with what tools gave', async () => {
    const first = await ask([QUESTION, '--as', CAROL, '--json']);
    await ask(['And what of benefits?', '--as', CAROL, '--continue'], { endpoint: first.endpoint });
    const sent = first.endpoint.asked.find(({ messages }) => messages.some(({ content }) => content === 'And what of benefits?'));
    expect(sent?.messages.map(({ role, content }) => [role, content]).slice(1)).toEqual([
      ['user', QUESTION],
      ['assistant', told(first).answer],
      ['user', 'And what of benefits?'],
    ]);
  });

  test('a conversation that holds what the person may not see any more is not gone on with', async () => {
    const { endpoint } = await ask([QUESTION, '--as', EVE]);
    const asked = endpoint.asked.length;
    await place.change('people.yaml', 'executives: [user:dan, user:eve]', 'executives: [user:dan]');
    try {
      const { code, stderr } = await ask(['And?', '--as', EVE, '--continue'], { endpoint });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The conversation holds what is gone or not for this person any more\./u);
      expect(endpoint.asked).toHaveLength(asked);
    } finally {
      await place.change('people.yaml', 'executives: [user:dan]', 'executives: [user:dan, user:eve]');
    }
  });

  test('without a key a model on this machine is asked all the same', async () => {
    expect((await ask([QUESTION, '--as', ADA], { env: {} })).code).toBe(0);
  });
});

describe('what fails is one sentence:', () => {
  test.each([
    ['a key that is not good', { status: 401 }, 1, 'HOST did not accept the key (401). Put a valid one into OPENAI_API_KEY.'],
    ['too often, at once and again', { status: 429, retryAfter: 0 }, 1, 'HOST was asked too often (429). Ask again after '],
    ['a failure, at once and again', { status: 500 }, 1, 'HOST failed (500'],
    [
      'more than the model holds',
      { status: 400, code: 'context_length_exceeded' },
      1,
      'This is more than gpt-5.4-mini can hold (400). Ask anew without --continue, or something narrower.',
    ],
  ])('%s', async (_, how, code, says) => {
    const ended = await ask([QUESTION, '--as', ADA], { spoil: () => how });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(plain(ended.stderr).startsWith(says)).toBe(true);
  });

  test('what passes is not told', async () => {
    const { code, endpoint } = await ask([QUESTION, '--as', ADA], {
      spoil: (nth) => (nth === 1 ? { status: 429, retryAfter: 0 } : undefined),
    });
    expect([code, endpoint.asked.length]).toEqual([0, 4]);
  });

  test.each([
    [
      'that became too long',
      { spoil: (nth: number) => (nth === 3 ? { finishReason: 'length' } : undefined) },
      /longer than the model/u,
    ],
    [
      'that was filtered',
      { spoil: (nth: number) => (nth === 3 ? { finishReason: 'content_filter' } : undefined) },
      /content filter/u,
    ],
  ])('half an answer %s says so', async (_, options, says) => {
    const { code, stdout, stderr } = await ask([QUESTION, '--as', ADA], options);
    expect([code, stdout.startsWith('It is said')]).toEqual([1, true]);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^The answer is incomplete: /u);
    expect(stderr).toMatch(says);
  });

  test.each([
    ['as if all were said', (to: ServerResponse): void => void to.end()],
    ['by a connection that dies', (to: ServerResponse): void => void setTimeout(() => to.destroy(), 50)],
  ])('half an answer that ends %s says so', async (_, end) => {
    const peer = await aPeer((__, to) => {
      to.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = { choices: [{ index: 0, delta: { content: 'It is said' }, finish_reason: null }] };
      to.write(`data: ${JSON.stringify(chunk)}\n\n`, () => end(to));
    });
    const { code, stdout, stderr } = await askAt(place, [QUESTION, '--as', ADA, '--api', 'chat', '--base-url', `${peer.url}/v1`]);
    expect([code, stdout]).toEqual([1, 'It is said\n']);
    expect(stderr).toBe('The answer is incomplete: the connection broke off in the middle. Ask again.\n');
  });

  test('fields that are null, as some write what is not there, are not', async () => {
    const delta = { role: 'assistant', content: 'It is said.', refusal: null, tool_calls: null };
    const peer = await aPeer((_, to) => {
      to.writeHead(200, { 'content-type': 'text/event-stream' });
      to.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`);
    });
    const argv = [QUESTION, '--as', ADA, '--api', 'chat', '--base-url', `${peer.url}/v1`];
    expect(await askAt(place, argv)).toMatchObject({ code: 0, stdout: 'It is said.\n' });
  });

  test('an answer without a word', async () => {
    const { code, stdout, stderr } = await ask([QUESTION, '--as', ADA], { model: () => ({ say: '' }) });
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      'gpt-5.4-mini ended its answer without a word. Ask again, or another: --model <name>\n',
    ]);
  });

  test('a refusal', async () => {
    const chunk = { choices: [{ index: 0, delta: { refusal: 'I will not.' }, finish_reason: 'stop' }] };
    const peer = await aPeer((_, to) => {
      to.writeHead(200, { 'content-type': 'text/event-stream' });
      to.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    });
    const argv = [QUESTION, '--as', ADA, '--api', 'chat', '--base-url', `${peer.url}/v1`];
    const { code, stderr } = await askAt(place, argv);
    expect([code, stderr]).toEqual([1, 'The model refuses to answer: I will not. Ask in other words.\n']);
  });
});
