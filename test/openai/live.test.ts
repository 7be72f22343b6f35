import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { askWithResponses } from '../../src/openai/responses.ts';
import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { askAt, told } from '../support/asking-a-model.ts';

/** Of OpenAI's: what it costs is a few thousand tokens, and what it is sent is of the made-up company. */
const KEY = process.env['CASTELLAN_OPENAI_LIVE_KEY'];
/** Where OpenAI reaches a server that serves the made-up company, and a token of carol@acme.test for it. */
const [SERVER, TOKEN] = [process.env['CASTELLAN_LIVE_SERVER_URL'], process.env['CASTELLAN_LIVE_TOKEN']];
const mounts = KEY !== undefined && SERVER !== undefined && TOKEN !== undefined;
const LIVE_MS = 120_000;
const QUESTION = 'How large is the salary increase for 2026?';

const COMMAND = 'CASTELLAN_OPENAI_LIVE_KEY=<key> npx vitest run test/openai/live.test.ts';
if (KEY === undefined) process.stderr.write(`SKIPPED: OpenAI itself was not asked. To ask it: ${COMMAND}\n`);
if (!mounts) {
  const more = 'CASTELLAN_LIVE_SERVER_URL=<https address of /mcp> CASTELLAN_LIVE_TOKEN=<token>';
  process.stderr.write(`SKIPPED: OpenAI itself mounted no server. To have it mount one: ${more} ${COMMAND}\n`);
}

let place: AnHttpPlace | undefined;

beforeAll(async () => {
  if (KEY !== undefined) place = await anHttpPlace();
});
afterAll(() => place?.remove());

test.skipIf(KEY === undefined)('OpenAI itself calls the tools, and names the document', { timeout: LIVE_MS }, async () => {
  if (!place || KEY === undefined) throw new Error('there is nothing to ask');
  const argv = [QUESTION, '--as', 'carol@acme.test', '--api', 'chat', '--json'];
  const ended = await askAt(place, argv, { env: { OPENAI_API_KEY: KEY } });
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(told(ended).citations.map(({ id }) => id)).toContain('handbook:hr/compensation/salary-review-2026.md');
});

test.skipIf(!mounts)(
  'OpenAI itself mounts the server, calls its tools, and names the document',
  { timeout: LIVE_MS },
  async () => {
    if (KEY === undefined || SERVER === undefined || TOKEN === undefined) throw new Error('there is nothing to ask');
    const openai = new OpenAI({ apiKey: KEY });
    const asking = askWithResponses({ openai, server: { url: SERVER }, caller: { token: TOKEN }, question: QUESTION });
    const last = (await Array.fromAsync(asking)).at(-1);
    if (last?.kind !== 'ended') throw new Error('it did not end');
    expect(last.answer.incomplete).toBeUndefined();
    expect(last.answer.citations.map(({ id }) => id)).toContain('handbook:hr/compensation/salary-review-2026.md');
  },
);
