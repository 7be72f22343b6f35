import { afterAll, beforeAll, expect, test } from 'vitest';

import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { askAt, told } from '../support/asking-a-model.ts';

/** Of OpenAI's: what it costs is a few thousand tokens, and what it is sent is of the made-up company. */
const KEY = process.env['CASTELLAN_OPENAI_LIVE_KEY'];
const LIVE_MS = 120_000;

if (KEY === undefined) {
  process.stderr.write(
    'SKIPPED: OpenAI itself was not asked. To ask it: CASTELLAN_OPENAI_LIVE_KEY=<key> npx vitest run test/openai/live.test.ts\n',
  );
}

let place: AnHttpPlace | undefined;

beforeAll(async () => {
  if (KEY !== undefined) place = await anHttpPlace();
});
afterAll(() => place?.remove());

test.skipIf(KEY === undefined)('OpenAI itself calls the tools, and names the document', { timeout: LIVE_MS }, async () => {
  if (!place || KEY === undefined) throw new Error('there is nothing to ask');
  const argv = ['How large is the salary increase for 2026?', '--as', 'carol@acme.test', '--api', 'chat', '--json'];
  const ended = await askAt(place, argv, { env: { OPENAI_API_KEY: KEY } });
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(told(ended).citations.map(({ id }) => id)).toContain('handbook:hr/compensation/salary-review-2026.md');
});
