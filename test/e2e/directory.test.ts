import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { accountLine, type APlace, aPlace, ORGANISATION, whole } from '../support/a-place.ts';
import { jsonLines } from '../support/json-lines.ts';

/** A directory of lines beside a wiki: what it says counts everywhere. */

let place: APlace;

const page = (key: string, allow: readonly string[]) => ({
  type: 'document',
  key,
  title: `The ${key}`,
  updated_at: '2026-01-02T03:04:05Z',
  text: 'A lantern.',
  format: 'plain',
  acl: { terms: [{ allow, deny: [], from: 'page' }] },
});

const people = (...bob: readonly Record<string, unknown>[]) =>
  writeFile(
    join(place.folder, 'people.jsonl'),
    jsonLines(whole([accountLine('ada'), ...bob, { type: 'members', group: 'board', members: ['user:ada', 'user:bob'] }])),
  );

const found = async (who: string): Promise<string[]> => {
  const { stdout, stderr } = await place.run(['search', 'lantern', '--as', who, '--json']);
  if (stdout === '') throw new Error(stderr);
  const { results }: { results: readonly { id: string }[] } = JSON.parse(stdout);
  return results.map(({ id }) => id).toSorted();
};

beforeAll(async () => {
  place = await aPlace(
    whole([accountLine('bob'), page('plan', ['org:board']), page('news', ['everyone']), page('note', ['user:bob', 'public'])]),
  );
  await place.configure(`${ORGANISATION}identity: { mode: local, directory: people }
sources: { wiki: { connector: jsonl, path: ./wiki.jsonl }, people: { connector: jsonl, path: ./people.jsonl } }
embedding: { provider: none }
`);
  await people(accountLine('bob'));
});

afterAll(() => place.remove());

test('before the directory is read nobody finds anything, and doctor says why', async () => {
  expect((await place.run(['sync', 'wiki'])).code).toBe(0);
  expect(await found('bob@acme.test')).toEqual([]);
  expect((await place.run(['doctor'])).stdout).toMatch(
    /directory +people was never read to its end: until then nobody sees anything/u,
  );
});

test('its groups can be named from elsewhere, and who is active in it is everyone', async () => {
  expect((await place.run(['sync'])).code).toBe(0);
  expect(await found('ada@acme.test')).toEqual(['wiki:news', 'wiki:note', 'wiki:plan']);
  expect(await found('bob@acme.test')).toEqual(['wiki:news', 'wiki:note', 'wiki:plan']);
  expect(await found('stranger@acme.test')).toEqual(['wiki:note']);
});

test('whoever is inactive in it finds nothing from the next question on, not even what is public', async () => {
  await people(accountLine('bob', { active: false }));
  expect((await place.run(['sync', 'people'])).code).toBe(0);
  expect(await found('bob@acme.test')).toEqual([]);
  expect(await found('ada@acme.test')).toEqual(['wiki:news', 'wiki:note', 'wiki:plan']);
});

test('so does whoever it no longer names', async () => {
  await people(accountLine('bob'));
  await place.run(['sync', 'people']);
  expect(await found('bob@acme.test')).not.toEqual([]);
  await people();
  expect((await place.run(['sync', 'people'])).code).toBe(0);
  expect(await found('bob@acme.test')).toEqual([]);
});
