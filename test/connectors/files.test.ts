import { rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { files } from '../../connectors/files/sync.ts';
import type { Change } from '../../src/core/change.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { aclsBy, aFilesSource, BARE, documentKeys, isWhole, problemsOf } from '../support/a-files-source.ts';

const documentOf = (changes: readonly Change[], key: string): SourceDocument => {
  const found = changes.find((change) => change.type === 'document' && change.document.key === key);
  if (found?.type !== 'document') throw new Error(`${key} was not yielded`);
  return found.document;
};

const textOf = async ({ body }: SourceDocument): Promise<string> => {
  if (body.kind !== 'bytes') throw new Error('a file is yielded as bytes');
  return Buffer.from(await body.read(new AbortController().signal)).toString('utf8');
};

const inherited = (folder: string): unknown => ({ allow: [`audience:${folder}`], deny: [], from: `folder ${folder}` });
const CLOSE = 'allow: [group:eng]\ndeny: [user:bob]\n';

describe('a file', () => {
  test('is a document of its folder, titled and typed by its name', async () => {
    const source = await aFilesSource({ 'eng/Release plan.MD': '# Plan' });
    await utimes(join(source.root, 'eng/Release plan.MD'), 1_700_000_000, 1_700_000_000);
    const document = documentOf(await source.sync(), 'eng/Release plan.MD');
    expect(document).toMatchObject({
      title: 'Release plan',
      type: 'file',
      parent: 'eng',
      updatedAt: new Date(1_700_000_000_000),
      body: { kind: 'bytes', mediaType: 'text/markdown', size: 6 },
      fields: { media_type: 'text/markdown', size: 6 },
    });
    expect(await textOf(document)).toBe('# Plan');
  });

  test.each([
    ['notes.txt', 'notes', 'text/plain'],
    ['page.markdown', 'page', 'text/markdown'],
    ['report.pdf', 'report.pdf', 'application/pdf'],
    ['Makefile', 'Makefile', 'application/octet-stream'],
    ['md', 'md', 'text/markdown'],
  ])('%s is titled %s, and its media type is %s', async (name, title, mediaType) => {
    const source = await aFilesSource({ [name]: '' });
    expect(documentOf(await source.sync(), name)).toMatchObject({ title, body: { mediaType } });
  });

  test('has one revision while it is the same, and another when its content is replaced with all its times kept', async () => {
    const source = await aFilesSource({ 'plan.md': 'spring' });
    const path = join(source.root, 'plan.md');
    const first = documentOf(await source.sync(), 'plan.md').revision;
    expect(documentOf(await source.sync(), 'plan.md').revision).toBe(first);
    const { atime, mtime } = await stat(path);
    await source.put({ 'plan.md': 'summer' });
    await utimes(path, atime, mtime);
    expect(documentOf(await source.sync(), 'plan.md').revision).not.toBe(first);
  });

  test('is keyed by its composed name', async () => {
    const source = await aFilesSource({ 'cafe\u0301/re\u0301sume\u0301.md': '' });
    expect(documentKeys(await source.sync())).toEqual(['caf\u00e9/r\u00e9sum\u00e9.md']);
  });

  test('comes in the order of its name, whatever the order in which it was written', async () => {
    const source = await aFilesSource({ 'b.md': '', 'a.md': '', 'B.md': '', 'a/z.md': '', 'a/b/c.md': '' });
    expect(documentKeys(await source.sync())).toEqual(['B.md', 'a/b/c.md', 'a/z.md', 'a.md', 'b.md']);
  });
});

describe('permissions', () => {
  test('of a tree without any are those of nobody', async () => {
    const source = await aFilesSource({ 'plan.md': '', 'eng/.acl.yaml': 'allow: [everyone]\ndeny: []\n' });
    const acls = aclsBy(await source.sync(BARE));
    expect(acls['.']).toEqual({ unknown: 'there is no .acl.yaml at the root and no default_acl' });
    expect(acls['plan.md']).toEqual({ terms: [inherited('.')] });
    expect(acls['eng']).toEqual({ terms: [inherited('.'), { allow: ['everyone'], deny: [], from: 'eng/.acl.yaml' }] });
  });

  test('of the root are its own, or else the default', async () => {
    const source = await aFilesSource({ 'plan.md': '' });
    expect(aclsBy(await source.sync())['.']).toEqual({ terms: [{ allow: ['everyone'], deny: [], from: 'default_acl' }] });
    await source.put({ '.acl.yaml': CLOSE });
    expect(aclsBy(await source.sync())['.']).toEqual({
      terms: [{ allow: ['group:eng'], deny: ['user:bob'], from: '.acl.yaml' }],
    });
  });

  test('narrow on the way down: those of the folder above and the own must both hold', async () => {
    const source = await aFilesSource({
      'eng/.acl.yaml': CLOSE,
      'eng/ops/plan.md': '',
      'eng/ops/rota.md': '',
      'eng/ops/rota.md.acl.yaml': 'allow: [everyone]\ndeny: [domain:Other.test]\n',
    });
    expect(aclsBy(await source.sync())).toMatchObject({
      eng: { terms: [inherited('.'), { allow: ['group:eng'], deny: ['user:bob'], from: 'eng/.acl.yaml' }] },
      'eng/ops': { terms: [inherited('eng')] },
      'eng/ops/plan.md': { terms: [inherited('eng/ops')] },
      'eng/ops/rota.md': {
        terms: [inherited('eng/ops'), { allow: ['everyone'], deny: ['domain:other.test'], from: 'eng/ops/rota.md.acl.yaml' }],
      },
    });
  });

  test('of a composed name are found under a decomposed one', async () => {
    const source = await aFilesSource({ 'caf\u00e9.md': '', 'cafe\u0301.md.acl.yaml': CLOSE });
    const changes = await source.sync();
    expect(problemsOf(changes)).toEqual([]);
    expect(aclsBy(changes)['caf\u00e9.md']).toMatchObject({ terms: [inherited('.'), { allow: ['group:eng'] }] });
  });
});

describe('people', () => {
  test('are active members unless the file says otherwise, and groups are listed whole', async () => {
    const source = await aFilesSource();
    await source.putPeople(`
accounts:
  - { id: ada, name: Ada, emails: [Ada@ACME.test] }
  - { id: gus, emails: [], kind: guest, active: false }
groups:
  eng: [user:ada, group:ops]
  ops: []
`);
    expect((await source.sync()).slice(0, 5)).toEqual([
      { type: 'listing' },
      { type: 'account', account: { id: 'ada', name: 'Ada', emails: ['ada@acme.test'], active: true, kind: 'member' } },
      { type: 'account', account: { id: 'gus', emails: [], active: false, kind: 'guest' } },
      { type: 'members', group: 'eng', members: ['user:ada', 'group:ops'] },
      { type: 'members', group: 'ops', members: [] },
    ]);
  });

  test('of a large group come in pages', async () => {
    const source = await aFilesSource();
    const members = Array.from({ length: 10_001 }, (_, index) => `user:u${index}`);
    await source.putPeople(`accounts: []\ngroups: { all: [${members.join(', ')}] }\n`);
    const pages = (await source.sync()).filter(({ type }) => type === 'members');
    expect(pages).toMatchObject([{ more: true }, { members: ['user:u10000'] }]);
    expect(pages[1]).not.toHaveProperty('more');
  });
});

describe('a listing', () => {
  test('of an empty folder is whole', async () => {
    const source = await aFilesSource();
    expect((await source.sync()).map(({ type }) => type)).toEqual(['listing', 'container', 'complete']);
  });

  test('goes over what vanishes while it is walked, and stays whole', async () => {
    const source = await aFilesSource({ 'a.md': '', 'b/c.md': '' });
    const changes = [];
    const run = aConnectorRun<Parameters<typeof files.hosts>[0], null>(
      { root: source.root, people: '../people.yaml' },
      { folder: source.root },
    );
    for await (const change of files.sync(run)) {
      changes.push(change);
      if (change.type === 'document') await rename(join(source.root, 'b'), join(source.root, 'a'));
    }
    expect(documentKeys(changes)).toEqual(['a.md']);
    expect(isWhole(changes)).toBe(true);
  });

  test('of a root that was replaced while it was walked fails, since what it lacks may still exist', async () => {
    const source = await aFilesSource({ 'a.md': '' });
    const run = aConnectorRun<Parameters<typeof files.hosts>[0], null>(
      { root: source.root, people: '../people.yaml' },
      { folder: source.root },
    );
    const walked = async (): Promise<void> => {
      for await (const { type } of files.sync(run)) {
        if (type !== 'document') continue;
        await rename(source.root, `${source.root}-old`);
        await source.put({ 'b.md': '' });
      }
    };
    await expect(walked()).rejects.toMatchObject({
      code: 'source_unavailable',
      message: expect.stringContaining('was replaced'),
    });
  });
});
