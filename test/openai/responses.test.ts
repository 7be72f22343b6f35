import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { castellan } from '../support/a-command.ts';
import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { aResponsesEndpoint, KEY } from '../support/a-responses-endpoint.ts';
import { curious, obedient, type ScriptedModel } from '../support/a-scripted-model.ts';
import { type Asked, type AskingOptions, askThrough, told } from '../support/asking-a-model.ts';
import { readExpected } from '../support/company.ts';

const { questions } = readExpected();
const QUESTION = 'How large is the salary increase for 2026?';
const [ADA, CAROL, BOB] = ['ada@acme.test', 'carol@acme.test', 'bob@acme.test'];

let place: AnHttpPlace;

beforeAll(async () => {
  place = await anHttpPlace({ more: 'clients: { openai-responses: { sources: [handbook, workspace] } }' });
});
afterAll(() => place.remove());

const ask = (argv: readonly string[], options: AskingOptions = {}): Promise<Asked> => askThrough(place, argv, options);

describe('two people who ask the same', () => {
  test('are answered from different documents, and cite them', async () => {
    const [ada, carol] = [await ask([QUESTION, '--as', ADA, '--json']), await ask([QUESTION, '--as', CAROL, '--json'])];
    expect([ada.code, carol.code]).toEqual([0, 0]);
    expect(told(ada).citations.map(({ number, id }) => [number, id])).toEqual([[1, 'handbook:company/pay-principles.md']]);
    expect(told(carol).citations.map(({ number, id }) => [number, id])).toEqual([
      [1, 'handbook:hr/compensation/salary-review-2026.md'],
    ]);
    expect(JSON.stringify([ada.endpoint.heard, ada.stdout])).not.toContain('salary-review-2026');
  });

  test('see which tools were called, with what, and how many documents they gave', async () => {
    const { code, stdout, stderr } = await ask([QUESTION, '--as', ADA]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^search {2}How large is the salary increase for 2026\? {3}\d+ documents, all fresh$/mu);
    expect(stderr).toMatch(/^fetch {2}handbook:company\/pay-principles\.md {3}1 document, all fresh$/mu);
    const [said = '', blank, ...cited] = stdout.trimEnd().split('\n');
    expect(said).toMatch(/^It is said: “.+” \[1\]$/u);
    expect([blank, cited[0]?.startsWith('[1] ')]).toEqual(['', true]);
    expect(cited[1]).toMatch(/^ {4}handbook:company\/pay-principles\.md .*changed 20\d\d-\d\d-\d\d$/u);
  });
});

test('the server is mounted as OpenAI documents it, with a token of ten minutes that only reads', async () => {
  const { endpoint } = await ask([QUESTION, '--as', ADA]);
  expect(endpoint.asked).toHaveLength(1);
  const [{ tools, model, store } = {}] = endpoint.asked;
  const { authorization = '', ...mounted } = tools?.[0] ?? {};
  expect(mounted).toEqual({
    type: 'mcp',
    server_label: 'castellan',
    server_url: place.url,
    allowed_tools: ['search', 'fetch', 'list_sources', 'explain_access'],
    require_approval: 'never',
  });
  expect([model, store]).toEqual(['gpt-5.4-mini', true]);
  const claims: unknown = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString());
  const { iat, exp } = z.looseObject({ iat: z.number(), exp: z.number() }).parse(claims);
  expect(claims).toMatchObject({ sub: ADA, client_id: 'openai-responses', scope: 'read', act: { sub: 'os:tester' } });
  expect(exp - iat).toBe(600);
});

test('the token is good for nothing once the run has ended, and the audit says so', async () => {
  const { endpoint } = await ask([QUESTION, '--as', ADA]);
  const { authorization } = endpoint.asked[0]?.tools[0] ?? {};
  const late = await fetch(place.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${authorization}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(late.status).toBe(401);
  const [withdrawn, , , issued] = await place.audited(4);
  expect(withdrawn).toMatchObject({ tool: 'token', arguments: { withdrawn: issued?.request }, outcome: 'answered' });
});

test('the token is withdrawn where the run fails, too', async () => {
  await ask([QUESTION, '--as', ADA], { spoil: () => ({ reply: { status: 500, error: { message: 'no' } } }) });
  expect((await place.audited(1))[0]).toMatchObject({ tool: 'token', arguments: { withdrawn: expect.any(String) } });
});

test('the token is withdrawn though the configuration became unreadable meanwhile', async () => {
  const before = await readFile(place.config, 'utf8');
  const { endpoint, code } = await ask([QUESTION, '--as', ADA], {
    model: (question, heard) => {
      writeFileSync(place.config, 'sources: [half');
      return curious(question, heard);
    },
  }).finally(() => writeFile(place.config, before));
  expect(code).toBe(0);
  const { authorization } = endpoint.asked[0]?.tools[0] ?? {};
  const late = await fetch(place.url, { method: 'POST', headers: { authorization: `Bearer ${authorization}` }, body: '{}' });
  expect(late.status).toBe(401);
});

describe('a document that orders the model about', () => {
  test('gets nothing that the person may not see, though the model obeys', async () => {
    const { code, stdout, endpoint } = await ask(['What does Larkmoor Hosting offer?', '--as', ADA, '--json'], {
      model: obedient,
    });
    const { calls, citations } = told({ stdout });
    expect(code).toBe(0);
    expect(calls.map(({ input }) => input)).toEqual(
      expect.arrayContaining([expect.objectContaining({ query: 'salary' }), expect.objectContaining({ query: 'Kestrel' })]),
    );
    expect(citations.length).toBeGreaterThan(3);
    const hidden = questions.flatMap(({ people }) => people[ADA]?.never ?? []);
    expect(hidden.length).toBeGreaterThan(3);
    const all = `${JSON.stringify(endpoint.heard)}${stdout}`;
    expect(hidden.filter((id) => all.includes(id))).toEqual([]);
  });
});

describe('a conversation', () => {
  test('goes on by the id of its last response, with a new token, and its tools are not listed again', async () => {
    const first = await ask([QUESTION, '--as', CAROL, '--json']);
    const second = await ask(['And what of benefits?', '--as', CAROL, '--json', '--continue'], { endpoint: first.endpoint });
    expect(second.code).toBe(0);
    const [one, two] = first.endpoint.asked;
    expect(two?.previous_response_id).toBe(told(first).response_id);
    expect(two?.tools[0].authorization).toMatch(/^ey/u);
    expect(two?.tools[0].authorization).not.toBe(one?.tools[0].authorization);
    expect(two?.instructions).toBe(one?.instructions);
  });

  test('of somebody else is not gone on with', async () => {
    const first = await ask([QUESTION, '--as', CAROL]);
    const { code, stderr, endpoint } = await ask(['And?', '--as', BOB, '--continue'], { endpoint: first.endpoint });
    expect([code, stderr]).toEqual([2, 'There is no conversation of bob@acme.test to go on with. Ask without --continue.\n']);
    expect(endpoint.asked).toHaveLength(1);
  });

  test('that holds what the person may not see any more is not gone on with', async () => {
    const first = await ask([QUESTION, '--as', 'eve@acme.test', '--json']);
    expect(told(first).citations.map(({ id }) => id)).toEqual(['handbook:hr/compensation/salary-review-2026.md']);
    await place.change('people.yaml', 'executives: [user:dan, user:eve]', 'executives: [user:dan]');
    try {
      const { code, stderr } = await ask(['And?', '--as', 'eve@acme.test', '--continue'], { endpoint: first.endpoint });
      expect([code, stderr]).toEqual([
        1,
        'The conversation holds what is gone or not for this person any more. Ask anew, without --continue.\n',
      ]);
      expect(first.endpoint.asked).toHaveLength(1);
    } finally {
      await place.change('people.yaml', 'executives: [user:dan]', 'executives: [user:dan, user:eve]');
    }
  });
});

test('a conversation that was only told why a person may see something is not gone on with, once they may not', async () => {
  const id = 'handbook:hr/compensation/salary-review-2026.md';
  const model: ScriptedModel = (_, heard) =>
    heard.length === 0 ? { calls: [{ tool: 'explain_access', input: { id } }] } : { say: 'As one of the executives.' };
  const first = await ask(['Why may I see it?', '--as', 'eve@acme.test'], { model });
  expect(first.code).toBe(0);
  await place.change('people.yaml', 'executives: [user:dan, user:eve]', 'executives: [user:dan]');
  try {
    const { code } = await ask(['And?', '--as', 'eve@acme.test', '--continue'], { endpoint: first.endpoint });
    expect([code, first.endpoint.asked.length]).toEqual([1, 1]);
  } finally {
    await place.change('people.yaml', 'executives: [user:dan]', 'executives: [user:dan, user:eve]');
  }
});

describe('an approval', () => {
  test.each([
    ['a line', 'y\r', ['n']],
    ['many lines', 'y\n'.repeat(50), ['n']],
    ['a line without its end', 'y', ['']],
  ])('is not given by %s that was typed before it was asked for', async (_, ahead, typed) => {
    const { code, stderr, endpoint } = await ask([QUESTION, '--as', ADA, '--approve'], { ahead, typed });
    expect(code).toBe(0);
    expect(stderr).toContain('Not made.');
    expect(endpoint.asked[1]?.input).toEqual([expect.objectContaining({ approve: false })]);
    expect(endpoint.heard).toEqual([]);
  });

  test('needs a terminal: without one nothing is asked, and nothing is sent', async () => {
    const { code, stderr, endpoint } = await ask([QUESTION, '--as', ADA, '--approve']);
    expect([code, stderr]).toEqual([
      2,
      'Approvals are asked for and given at a terminal, and stdin or stderr is none. Run it at one, or leave out --approve.\n',
    ]);
    expect(endpoint.asked).toEqual([]);
  });

  test('is not asked for a call that is longer than anybody reads', async () => {
    const input = { query: 'x'.repeat(5000) };
    const model: ScriptedModel = (__, heard) =>
      heard.length === 0 ? { calls: [{ tool: 'search', input }] } : { say: 'So be it.' };
    const { stderr, endpoint } = await ask([QUESTION, '--as', ADA, '--approve'], { model, typed: ['y'] });
    expect(stderr).toContain('characters, which nobody reads before they answer. Not made.');
    expect(endpoint.heard).toEqual([]);
  });

  test('is asked of the person, who sees the whole call, and the run goes on', async () => {
    const { code, stdout, stderr, endpoint } = await ask([QUESTION, '--as', ADA, '--approve'], { typed: ['y', 'yes'] });
    expect(code).toBe(0);
    expect(stderr).toContain(`The model wants to call search with:\n  {\n    "query": "${QUESTION}"\n  }\n`);
    expect(stdout).toContain('[1]');
    expect(endpoint.asked).toHaveLength(3);
    expect(endpoint.asked[1]?.input).toEqual([expect.objectContaining({ approve: true })]);
    expect(new Set(endpoint.asked.map(({ tools: [{ authorization }] }) => authorization)).size).toBe(1);
  });

  test.each([
    ['who says no', ['n']],
    ['who says anything else', ['yess']],
    ['who is not there', []],
  ])('of somebody %s is a no: nothing is called', async (_, typed) => {
    const { code, stdout, endpoint } = await ask([QUESTION, '--as', ADA, '--approve'], { typed });
    expect([code, stdout]).toEqual([0, 'Nothing that I was given answers this.\n']);
    expect(endpoint.asked[1]?.input).toEqual([expect.objectContaining({ approve: false })]);
    expect(endpoint.heard).toEqual([]);
  });
});

test('with --no-store OpenAI is asked to keep nothing, and there is nothing to go on with', async () => {
  const { endpoint, stdout } = await ask([QUESTION, '--as', 'nora@acme.test', '--no-store', '--json']);
  expect([endpoint.asked[0]?.store, told({ stdout }).response_id]).toEqual([false, undefined]);
  expect((await ask(['And?', '--as', 'nora@acme.test', '--continue'], { endpoint })).code).toBe(2);
});

test('the command as it is started answers, and ends by itself; without a terminal it takes nobody’s approval', async () => {
  const endpoint = await aResponsesEndpoint();
  const where = [
    '--base-url',
    endpoint.baseUrl,
    '--port',
    new URL(place.origin).port,
    '--config',
    place.config,
    '--data',
    place.data,
  ];
  const run = (more: readonly string[]) =>
    castellan(['ask', QUESTION, '--as', ADA, ...where, ...more], { env: { OPENAI_API_KEY: KEY } });
  const [answered, unanswered] = await Promise.all([run([]), run(['--approve'])]);
  expect([answered.code, answered.stdout.includes('[1]')]).toEqual([0, true]);
  expect([unanswered.code, unanswered.stdout]).toEqual([2, '']);
  expect(unanswered.stderr).toContain('Approvals are asked for and given at a terminal');
});

test('what another server gave, which nobody mounted, is no document of ours, and nobody is asked about its calls', async () => {
  const foreign = { label: 'another' };
  const { code, stdout } = await ask([QUESTION, '--as', ADA, '--json'], { spoil: () => foreign });
  const { citations, calls } = told({ stdout });
  expect([code, citations]).toEqual([0, []]);
  expect(calls[0]?.failed).toBe('it was made at a server that nobody mounted');
  const { stderr, endpoint } = await ask([QUESTION, '--as', ADA, '--approve'], { spoil: () => foreign, typed: ['y'] });
  expect(stderr).not.toContain('Make this call?');
  expect(endpoint.heard).toEqual([]);
});

test('no key is in anything that is printed or recorded', async () => {
  const wrong = await ask([QUESTION, '--as', ADA, '--verbose'], { env: { OPENAI_API_KEY: 'sk-another-1234567890' } });
  expect(wrong.stderr).not.toContain('sk-another');
  const refusal = await ask([QUESTION, '--as', ADA], { spoil: () => ({ refusal: `Not with ${KEY}.` }) });
  const call = await ask([QUESTION, '--as', ADA, '--json'], { spoil: () => ({ callError: `401: Bearer ${KEY}` }) });
  expect(`${refusal.stderr}${call.stdout}`).not.toContain(KEY);
  const { stdout, stderr } = await ask([QUESTION, '--as', ADA, '--verbose']);
  expect(JSON.stringify([stdout, stderr, await place.audited()])).not.toContain(KEY);
});
