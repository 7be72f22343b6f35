import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { aDesk } from '../support/a-desk.ts';
import { inProcess } from '../support/a-program.ts';
import { type APlace, accountLine, aPlace, synced, whole } from '../support/a-place.ts';
import type { JsonLine } from '../support/json-lines.ts';

const document = (key: string, allow: readonly string[], deny: readonly string[] = []): JsonLine => ({
  type: 'document',
  key,
  title: `Canary title of ${key}`,
  updated_at: '2026-01-02T03:04:05Z',
  text: 'Canary text.',
  acl: { terms: [{ allow, deny, from: 'page' }] },
});

let place: APlace;
beforeAll(async () => {
  place = await synced(
    await aPlace(
      whole([
        accountLine('ada', { name: 'Canary Ada' }),
        accountLine('bob', { name: 'Canary Bob' }),
        { type: 'members', group: 'eng', members: ['group:core'] },
        { type: 'members', group: 'core', members: ['user:ada'] },
        {
          type: 'container',
          key: 'home',
          title: 'Canary Home',
          acl: { terms: [{ allow: ['group:eng'], deny: [], from: 'space' }] },
        },
        document('plan', ['audience:home']),
        document('party', ['everyone'], ['user:bob']),
      ]),
    ),
  );
});
afterAll(() => place.remove());

const run = (...argv: string[]) =>
  inProcess([...argv, '--config', place.config, '--data', place.data], { temporary: place.folder });
const masked = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, '<time>');
const rows = async (): Promise<Record<string, unknown>[]> => {
  const { stdout } = await place.run(['audit', 'list', '--json', '--reveal', '--reason', 'a test']);
  const all: Record<string, unknown>[] = JSON.parse(stdout).rows;
  return all.filter(({ tool }) => tool === 'explain' || tool === 'who-can').slice(0, 2);
};

test('the owner reads why somebody may see a document as a tree', async () => {
  const { code, stdout, stderr } = await run('explain', 'ada@acme.test', 'wiki:plan');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(masked(stdout)).toMatchInlineSnapshot(`
    "ada@acme.test may see wiki:plan
      document holds   by facts confirmed <time>   so since <time>, run 1 (complete)
        page: holds
          allow audience:home   confirmed <time>
      container home holds   by facts confirmed <time>   so since <time>, run 1 (complete)
        space: holds
          allow group:eng
            › group:eng listed <time>
              › group:core listed <time>   in it since <time>, run 1 (complete)
                › user:ada confirmed <time>   in it since <time>, run 1 (complete)
      account     wiki ada   member, active, linked when they ask   so since <time>, run 1 (complete)
    "
  `);
});

test('and why somebody may not', async () => {
  const { stdout } = await run('explain', 'bob@acme.test', 'wiki:party');
  expect(masked(stdout)).toContain('bob@acme.test may not see wiki:party\n');
  expect(stdout).toContain('deny user:bob');
});

test('the audit names both, what was asked and by which scope', async () => {
  await run('explain', 'bob@acme.test', 'wiki:plan', '--client', 'chatgpt');
  await run('who-can', 'wiki:plan', '--reason', 'a review');
  expect(await rows()).toMatchObject([
    { who: 'os:tester', tool: 'who-can', arguments: { id: 'wiki:plan', scope: 'admin', reason: 'a review' }, documents: [] },
    {
      who: 'local|bob@acme.test',
      actor: 'os:tester',
      tool: 'explain',
      arguments: { id: 'wiki:plan', scope: 'admin', client: 'chatgpt' },
      documents: [],
    },
  ]);
});

test('a title is shown for a reason alone, and then the audit has both', async () => {
  const refused = await run('explain', 'ada@acme.test', 'wiki:plan', '--reveal');
  expect(refused).toEqual({
    code: 2,
    stdout: '',
    stderr: 'A title is shown for a reason, which the audit keeps. Say it: --reveal --reason <text>\n',
  });
  const { stdout } = await run('explain', 'ada@acme.test', 'wiki:plan', '--reveal', '--reason', 'case 12', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Canary title of plan' });
  expect((await rows())[0]).toMatchObject({ tool: 'explain', arguments: { scope: 'impersonate', reason: 'case 12' } });
});

test.each([
  ['explain', 'ada@acme.test', 'wiki:plan'],
  ['explain', 'bob@acme.test', 'wiki:party', '--json'],
  ['who-can', 'wiki:plan'],
  ['who-can', 'wiki:party', '--json'],
])('nobody finds a title, a name or a text in %s %s %s', async (...argv) => {
  const { stdout, stderr } = await run(...argv);
  expect(stdout).not.toBe('');
  expect(stdout + stderr).not.toContain('Canary');
});

test('where the audit cannot be opened nothing is answered', async () => {
  const held = await inProcess(['explain', 'ada@acme.test', 'wiki:plan', '--config', place.config, '--data', place.data], {
    temporary: place.folder,
    env: { CASTELLAN_KEY: Buffer.alloc(31).toString('base64') },
  });
  expect(held).toMatchObject({ stdout: '' });
  expect(held.code).not.toBe(0);
});

test('JSON holds exactly what the person hears of it themselves', async () => {
  const desk = await aDesk({ config: place.config, index: join(place.data, 'index.db') });
  const signal = new AbortController().signal;
  for (const [who, id] of [
    ['ada@acme.test', 'wiki:plan'],
    ['bob@acme.test', 'wiki:plan'],
    ['ada@acme.test', 'wiki:party'],
  ] as const) {
    const { stdout } = await run('explain', who, id, '--json');
    const heard = await desk.ask({ who, tool: 'explain_access', input: { id }, signal });
    expect(JSON.parse(stdout).explain_access).toEqual('output' in heard ? heard.output : null);
  }
  await desk.close();
});

test('who can see a document is said line by line', async () => {
  const { code, stdout } = await run('who-can', 'wiki:plan');
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "1 of them can see it (2 people and services known)
      local|ada@acme.test   audience:home; home: group:eng › group:core › user:ada
    "
  `);
});

test('a document that is not there is said to be not there, and is in the audit', async () => {
  expect(await run('who-can', 'wiki:nowhere')).toMatchObject({ code: 1, stdout: '' });
  expect(await run('explain', 'ada@acme.test', 'wiki:nowhere')).toMatchObject({ code: 1 });
  expect((await rows()).map(({ outcome }) => outcome)).toEqual(['absent', 'absent']);
});
