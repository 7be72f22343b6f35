import { describe, expect, test } from 'vitest';

import { OPERATIONS } from '../../connectors/github/calls.ts';
import { github } from '../../connectors/github/sync.ts';
import { aCompany } from '../support/a-github-company.ts';
import { aboutSecret, LATER, outcomeOf, writing, written } from '../support/github-writing.ts';

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

  test.each([
    ['its repository is not reached any more', 404, (path: string) => /\/repositories\/\d+$/u.test(path)],
    ['its issue was moved elsewhere', 301, (path: string) => path.includes('/issues/comments/')],
  ])('that was taken away or not, nobody says once %s', async (_, status, hits) => {
    const company = await aCompany();
    const write = writing(company, 'add_comment', aboutSecret(company));
    const receipt = await write.commit((await write.preview()).revision);
    const back = writing(company, 'delete_comment', receipt.undo?.aim ?? { input: {} });
    company.server.instead = (path) => (hits(path) ? { status, body: { message: 'no' } } : undefined);
    expect(await back.settle({}, LATER)).toBe('uncertain');
    company.server.instead = () => undefined;
    expect(await back.settle({}, LATER)).toBe('absent');
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
