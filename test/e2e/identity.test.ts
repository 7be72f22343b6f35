import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { type ADesk, aDesk } from '../support/a-desk.ts';
import { accountLine, aPlace, type APlace, synced, whole } from '../support/a-place.ts';
import { documentLine } from '../support/json-lines.ts';

const TWINS = [
  accountLine('u1', { name: 'Ada', emails: ['ada@acme.test'] }),
  accountLine('u2', { name: 'Ada (test)', emails: ['ada@acme.test'] }),
  { type: 'members', group: 'board', members: ['user:u1'] },
  documentLine({ acl: { terms: [{ allow: ['group:board'], deny: [], from: 'page' }] } }),
];

let place: APlace;
let desk: ADesk; // a process that serves all along, while others decide beside it

beforeAll(async () => {
  place = await synced(await aPlace(whole(TWINS)));
  desk = await aDesk({ config: place.config, index: join(place.data, 'index.db') });
});

afterAll(async () => {
  await desk.close();
  await place.remove();
});

/** What Ada finds, at the process that serves. */
const found = async (): Promise<string[]> => {
  const signal = new AbortController().signal;
  const answer = await desk.ask({ who: 'ada@acme.test', tool: 'search', input: { query: 'spring' }, signal });
  return 'output' in answer ? hits.parse(answer.output).results.map(({ id }) => id) : [answer.error.code];
};

const hits = z.object({ results: z.array(z.object({ id: z.string() })) });

const listed = async (kind: string): Promise<[string, string][]> => {
  const { stdout } = await place.run(['identity', 'list', 'wiki', '--json']);
  return JSON.parse(stdout).sources[0][kind].listed.map((one: { account: string; why: string }) => [one.account, one.why]);
};

test('two accounts with one e-mail: nobody is linked until a person decides, and what they decide holds at once and for good', async () => {
  expect(await found()).toEqual([]);
  expect(await listed('ambiguous')).toEqual([
    ['u1', 'shared'],
    ['u2', 'shared'],
  ]);

  const linking = await place.run(['identity', 'link', 'ada@acme.test', 'wiki', 'u1', '--reason', 'u2 is for tests']);
  expect(linking).toEqual({ code: 0, stdout: 'u1 of wiki is linked to local|ada@acme.test.\n', stderr: '' });
  expect(await found()).toEqual(['wiki:plan']);
  expect(await listed('conflicting')).toEqual([['u2', 'second']]);

  const unlinking = await place.run(['identity', 'unlink', 'ada@acme.test', 'wiki', 'u1', '--reason', 'she left the board']);
  expect(unlinking.code).toBe(0);
  expect(await found()).toEqual([]);

  await place.write(whole([{ ...TWINS[0] }, ...TWINS.slice(2)])); // now her e-mail is on one account alone
  await synced(place);
  expect(await found()).toEqual([]);
  expect(await listed('unmatched')).toEqual([['u1', 'refused']]);

  await place.run(['identity', 'link', 'ada@acme.test', 'wiki', 'u1', '--reason', 'she is back']);
  expect(await found()).toEqual(['wiki:plan']);

  const { stdout } = await place.run(['audit', 'list']);
  expect(stdout.match(/ by os:\S+ {2}cli {2}identity \w+ /gu)).toHaveLength(3);
  expect((await place.run(['audit', 'verify'])).code).toBe(0);
});
