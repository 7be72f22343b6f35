import { McpServer } from '@modelcontextprotocol/server';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { askWithChat, type ChatQuestion } from '../../src/openai/chat.ts';
import { DROPPED, fitted, messagesOf } from '../../src/openai/history.ts';
import { connectInProcess } from '../../src/openai/in-process.ts';
import type { Told } from '../../src/openai/told.ts';
import { aPeer } from '../support/a-peer.ts';
import { aChatEndpoint, type AChatEndpoint } from '../support/a-chat-endpoint.ts';
import type { Move } from '../support/a-scripted-model.ts';

/** What a tool does with its nth call. */
type Tool = (what: string, nth: number) => Promise<string> | string;

/** Asks a model that calls these at once and then says "done", or one elsewhere, with a real server whose one tool, `look`, does this. */
const asked = async (
  calls: Extract<Move, { calls: unknown }>['calls'],
  tool: Tool,
  more: Partial<ChatQuestion> = {},
  elsewhere?: string,
): Promise<{ readonly told: readonly Told[]; readonly endpoint: AChatEndpoint }> => {
  const endpoint = await aChatEndpoint({ model: (_, heard) => (heard.length === 0 ? { calls } : { say: 'done' }) });
  let nth = 0;
  const server = new McpServer({ name: 'test', version: '1' });
  server.registerTool(
    'look',
    { inputSchema: z.looseObject({ what: z.string() }), annotations: { readOnlyHint: true } },
    async ({ what }) => {
      nth += 1;
      return { content: [{ type: 'text', text: await tool(what, nth) }] };
    },
  );
  const connected = await connectInProcess({ name: 'test', version: '1' }, (end) => server.connect(end));
  onTestFinished(() => connected.close());
  const openai = new OpenAI({ apiKey: 'none', baseURL: elsewhere ?? endpoint.baseUrl, maxRetries: 0 });
  const told: Told[] = [];
  for await (const one of askWithChat({ openai, mcp: connected.mcp, question: 'What is there?', ...more })) told.push(one);
  return { told, endpoint };
};

const look = (what: string) => ({ tool: 'look', input: { what } });
/** Fails twice, and says whether it is worth trying again. */
const failing =
  (retry: boolean) =>
  (what: string, nth: number): string =>
    nth < 3 ? JSON.stringify({ error: { code: 'x', message: 'no', retry } }) : what;
const failuresIn = (told: readonly Told[]): (string | undefined)[] =>
  told.flatMap((one) => (one.kind === 'called' ? [one.failed] : []));
/** What the model heard of its calls. */
const heardIn = ({ asked: [, second] }: AChatEndpoint): (string | null)[] =>
  (second?.messages ?? []).filter(({ role }) => role === 'tool').map(({ content }) => content);

describe('the calls of one reply', () => {
  test('are made at once', { timeout: 20_000 }, async () => {
    const all = Promise.withResolvers<void>();
    const { endpoint } = await asked([look('a'), look('b'), look('c')], async (what, nth) => {
      if (nth === 3) all.resolve(); // each waits until all have come
      await all.promise;
      return what;
    });
    expect(heardIn(endpoint)).toEqual(['a', 'b', 'c']);
  });

  test('may fail alone: the model hears which and why, and of the others what they gave', async () => {
    const { told, endpoint } = await asked(
      [look('a'), { tool: 'destroy', input: {} }, { tool: 'look', input: { wrong: 1 } }],
      (what) => what,
    );
    const [first, second, third] = heardIn(endpoint);
    expect([first, second]).toEqual(['a', '{"error":{"message":"There is no tool \\"destroy\\". There are: look."}}']);
    expect(third).toContain('what');
    expect(failuresIn(told).slice(0, 2)).toEqual([undefined, 'There is no tool "destroy". There are: look.']);
    expect(told.at(-1)).toMatchObject({ kind: 'ended', answer: { text: 'done' } });
  });

  test('of which there are too many are refused beyond sixteen', async () => {
    let made = 0;
    const { told } = await asked(
      Array.from({ length: 18 }, (_, nth) => look(String(nth))),
      (what) => {
        made += 1;
        return what;
      },
    );
    expect(made).toBe(16);
    expect(failuresIn(told).filter((why) => why === 'At most 16 calls are made at once. Make this one next.')).toHaveLength(2);
  });

  test('that do not answer in time are made again, and three times at most', async () => {
    const patient = await asked([look('a')], (what, nth) => (nth === 1 ? new Promise(() => undefined) : what), { callMs: 500 });
    expect(heardIn(patient.endpoint)).toEqual(['a']);
    let made = 0;
    const silent = (): Promise<string> => {
      made += 1;
      return new Promise(() => undefined);
    };
    const { told } = await asked([look('a')], silent, { callMs: 200 });
    expect(made).toBe(3);
    expect(failuresIn(told)[0]).toMatch(/^The tool did not answer: /u);
  });

  test('are not made again without an answer, where the tool may have changed something', async () => {
    let made = 0;
    const mcp = {
      listTools: async () => ({ tools: [{ name: 'pay', inputSchema: { type: 'object' } }] }),
      callTool: async () => {
        made += 1;
        throw Object.assign(new Error('Request timed out'), { code: 'REQUEST_TIMEOUT' });
      },
    };
    const { told } = await asked([{ tool: 'pay', input: {} }], () => '', { mcp, approve: async () => true });
    expect([made, failuresIn(told)]).toEqual([1, ['The tool did not answer: Request timed out']]);
  });

  test('are made again where the server says that this may help, and not where it does not', async () => {
    expect(heardIn((await asked([look('a')], failing(true))).endpoint)).toEqual(['a']);
    const { told, endpoint } = await asked([look('a')], failing(false));
    expect(failuresIn(told)).toEqual(['no']);
    expect(heardIn(endpoint)).toHaveLength(1);
  });

  test('end: a model that never answers is stopped', async () => {
    const endpoint = await aChatEndpoint({ model: (_, heard) => ({ calls: [look(String(heard.length))] }) });
    const mcp = {
      listTools: async () => ({
        tools: [{ name: 'look', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }],
      }),
      callTool: async () => ({ content: [{ type: 'text', text: 'more' }] }),
    };
    const openai = new OpenAI({ apiKey: 'none', baseURL: endpoint.baseUrl, maxRetries: 0 });
    const all = askWithChat({ openai, mcp, question: 'What is there?' });
    await expect(Array.fromAsync(all)).rejects.toMatchObject({ message: expect.stringContaining('too many rounds of calls') });
    expect(endpoint.asked).toHaveLength(10);
  });
});

/** A server whose one tool says this of itself, and what was called of it. */
const paying = (hint: { readOnlyHint?: boolean } | undefined) => {
  const made: unknown[] = [];
  const mcp = {
    listTools: async () => ({ tools: [{ name: 'pay', inputSchema: { type: 'object' }, annotations: hint }] }),
    callTool: async (call: unknown) => {
      made.push(call);
      return { content: [{ type: 'text', text: 'paid' }] };
    },
  };
  return { mcp, made };
};
const no = async (): Promise<boolean> => false;

describe('a call of a tool that does not say that it only reads', () => {
  const pay = { tool: 'pay', input: { euros: 5 } };

  test.each([undefined, {}, { readOnlyHint: false }])(
    'is not made without a person’s word, and the model hears it: %j',
    async (hint) => {
      const { mcp, made } = paying(hint);
      const { told, endpoint } = await asked([pay], () => '', { mcp });
      expect(made).toEqual([]);
      const why = 'The person did not approve this call. It was not made. Go on without it.';
      expect([failuresIn(told), heardIn(endpoint)]).toEqual([[why], [JSON.stringify({ error: { message: why } })]]);
      expect(told.at(-1)).toMatchObject({ kind: 'ended', answer: { text: 'done' } });
    },
  );

  test('is shown to the person whole, and made where they say yes', async () => {
    const { mcp, made } = paying({ readOnlyHint: false });
    const shown: unknown[] = [];
    const approve = async (call: unknown): Promise<boolean> => shown.push(call) === 1;
    const { endpoint } = await asked([pay, pay], () => '', { mcp, approve });
    expect([shown, made.length]).toEqual([[pay, pay], 1]);
    expect(heardIn(endpoint)[0]).toBe('paid');
  });

  test('is alone in that, unless the person wants to be asked about all', async () => {
    const { mcp, made } = paying({ readOnlyHint: true });
    await asked([pay], () => '', { mcp, approve: no });
    expect(made).toHaveLength(1);
    await asked([pay], () => '', { mcp, approve: no, approval: 'always' });
    expect(made).toHaveLength(1);
  });
});

/** What is told where a service streams this, and then its answer. */
const streamed = async (deltas: readonly object[]): Promise<readonly Told[]> => {
  const peer = await aPeer((_, to, nth) => {
    to.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const delta of nth === 1 ? deltas : [{ content: 'done' }])
      to.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`);
    to.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`);
  });
  return (await asked([], (what) => what, {}, `${peer.url}/v1`)).told;
};
const whole = (what: string) => ({ tool_calls: [{ index: 0, function: { name: 'look', arguments: { what } } }] });

describe('a service that is not OpenAI’s', () => {
  test('may number all its calls 0, give them no id, and write arguments as objects: all are made', async () => {
    const told = await streamed([whole('a'), whole('b')]);
    expect(told.flatMap((one) => (one.kind === 'called' ? [[one.input, one.failed]] : []))).toEqual([
      [{ what: 'a' }, undefined],
      [{ what: 'b' }, undefined],
    ]);
  });

  test.each([
    ['text', { content: 'x'.repeat(50_000) }],
    ['arguments', { tool_calls: [{ index: 0, id: 'a', function: { arguments: 'x'.repeat(50_000) } }] }],
    [
      'calls',
      { tool_calls: Array.from({ length: 200 }, (_, index) => ({ index, id: `c${index}`, function: { name: 'look' } })) },
    ],
  ])('that writes %s without end is read to a limit, and no call of it is made', async (_, delta) => {
    const peer = await aPeer((__, to) => {
      to.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
      let left = 200; // far beyond any limit, and yet an end for a reader that has none
      const go = (): void => {
        while (!to.destroyed && left > 0 && to.write(chunk)) left -= 1;
        if (left === 0) to.end();
      };
      to.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'So ' }, finish_reason: null }] })}\n\n`);
      to.on('drain', go).on('close', () => to.removeAllListeners('drain'));
      go();
    });
    const { told } = await asked([], () => '', {}, `${peer.url}/v1`);
    expect(told.at(-1)).toMatchObject({ kind: 'ended', answer: { incomplete: { code: 'too_large' } } });
    expect(told.filter(({ kind }) => kind === 'called')).toEqual([]);
    expect(peer.arrived).toHaveLength(1);
  });
});

const tool = (id: string, content: string) => ({ role: 'tool' as const, tool_call_id: id, content });

describe('what of a conversation is sent, where it is too long,', () => {
  const system = { role: 'system' as const, content: 'Be brief.' };
  const question = { role: 'user' as const, content: 'And now?' };
  const turns = messagesOf([
    { question: 'one', answer: 'x'.repeat(500) },
    { question: 'two', answer: 'y'.repeat(500) },
  ]);

  test('is all of it, where it is not', () => {
    expect(fitted([system, ...turns, question], 4, 10_000)).toEqual([system, ...turns, question]);
  });

  test('loses the oldest turn first, question and answer together', () => {
    expect(fitted([system, ...turns, question], 4, 1000)).toEqual([system, ...turns.slice(2), question]);
  });

  test('then what tools gave, the oldest first, and says so in its place', () => {
    const results = [tool('1', 'a'.repeat(500)), tool('2', 'b'.repeat(500)), tool('3', 'c'.repeat(500))];
    const kept = fitted([system, ...turns, question, ...results], 4, 1400);
    expect(kept).toEqual([system, question, tool('1', DROPPED), ...results.slice(1)]);
  });

  test('never loses the instructions, the question and the newest result', () => {
    const newest = tool('1', 'a'.repeat(500));
    expect(fitted([system, ...turns, question, newest], 4, 1)).toEqual([system, question, newest]);
  });
});
