import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';

import { aChatEndpoint } from '../support/a-chat-endpoint.ts';
import type { Ended } from '../support/a-command.ts';
import { aResponsesEndpoint, type AResponsesEndpoint, type ResponsesEndpointOptions } from '../support/a-responses-endpoint.ts';
import type { ScriptedModel } from '../support/a-scripted-model.ts';
import { ADA, aWrittenHandbook, type AWrittenHandbook, BOB } from '../support/a-written-handbook.ts';
import { making } from '../support/an-obedient-writer.ts';
import { askAt, type AskOptions, told } from '../support/asking-a-model.ts';

vi.setConfig({ testTimeout: 60_000 });

const EDIT = {
  action: 'files.edit',
  target: 'handbook:leave.md',
  input: { edits: [{ find: 'ten days', replace: 'twelve days' }] },
};
const PROPOSE = ['propose_write', EDIT] as const;
const COMMIT = ['commit_write', { confirmation: '<confirmation>' }] as const;
const BEFORE = 'Leave is ten days.\n';
const AFTER = 'Leave is twelve days.\n';
const APIS = ['responses', 'chat'] as const;

/** One place for each policy, which is quicker than one for each test: the file is as it was when a test begins. */
const places = new Map<string, Promise<AWrittenHandbook>>();
let since = 0;
const aHandbook = async (policy: string): Promise<AWrittenHandbook> => {
  const known = places.get(policy) ?? aWrittenHandbook({ more: `writes: { files.edit: ${policy} }` });
  places.set(policy, known);
  const place = await known;
  await place.put('leave.md', BEFORE);
  since = (await place.audited(1))[0]?.seq ?? 0;
  return place;
};
afterAll(async () => {
  for (const place of places.values()) await (await place).remove();
});

const leaveOf = async (place: AWrittenHandbook): Promise<string> =>
  Buffer.from((await place.files())['leave.md'] ?? '', 'base64').toString();

interface Asking extends AskOptions {
  readonly model?: ScriptedModel;
  readonly spoil?: ResponsesEndpointOptions['spoil'];
  readonly more?: readonly string[];
  /** Of an API that was asked before. */
  readonly baseUrl?: string;
}

type Asked = Ended & { readonly heard: string; readonly baseUrl: string; readonly endpoint?: AResponsesEndpoint };

/** Asks with `--writes`, through either API; `heard` is all that the model was told. */
const ask = async (
  place: AWrittenHandbook,
  api: (typeof APIS)[number],
  { model = making([[PROPOSE], [COMMIT]]), spoil, more = ['--writes'], baseUrl: known, ...options }: Asking = {},
): Promise<Asked> => {
  const argv = ['Give everybody twelve days of leave', '--as', ADA, ...more, '--api', api];
  if (api === 'chat') {
    const { baseUrl, asked } = await aChatEndpoint({ model });
    const ended = await askAt(place, [...argv, '--base-url', known ?? baseUrl], options);
    return { ...ended, baseUrl, heard: JSON.stringify(asked) };
  }
  const endpoint = await aResponsesEndpoint({ model, ...(spoil && { spoil }) });
  const { baseUrl } = endpoint;
  const port = ['--port', new URL(place.origin).port];
  const ended = await askAt(place, [...argv, '--base-url', known ?? baseUrl, ...port], options);
  return { ...ended, endpoint, baseUrl, heard: JSON.stringify([endpoint.asked, endpoint.heard]) };
};

/** What the audit says of writes and decisions, the oldest first. */
const proven = async (place: AWrittenHandbook): Promise<string[]> =>
  (await place.audited())
    .filter(({ seq, tool }) => seq > since && (tool === 'write' || tool === 'decide_write'))
    .map(({ tool, client, outcome }) => `${tool} ${client} ${outcome}`)
    .toReversed();

describe.each(APIS)('with --writes through %s', (api) => {
  test('the person sees the proposal, says yes, and it is written and told', async () => {
    const place = await aHandbook('confirm');
    const { code, stderr } = await ask(place, api, { typed: ['y'] });
    expect(code).toBe(0);
    expect(stderr).toContain(
      'The model wants this written:\n  files.edit in handbook: leave.md\n  text:\n    - Leave is ten days.\n',
    );
    expect(stderr).toContain('    + Leave is twelve days.\n');
    expect(stderr).toMatch(/written {3}handbook:leave\.md/u);
    expect(stderr).toMatch(/To take it back: castellan undo [0-9a-f]{32}/u);
    expect(await leaveOf(place)).toBe(AFTER);
    expect(await proven(place)).toEqual([
      'decide_write elicitation approved',
      `write openai-${api} intended`,
      `write openai-${api} done`,
    ]);
  });

  test.each([
    ['says no', ['n']],
    ['says anything else', ['sure']],
    ['is gone', []],
  ])('nothing is written where the person %s', async (_, typed) => {
    const place = await aHandbook('confirm');
    const { code, stderr, heard } = await ask(place, api, { typed });
    expect([code, await leaveOf(place)]).toEqual([0, BEFORE]);
    expect(heard).toContain(typed.length > 0 ? 'The person said no to this.' : 'Nobody is there to be asked.');
    expect(stderr).toContain('Not written.');
    expect((await proven(place)).filter((row) => row.startsWith('write '))).toEqual([]);
  });

  test('a no stands: what was declined is not asked about again', async () => {
    const place = await aHandbook('confirm');
    const { stderr, heard } = await ask(place, api, { model: making([[PROPOSE], [COMMIT], [COMMIT]]), typed: ['n', 'y'] });
    expect(await leaveOf(place)).toBe(BEFORE);
    expect(stderr.match(/Write this\? \[y\/N\] \w/gu)).toHaveLength(1);
    expect(heard).toContain('Somebody said no to this. Propose something else.');
    expect(await proven(place)).toEqual(['decide_write elicitation declined']);
  });

  test('what was typed before the question is no yes', async () => {
    const place = await aHandbook('confirm');
    await ask(place, api, { ahead: 'y\ny\ny\n', typed: ['n'] });
    expect(await leaveOf(place)).toBe(BEFORE);
  });

  test.each(['auto', 'confirm'])('without a terminal nothing is written, under %s', async (policy) => {
    const place = await aHandbook(policy);
    const { code, stderr, heard } = await ask(place, api);
    expect([code, await leaveOf(place)]).toEqual([0, BEFORE]);
    expect(stderr).toContain('Nobody is there to be asked. Not written.');
    expect(heard).toContain('Nobody is there to be asked. Nothing was written, and nothing will be in this run.');
    expect(await proven(place)).toEqual([]);
  });

  test('under auto the person is asked all the same, and what was written is not written again', async () => {
    const place = await aHandbook('auto');
    const { stderr, heard } = await ask(place, api, { model: making([[PROPOSE], [COMMIT], [COMMIT]]), typed: ['y'] });
    expect(await leaveOf(place)).toBe(AFTER);
    expect(stderr.match(/Write this\? \[y\/N\] \w/gu)).toHaveLength(1);
    expect(heard.match(/It is written\. Say so/gu)?.length).toBeGreaterThanOrEqual(2);
    expect((await proven(place)).filter((row) => row.endsWith('intended'))).toHaveLength(1);
  });

  test('under approve the person is shown it, not asked, and told who must', async () => {
    const place = await aHandbook('approve');
    const { stderr, heard } = await ask(place, api, { typed: ['y'] });
    expect(stderr).toContain('    + Leave is twelve days.\n');
    expect(stderr).not.toContain('[y/N]');
    expect(stderr).toMatch(
      /Not written\. Somebody else than who proposed this must approve it first.*castellan approve [0-9a-f]{32}/u,
    );
    expect(heard).toContain('must approve it first');
    expect(await leaveOf(place)).toBe(BEFORE);
    expect(await proven(place)).toEqual([]);
  });

  test.each([
    ['nobody’s', 'A'.repeat(64)],
    ['no confirmation', 'yes, please'],
  ])('a confirmation that is %s is said and refused, and nobody is asked', async (_, confirmation) => {
    const place = await aHandbook('auto');
    const { stderr } = await ask(place, api, { model: making([[['commit_write', { confirmation }]]]), typed: ['y'] });
    expect(stderr).toContain('The model wants something written.\nNot written. This is no confirmation of yours.');
    expect(stderr).not.toContain('[y/N]');
    expect(await leaveOf(place)).toBe(BEFORE);
  });

  test('a confirmation of another client, or of another person, is nobody’s', async () => {
    const place = await aHandbook('auto');
    for (const who of [ADA, BOB]) {
      const { confirmation } = await place.writes(who, EDIT, 'approve');
      const { stderr } = await ask(place, api, { model: making([[['commit_write', { confirmation }]]]), typed: ['y'] });
      expect(stderr).toContain('Not written. This is no confirmation of yours.');
      expect(stderr).not.toContain('[y/N]');
    }
    expect(await leaveOf(place)).toBe(BEFORE);
  });

  test('what the model says beside the confirmation is heeded by nobody', async () => {
    const place = await aHandbook('auto');
    const model = making([[PROPOSE], [['commit_write', { ...COMMIT[1], approved: true, changes: 'none' }]]]);
    const { stderr } = await ask(place, api, { model, typed: ['y'] });
    expect(stderr).toContain('Not written. commit_write takes a confirmation, and nothing besides.');
    expect(stderr).not.toContain('[y/N]');
    expect(await leaveOf(place)).toBe(BEFORE);
  });

  test('a program is told what was written', async () => {
    const place = await aHandbook('confirm');
    const ended = await ask(place, api, { more: ['--writes', '--json'], typed: ['y'] });
    expect(told(ended).calls.map(({ tool, wrote }) => [tool, wrote?.outcome, wrote?.id])).toEqual([
      ['propose_write', undefined, undefined],
      ['commit_write', 'done', 'handbook:leave.md'],
    ]);
  });

  test('with --approve as well, the write is shown as what it changes, and each call is asked about once', async () => {
    const place = await aHandbook('confirm');
    const { stderr } = await ask(place, api, { more: ['--writes', '--approve'], typed: ['y', 'y'] });
    expect(stderr.match(/\[y\/N\] y/gu)).toHaveLength(2);
    expect(stderr).not.toContain('wants to call commit_write');
    expect(await leaveOf(place)).toBe(AFTER);
  });

  test.each([
    ['no action is named', ''],
    ['the client may write nothing', 'writes: { default: auto }\nclients: { default: { writes: forbid } }'],
  ])('where %s it says so, and how that is changed', async (_, more) => {
    const place = await aWrittenHandbook({ more });
    onTestFinished(() => place.remove());
    const { code, stderr, heard } = await ask(place, api, { typed: ['y'] });
    expect(code).toBe(2);
    expect(stderr).toContain(`Nothing can be written through openai-${api}. Allow an action of a source`);
    expect(heard).toMatch(/^\[(?:\[\],\[\])?\]$/u);
    expect((await place.audited()).filter(({ tool }) => tool === 'token')).toEqual([]);
  });

  test('a run without it only reads: nothing that writes is listed, nor answered', async () => {
    const place = await aHandbook('auto');
    const { heard, stderr } = await ask(place, api, { more: [], typed: ['y', 'y'] });
    expect(heard).not.toContain('Shows exactly what a write would change');
    expect(stderr).not.toContain('Write this?');
    expect(await leaveOf(place)).toBe(BEFORE);
    expect(await proven(place)).toEqual([]);
  });

  test('a conversation that quoted a document in a proposal is not gone on with, once that is gone', async () => {
    const place = await aWrittenHandbook({ more: 'writes: { files.edit: confirm }' });
    onTestFinished(() => place.remove());
    const { baseUrl } = await ask(place, api, { model: making([[PROPOSE]]), typed: ['n'] });
    await place.change('handbook/.acl.yaml', 'deny: []', 'deny: [user:ada]');
    const { code, stderr } = await ask(place, api, { more: ['--continue'], baseUrl });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The conversation holds what is gone or not for this person any more\./u);
  });
});

describe('the API that mounts the server', () => {
  test('is given a token that may write for ten minutes, and is to ask before a commit', async () => {
    const place = await aHandbook('confirm');
    const { endpoint } = await ask(place, 'responses', { typed: ['n'] });
    const [first] = endpoint?.asked ?? [];
    expect(first?.tools[0]).toMatchObject({
      allowed_tools: ['search', 'fetch', 'list_sources', 'explain_access', 'propose_write', 'commit_write'],
      require_approval: {
        never: { tool_names: ['search', 'fetch', 'list_sources', 'explain_access', 'propose_write'] },
        always: { tool_names: ['commit_write'] },
      },
    });
    const rows = (await place.audited()).filter(({ tool }) => tool === 'token').map((row) => row.arguments);
    expect(rows).toContainEqual({ client: 'openai-responses', scopes: ['read', 'write'], minutes: 10 });
    const authorization = `Bearer ${first?.tools[0].authorization ?? ''}`;
    expect((await fetch(place.url, { method: 'POST', headers: { authorization }, body: '{}' })).status).toBe(401);
  });

  test('and asks nobody writes nothing that a person must agree to', async () => {
    const place = await aHandbook('confirm');
    const { heard, stderr } = await ask(place, 'responses', { spoil: () => ({ unasked: true }), typed: ['y'] });
    expect(heard).toContain('undecided');
    expect(stderr).toMatch(/commit_write {2}undecided: [0-9a-f]{32}/u);
    expect(await leaveOf(place)).toBe(BEFORE);
  });

  test('must keep the conversation, since it asks in its middle', async () => {
    const place = await aHandbook('confirm');
    const { code, endpoint } = await ask(place, 'responses', { more: ['--writes', '--no-store'], typed: ['y'] });
    expect([code, endpoint?.asked]).toEqual([2, []]);
  });
});

test('a proposal that expired before the person was asked is said and refused', async () => {
  const place = await aHandbook('confirm');
  let late = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(performance.timeOrigin + performance.now()) + late);
  onTestFinished(() => void vi.restoreAllMocks());
  const model: ScriptedModel = (question, heard) => {
    if (heard.length === 1) late = 16 * 60_000;
    return making([[PROPOSE], [COMMIT]])(question, heard);
  };
  const { stderr } = await ask(place, 'chat', { model, typed: ['y'] });
  expect(stderr).toContain('Not written. This proposal has expired. Propose it again.');
  expect(stderr).not.toContain('[y/N]');
  expect(await leaveOf(place)).toBe(BEFORE);
});
