import { describe, expect, test } from 'vitest';

import { aCompany, type Company } from '../support/a-github-company.ts';
import { actionNamed, create, LATER, outcomeOf, update, writing, written } from '../support/github-writing.ts';

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
    ['that notifies a team behind the half of a quotation', { body: 'Look: `@acme/eng' }, 'invalid_input'],
    ['that notifies a team in the words of HTML', { body: 'Look, &#64;acme&#x2F;eng or &commat;acme/eng' }, 'invalid_input'],
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

  test.each([{ body: 'half \ud83d' }, { body: 'nil \0' }, { labels: ['a\nb'] }, { title: '\ud83d' }])(
    'holds nothing that GitHub would take out: not %j',
    (given) => {
      const { input } = create(given);
      expect(actionNamed('create_issue').input.safeParse(create().input).success).toBe(true);
      expect(actionNamed('create_issue').input.safeParse(input).success).toBe(false);
    },
  );

  test.each(['', '   ', 'x'.repeat(257), 'one\ntwo', 'one\u2028two', 'a\0b'])('has a title: not %j', (title) => {
    expect(actionNamed('create_issue').input.safeParse({ repository: 'acme/secret', title }).success).toBe(false);
  });

  test('that GitHub took and did not answer for is found again by its mark', async () => {
    const company = await aCompany();
    const write = writing(company, 'create_issue', create());
    const { revision } = await write.preview();
    expect(await outcomeOf(write.settle())).toBe('source_unavailable');
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
