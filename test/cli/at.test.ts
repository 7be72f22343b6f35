import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { type APlace, accountLine, aPlace, whole } from '../support/a-place.ts';

const page = {
  type: 'document',
  key: 'k1',
  title: 'Plan',
  updated_at: '2026-01-02T03:04:05Z',
  text: 'The plan.',
  acl: { terms: [{ allow: ['group:eng'], deny: [], from: 'page' }] },
};
const people = [accountLine('ada'), accountLine('bob')];

let place: APlace;
/** Between the state in which Ada was in the group, and the one in which the document is gone. */
let then: string;

beforeAll(async () => {
  place = await aPlace(whole([...people, { type: 'members', group: 'eng', members: ['user:ada'] }, page]));
  await place.run(['sync']);
  await place.run(['search', 'plan', '--as', 'ada@acme.test']);
  await place.run(['search', 'plan', '--as', 'bob@acme.test']);
  await setTimeout(5); // the next commit is in another millisecond
  then = new Date().toISOString();
  await setTimeout(5);
  await place.write(whole([...people, { type: 'members', group: 'eng', members: ['user:bob'] }]));
  await place.run(['sync', '--accept-deletions']);
}, 120_000);

afterAll(() => place.remove());

const reportSchema = z.looseObject({
  verdict: z.string(),
  as_of: z.object({ version: z.number(), rules_recorded_at: z.string() }),
});

test('explain says why somebody might see a document then that is gone now', async () => {
  expect(await place.run(['explain', 'ada@acme.test', 'wiki:k1'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('there is no document'),
  });
  const { code, stdout } = await place.run(['explain', 'ada@acme.test', 'wiki:k1', '--at', then, '--json']);
  expect([code, reportSchema.parse(JSON.parse(stdout)).verdict]).toEqual([0, 'allowed']);
  expect((await place.run(['explain', 'bob@acme.test', 'wiki:k1', '--at', then])).stdout).toMatch(
    /^bob@acme\.test may not see wiki:k1\n {2}as of .* version \d+, by the rules of \S+Z;/u,
  );
});

test('who-can names those who could then', async () => {
  const { stdout } = await place.run(['who-can', 'wiki:k1', '--at', then, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ can: [{ who: 'local|ada@acme.test' }], can_count: 1 });
  expect(await place.run(['who-can', 'wiki:k1', '--at', '2999-01-01'])).toMatchObject({ code: 2, stdout: '' });
});

test('a time that nothing is remembered of is refused in a sentence', async () => {
  for (const [at, says] of [
    ['2001-01-01', /^The index remembers nothing before \S+Z\. Ask about a later time: --at <time>\n$/u],
    ['2999-01-01', /^The time of --at has not come yet\. Leave it out to ask about now\.\n$/u],
    ['2026-02-30', /^"2026-02-30" is no time for --at\./u],
    ['2026-02-01T12:00', /is no time for --at\./u],
  ] as const) {
    const { code, stdout, stderr } = await place.run(['explain', 'ada@acme.test', 'wiki:k1', '--at', at]);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(says)]);
  }
});
