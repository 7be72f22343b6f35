import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Change } from '../../../src/core/change.ts';
import { fetchTool } from '../../../src/tools/fetch.ts';
import { searchTool } from '../../../src/tools/search.ts';
import { aDocument, only } from '../../support/builders.ts';
import { type IndexInProcess, openIndex } from '../../support/index-in-process.ts';
import { aListener } from '../../support/a-listener.ts';
import { ERAS } from '../../support/a-client.ts';
import { rulesFor } from '../../support/looking.ts';
import { answerIn, type McpPost, toolCall } from '../../support/mcp-messages.ts';

const CALLS = 2000;
/** Few, so that both callers go through each. */
const CONNECTIONS = 8;
const PATIENCE = 60_000;

const CALLERS = ['ada', 'bob'] as const;
type Who = (typeof CALLERS)[number];

/** Each sees one plan, of the same key length, title and words; only a secret word tells them apart. */
const planOf = (who: Who): Change => ({
  type: 'document',
  document: aDocument({
    key: `plan-${who}`,
    acl: only(`person:${who}@acme.test`),
    body: { kind: 'text', text: `The plan for spring: secret-of-${who}.`, format: 'plain' },
  }),
});

let index: IndexInProcess;
beforeAll(async () => {
  index = await openIndex({ rules: rulesFor('wiki'), now: () => Date.now() });
  await index.sync('wiki', [{ type: 'listing' }, ...CALLERS.map(planOf), { type: 'complete' }]);
  for (const who of CALLERS) await index.identify(identityOf(who));
});
afterAll(() => index.close());

const identityOf = (who: string) => ({ issuer: 'test', subject: who, email: `${who}@acme.test` });

test('two callers with the same id, interleaved and slow, each get their own 2,000 times', { timeout: PATIENCE }, async () => {
  let at = 0;
  const { url, limits, logged } = await aListener({
    perMinute: CALLS,
    atOnce: CALLS,
    tools: [searchTool, fetchTool],
    call: async (name, input, callerOf) => {
      const { identity } = await callerOf();
      const turns = (at * 7919) % 23; // a different wait before and after, so that answers overtake one another
      at += 1;
      for (let waited = 0; waited < turns; waited += 1) await turn();
      if (name !== 'search' && name !== 'fetch') throw new Error(name);
      const result = await index.ask(identityOf(identity.subject), name, input);
      for (let waited = turns; waited < 23; waited += 1) await turn();
      return result;
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const asked = Array.from({ length: CALLS }, async (_, n) => {
    const who = CALLERS[n % 2 === 0 ? 0 : 1];
    const era = ERAS[n % 3 === 0 ? 0 : 1];
    // A fetch of the other one's plan must not find it.
    const post =
      n % 4 < 2 ? toolCall(era, 'search', { query: 'secret plan' }, 7) : toolCall(era, 'fetch', { id: 'wiki:plan-ada' }, 7);
    return { who, fetched: n % 4 >= 2, text: await send(url, agent, who, post) };
  });
  const answers = await Promise.all(asked);
  agent.destroy();

  for (const { who, fetched, text } of answers) {
    const other = who === 'ada' ? 'bob' : 'ada';
    expect(answerIn(text)).toMatchObject({ id: 7, ...(fetched && who === 'bob' ? { result: { isError: true } } : {}) });
    expect(text.includes(`secret-of-${who}`)).toBe(!fetched || who === 'ada');
    expect(text).not.toContain(`secret-of-${other}`);
  }
  expect(answers).toHaveLength(CALLS);
  expect(limits.inFlight).toBe(0);
  expect(logged()).toHaveLength(CALLS);
  expect(logged().filter((line) => /secret|plan|"ada"|"bob"|acme/u.test(JSON.stringify(line)))).toEqual([]);
});

const send = (url: string, agent: Agent, who: string, { body, headers }: McpPost): Promise<string> => {
  const ended = Promise.withResolvers<string>();
  const sent = request(
    url,
    { agent, method: 'POST', headers: { ...headers, authorization: `Bearer ${who}`, 'x-request-id': randomUUID() } },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => ended.resolve(text));
    },
  );
  sent.on('error', ended.reject);
  sent.end(body);
  return ended.promise;
};
