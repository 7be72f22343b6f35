import { describe, expect, test } from 'vitest';

import { OPERATIONS } from '../../connectors/github/calls.ts';
import type { Settings } from '../../connectors/github/settings.ts';
import { github } from '../../connectors/github/sync.ts';
import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Aim, Intent, WriteAction } from '../../src/core/write.ts';
import { aCompany, type Company } from '../support/a-github-company.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { githubSettings } from '../support/a-github.ts';

/** When everything happens: by the peer’s own clock. */
const NOW = new Date('2026-02-01T00:00:00Z');
const LATER = new Date(NOW.getTime() + 3_600_000);
const ID = '0123456789abcdef0123456789abcdef';

const actionNamed = (name: string): WriteAction<Settings> => {
  const action = github.writes?.find((one) => one.name === `github.${name}`);
  if (!action) throw new Error(`no action ${name}`);
  return action;
};

const accountOf = ({ server }: Company, login: string): Account => ({
  id: String(server.world.users.get(login) ?? 0),
  name: login,
  emails: [],
  active: true,
  kind: 'member',
});

/** A write in its steps, as whoever decides would take them. */
const writing = (company: Company, name: string, aim: Aim, login = 'cyd') => {
  const action = actionNamed(name);
  const { server } = company;
  const as = accountOf(company, login);
  const run = (writes: boolean, now = NOW): Run<Settings, never> => {
    const { cursor: _, ...rest } = aConnectorRun(githubSettings(server), {
      folder: '/',
      fetch: server.fetchAs('crawler', { writes }),
    });
    return { ...rest, now: () => now };
  };
  const intent = (given: Partial<Intent> = {}): Intent => ({
    id: ID,
    action: action.name,
    aim,
    target: '',
    at: NOW,
    ...given,
  });
  return {
    may: async () => action.mayWrite(aim, run(false), as),
    preview: async () => action.preview(aim, run(false), as),
    commit: async (revision: string | undefined) =>
      action.commit(aim, run(true), as, {
        intent: intent(revision === undefined ? {} : { revision }),
        keep: async () => undefined,
      }),
    settle: async (given: Partial<Intent> = {}, now = NOW) => action.settle(aim, run(false, now), as, intent(given)),
  };
};

const aboutSecret = (company: Company): Aim => ({ key: company.keys.secret, input: { body: 'Who brings the tea?' } });
const create = (given: Readonly<Record<string, unknown>> = {}): Aim => ({
  input: { repository: 'acme/secret', title: 'Autumn plan', body: 'Leaves.', labels: [], ...given },
});
const update = (company: Company, input: Readonly<Record<string, unknown>>): Aim => ({ key: company.keys.secret, input });
const outcomeOf = async (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.catch((error: unknown) => (error instanceof AppError ? error.code : error));
/** The calls that could write. */
const written = ({ server }: Company): string[] =>
  server.arrived.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);

describe('a new issue', () => {
  test('is previewed without a trace, opened as it was shown, and taken back by closing it', async () => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create());
    expect(await write.may()).toBe(true);
    const preview = await write.preview();
    expect(preview).toMatchObject({
      target: 'a new issue in acme/secret',
      changes: [
        { field: 'title', after: 'Autumn plan' },
        { field: 'body', after: 'Leaves.' },
      ],
      audience: { terms: [{ allow: [`audience:repo:${company.secret}`] }] },
    });
    expect(written(company)).toEqual([]);
    const receipt = await write.commit(preview.revision);
    expect(await write.settle()).toEqual(receipt);
    await company.source.sync();
    expect(await company.source.fetched('cyd', receipt.key)).toBe('Leaves.');
    expect(await company.source.fetched('bob', receipt.key)).toBeUndefined();
    const { undo } = receipt;
    const back = writing(company, 'update_issue', undo?.aim ?? { input: {} }, 'ada');
    expect(await back.may()).toBe(true);
    expect((await back.preview()).revision).toBe(undo?.revision);
    await back.commit(undo?.revision);
    await expect(back.preview()).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test.each(['bob', 'eve', 'mallory'])('is not for %s, who may not read the repository', async (login) => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create(), login);
    expect(await write.may()).toBe(false);
    const { revision } = await write.preview();
    expect(await outcomeOf(write.commit(revision))).toBe('forbidden');
    expect(written(company)).toEqual([]);
  });

  test('whose name is another’s by now is nobody’s', async () => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create());
    const { revision } = await write.preview();
    const { users } = company.server.world;
    company.server.instead = async (path, reply) => {
      const answer = path.endsWith('/cyd/permission') ? await reply() : undefined;
      return answer && { ...answer, body: { permission: 'admin', user: { id: users.get('mallory'), login: 'cyd' } } };
    };
    expect(await write.may()).toBe(false);
    expect(await outcomeOf(write.commit(revision))).toBe('forbidden');
  });

  test('carries labels only for whoever may set them: GitHub would leave them out without a word', async () => {
    const company = await aCompany();
    const aim = create({ labels: ['urgent'] });
    expect(await writing(company, 'create_issue', aim).may()).toBe(false);
    company.server.collaborate(company.secret, 'cyd', 'triage');
    expect(await writing(company, 'create_issue', aim).may()).toBe(true);
  });

  test.each([
    ['became public', (company: Company) => company.server.change(company.secret, { visibility: 'public', private: false })],
    ['was renamed', (company: Company) => company.server.rename(company.secret, 'former')],
  ])('is a conflict once its repository %s', async (_, change) => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create());
    const { revision } = await write.preview();
    await change(company);
    expect(await outcomeOf(write.commit(revision))).toBe('conflict');
    expect(written(company)).toEqual([]);
  });

  test.each([
    ['in a repository that is not meant', { repository: 'other/none' }, 'not_found'],
    ['that notifies a team', { body: 'Look, @Acme/eng!' }, 'invalid_input'],
    ['that notifies a team in other letters', { body: 'Look, ＠acme／eng' }, 'invalid_input'],
    ['that notifies a crowd', { body: Array.from({ length: 11 }, (_, n) => `@someone${n}`).join(' ') }, 'invalid_input'],
  ])('%s is refused before anything is written', async (_, given, code) => {
    const company = await aCompany();
    expect(await outcomeOf(writing(company, 'create_issue', create(given)).preview())).toBe(code);
    expect(written(company)).toEqual([]);
  });

  test('says whom it notifies, and that everybody can read it', async () => {
    const company = await aCompany();
    const { warnings } = await writing(company, 'create_issue', create({ repository: 'acme/open', body: 'cc @bob' })).preview();
    expect(warnings).toEqual([
      'GitHub shows Castellan as its author.',
      'Everybody on the internet can read acme/open.',
      'It notifies @bob.',
    ]);
  });

  test('in an archived repository is refused', async () => {
    const company = await aCompany();
    await company.server.change(company.secret, { archived: true });
    expect(await outcomeOf(writing(company, 'create_issue', create()).preview())).toBe('invalid_input');
  });

  test.each(['', '   ', 'x'.repeat(257)])('has a title: not %j', (title) => {
    expect(actionNamed('create_issue').input.safeParse({ repository: 'acme/secret', title }).success).toBe(false);
  });

  test('that GitHub took and did not answer for is found again by its mark', async () => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create());
    const { revision } = await write.preview();
    expect(await write.settle()).toBe('uncertain');
    expect(await write.settle({}, LATER)).toBe('absent');
    company.server.instead = async (path, reply) => {
      if (!path.endsWith('/issues') || written(company).length === 0) return undefined;
      await reply();
      return { status: 502, body: 'a proxy' };
    };
    expect(await outcomeOf(write.commit(revision))).toBe('source_unavailable');
    company.server.instead = () => undefined;
    expect(written(company)).toHaveLength(1);
    expect(await write.settle()).toMatchObject({ key: `issue:${company.secret}/2` });
    expect(await write.settle({ id: 'f'.repeat(32) }, LATER)).toBe('absent');
  });
});

describe('an update', () => {
  test('shows what changes, changes that alone, and is taken back exactly', async () => {
    const company = await aCompany();
    company.server.collaborate(company.secret, 'cyd', 'push');
    const write = writing(company, 'update_issue', update(company, { title: 'Spring plan 2', body: 'new', state: 'closed' }));
    const preview = await write.preview();
    expect(preview.changes).toEqual([
      { field: 'title', before: 'Spring plan', after: 'Spring plan 2' },
      { field: 'body', before: 'what we do in spring', after: 'new' },
      { field: 'state', before: 'open', after: 'closed' },
    ]);
    expect(written(company)).toEqual([]);
    const receipt = await write.commit(preview.revision);
    const settled = await write.settle({ ...(preview.revision !== undefined && { revision: preview.revision }) });
    expect(settled).toMatchObject({ key: company.keys.secret, before: preview.revision, after: receipt.after });
    await company.source.sync();
    expect(await company.source.fetched('cyd', company.keys.secret)).toBe('new');
    const back = writing(company, 'update_issue', receipt.undo?.aim ?? { input: {} });
    await back.commit(receipt.undo?.revision);
    await company.source.sync();
    expect(await company.source.fetched('cyd', company.keys.secret)).toBe('what we do in spring');
  });

  test('finds the issue as it was shown, or changes nothing', async () => {
    const company = await aCompany();
    company.server.collaborate(company.secret, 'cyd', 'push');
    const write = writing(company, 'update_issue', update(company, { state: 'closed' }));
    const { revision } = await write.preview();
    await company.server.edit(company.secret, 1, { title: 'Summer plan' });
    expect(await outcomeOf(write.commit(revision))).toBe('conflict');
    expect(written(company)).toEqual([]);
    expect(await write.settle({ ...(revision !== undefined && { revision }) })).toBe('uncertain');
  });

  test.each([
    ['pull', { state: 'closed' }, false],
    ['triage', { state: 'closed', labels: ['late'] }, true],
    ['triage', { title: 'Mine now' }, false],
    ['push', { title: 'Mine now', body: 'all of it' }, true],
  ] as const)('with the role %s of %j: %s', async (role, input, may) => {
    const company = await aCompany();
    company.server.world.organisations.get('acme')?.teams.get(company.team)?.members.delete('cyd');
    company.server.collaborate(company.secret, 'cyd', role);
    const write = writing(company, 'update_issue', update(company, input));
    expect(await write.may()).toBe(may);
    const { revision } = await write.preview();
    expect(typeof (await outcomeOf(write.commit(revision)))).toBe(may ? 'object' : 'string');
    expect(written(company)).toHaveLength(may ? 1 : 0);
  });

  test('of what is not an issue, or not there, is not there', async () => {
    const company = await aCompany();
    for (const key of [company.keys.file, company.keys.comment, `issue:${company.secret}/99`, 'issue:999/1', '']) {
      const write = writing(company, 'update_issue', { key, input: { state: 'closed' } }, 'ada');
      expect([key, await write.may(), await outcomeOf(write.preview())]).toEqual([key, false, 'not_found']);
    }
  });
});

describe('a comment', () => {
  test('is previewed, added, found by its readers alone, and taken back', async () => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company));
    expect(await write.may()).toBe(true);
    const preview = await write.preview();
    expect(preview).toMatchObject({
      target: 'a comment on #1 in acme/secret',
      audience: { terms: [{ allow: [`audience:${company.keys.secret}`] }] },
    });
    const receipt = await write.commit(preview.revision);
    expect(await write.settle()).toEqual(receipt);
    await company.source.sync();
    expect(await company.source.fetched('gus', receipt.key)).toBe('Who brings the tea?');
    expect(await company.source.fetched('bob', receipt.key)).toBeUndefined();
    const back = writing(company, 'delete_comment', receipt.undo?.aim ?? { input: {} });
    expect(await back.may()).toBe(true);
    await back.commit(receipt.undo?.revision);
    expect(await back.settle()).toMatchObject({ key: receipt.key });
    expect(await outcomeOf(back.preview())).toBe('not_found');
  });

  test('of somebody else is not taken away', async () => {
    const company = await aCompany();
    const back = writing(company, 'delete_comment', { key: company.keys.comment, input: {} }, 'ada');
    expect(await back.may()).toBe(false);
    expect(await outcomeOf(back.preview())).toBe('forbidden');
    expect(await outcomeOf(back.commit(undefined))).toBe('forbidden');
    expect(written(company)).toEqual([]);
  });

  test('that was changed since is not taken away', async () => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company));
    const receipt = await write.commit((await write.preview()).revision);
    await company.server.editComment(company.secret, Number(receipt.key.slice(receipt.key.lastIndexOf('/') + 1)), 'Mine now');
    const back = writing(company, 'delete_comment', receipt.undo?.aim ?? { input: {} });
    expect(await outcomeOf(back.commit(receipt.undo?.revision))).not.toMatchObject({ key: receipt.key });
    expect(written(company)).toHaveLength(1);
  });

  test('is a conflict where its issue was closed meanwhile, and none where somebody else commented', async () => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company));
    const { revision } = await write.preview();
    await company.server.comment(company.secret, 1, 'Me too.');
    await write.commit(revision);
    await company.server.edit(company.secret, 1, { state: 'closed' });
    expect(await outcomeOf(write.commit(revision))).toBe('conflict');
    expect(written(company)).toHaveLength(1);
  });

  test('on what its writer may not read is not theirs to write', async () => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company), 'bob');
    expect(await write.may()).toBe(false);
    expect(await outcomeOf(write.preview().then(({ revision }) => write.commit(revision)))).toBe('forbidden');
    expect(written(company)).toEqual([]);
  });
});

describe('what GitHub does not take', () => {
  test.each([
    [403, 'forbidden'],
    [404, 'not_found'],
    [410, 'not_found'],
    [413, 'too_large'],
    [422, 'invalid_input'],
    [301, 'source_unavailable'],
    [502, 'source_unavailable'],
  ])('with %d is %s, and sent once', async (status, code) => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company));
    const { revision } = await write.preview();
    company.server.instead = (path) =>
      path.endsWith('/comments') && written(company).length > 0 ? { status, body: { message: 'secret words' } } : undefined;
    const outcome = await write.commit(revision).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code });
    expect(String(outcome)).not.toContain('secret words');
    expect(written(company)).toHaveLength(1);
  });

  test('is never sent where only reading is meant', async () => {
    const company = await aCompany();
    const { server } = company;
    const reading = server.fetchAs('crawler');
    await expect(reading(`${server.url}/repositories/${company.secret}/issues`, { method: 'POST' })).rejects.toMatchObject({
      code: 'config',
    });
    expect(written(company)).toEqual([]);
  });
});

test('every action names operations that are declared', () => {
  const declared = new Set(OPERATIONS.map(({ name }) => name));
  expect(github.writes?.flatMap(({ operations }) => operations).filter((name) => !declared.has(name))).toEqual([]);
  expect(github.writes?.map(({ name }) => name)).toEqual([
    'github.create_issue',
    'github.update_issue',
    'github.add_comment',
    'github.delete_comment',
  ]);
});
