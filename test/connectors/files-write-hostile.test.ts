import { link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { files } from '../../connectors/files/sync.ts';
import { createFile } from '../../connectors/files/write-create.ts';
import { deleteFile } from '../../connectors/files/write-delete.ts';
import { editFile } from '../../connectors/files/write-edit.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { decided } from '../contracts/write-contract.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { aclsBy, aFilesSource, BARE, documentKeys, type FilesSource } from '../support/a-files-source.ts';

type Settings = Parameters<typeof files.hosts>[0];

const ADA: Account = { id: 'ada', emails: [], active: true, kind: 'member' };
const CONTROL = 'allow: [everyone]\ndeny: []\nwrite: [user:ada]\n';
const OPEN = 'allow: [public]\ndeny: []\nwrite: [user:ada]\n';

/** A tree that ada may write everywhere, with a closed folder in it, links that lead out, and what is outside. */
const aTree = async (): Promise<FilesSource> => {
  const source = await aFilesSource({
    '.acl.yaml': CONTROL,
    'eng/rota.md': 'Ada',
    'closed/.acl.yaml': 'allow: [user:bob]\ndeny: []\n',
    'closed/secret.md': 'Bob',
    'named.md': 'Ada',
    'named.md.acl.yaml': 'allow: [user:bob]\ndeny: []\n',
    '.hidden/a.md': '',
  });
  await source.putPeople('accounts: [{ id: ada, emails: [] }, { id: bob, emails: [] }]\n');
  await mkdir(join(source.folder, 'outside'));
  await writeFile(join(source.folder, 'outside/a.md'), 'outside');
  await symlink(join(source.folder, 'outside'), join(source.root, 'way'));
  await symlink(join(source.folder, 'outside/a.md'), join(source.root, 'link.md'));
  await symlink(join(source.folder, 'outside/none.md'), join(source.root, 'dangling.md'));
  await symlink(join(source.folder, 'people.yaml'), join(source.root, 'people.md'));
  await link(join(source.folder, 'outside/a.md'), join(source.root, 'hard.md'));
  return source;
};

const runOf = ({ folder }: FilesSource, signal?: AbortSignal) => {
  const { cursor: _, ...run } = aConnectorRun<Settings, never>(BARE, { folder, ...(signal && { signal }) });
  return run;
};

/** Every file of the source and around it. */
const everything = async (folder: string): Promise<Record<string, string>> => {
  const names = await readdir(folder, { recursive: true });
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return (await stat(path).catch(() => undefined))?.isFile() ? [[name, await readFile(path, 'utf8')]] : [];
    }),
  );
  return Object.fromEntries(found.flat());
};

const SPELLINGS = [
  '.acl.yaml',
  'eng/.acl.yaml',
  '.ACL.yaml',
  '.Acl.Yaml',
  '.acl.yml',
  '.acl.YML',
  'named.md.acl.yaml',
  'eng/rota.md.acl.yaml',
  'eng/rota.md.ACL.YAML',
  '.acl\u2024yaml',
  '\uff0eacl\uff0eyaml',
  '.\uff41cl.yaml',
  '.acl.ya\u200bml',
  '.\u200bacl.yaml',
  '.acl.yaml\u200b',
  '.acl.yaml.',
  '.acl.yaml ',
  ' .acl.yaml',
  '.acl.yaml\0.md',
  '.acl.yaml\0',
  '.acl.yaml::$DATA',
  '.acl.yaml:a.md',
  'a.md:stream.md',
  'ACL~1.YAM',
  'ACL~1.md',
  '../people.yaml',
  '../new.md',
  'eng/../../new.md',
  'eng/../.acl.yaml',
  './.acl.yaml',
  'eng//new.md',
  '/etc/new.md',
  '//new.md',
  'C:\\new.md',
  'C:new.md',
  'eng\\..\\..\\new.md',
  '..\\new.md',
  'way/new.md',
  'way/a.md',
  'link.md',
  'dangling.md',
  'people.md',
  '.hidden/new.md',
  '.new.md',
  '.git/hooks.md',
  'con.md',
  'CON.md',
  'nul.txt',
  'com1.md',
  'LPT9.txt',
  'aux.a.md',
  'COM\u00b9.md',
  'new.md\n',
  'new\r.md',
  'ne\u0007w.md',
  'new\u202e.md',
  'ne\u00adw.md',
  'new.md ',
  'new.md.',
  `${'x'.repeat(253)}.md`,
  `${'漢'.repeat(90)}.md`,
  `${'a/'.repeat(70)}new.md`,
  `${'a'.repeat(1_001)}.md`,
  'new',
  'new.sh',
  'new.yaml',
  'new.html',
  'new.md/x',
  '',
  '.',
  '..',
  'eng',
  'eng/',
  'eng/.',
  'eng/..',
  'ENG/rota.md',
  'eng/ROTA.md',
  'eng/rota.MD',
  'eng/ｒota.md',
  'eng/rota.md',
  'hard.md',
  'nothere/new.md',
  '~/new.md',
  '$HOME.md',
  'new?.md',
  'new*.md',
  'a|b.md',
  'a"b.md',
  '<new>.md',
  '\ud800.md',
  'closed/new.md',
  'closed/secret.md',
  '.castellan-0.tmp',
  '-rf.md',
  'eng/\ufb01le.md',
  '%2e%2e/new.md/',
];

describe('a path that is spelt to go elsewhere', () => {
  test.each(SPELLINGS)('makes nothing, shows nobody anything, and touches nothing outside: %j', async (path) => {
    const source = await aTree();
    const [before, shown] = [await everything(source.folder), await source.sync(BARE)];
    for (const text of [OPEN, 'accounts: []\n']) {
      const aim = { input: { path, text } };
      await expect(createFile.preview(aim, runOf(source), ADA)).rejects.toThrow(AppError);
      const { committing } = decided(createFile, aim, { target: '' });
      await expect(createFile.commit(aim, runOf(source), ADA, committing)).rejects.toThrow(AppError);
    }
    expect(await everything(source.folder)).toEqual(before);
    expect(aclsBy(await source.sync(BARE))).toEqual(aclsBy(shown));
  });

  test.each(SPELLINGS.filter((path) => path !== 'eng/rota.md'))('is no file to edit or take away either: %j', async (key) => {
    const source = await aTree();
    const before = await everything(source.folder);
    const edit = { key, input: { text: OPEN } };
    await expect(editFile.preview(edit, runOf(source), ADA)).rejects.toThrow(AppError);
    await expect(deleteFile.preview({ key, input: {} }, runOf(source), ADA)).rejects.toThrow(AppError);
    const { committing } = decided(editFile, edit, { target: '', revision: '' });
    await expect(editFile.commit(edit, runOf(source), ADA, committing)).rejects.toThrow(AppError);
    expect(await everything(source.folder)).toEqual(before);
  });

  test('is refused before anything is looked at', () => {
    const refused = SPELLINGS.filter((path) => !createFile.input.safeParse({ path, text: '' }).success);
    expect(refused.length).toBeGreaterThan(60);
    for (const path of ['new.md', 'eng/Plan für Ärger (2).md', '計画.md', 'a&b, c@d=e#1.txt']) {
      expect(createFile.input.safeParse({ path, text: '' }).success).toBe(true);
    }
  });
});

test('a name that is written in two forms is one name, and taken', async () => {
  const source = await aTree();
  await source.put({ 'eng/cafe\u0301.md': '' });
  const aim = { input: { path: 'eng/caf\u00e9.md', text: 'x' } };
  await expect(createFile.preview(aim, runOf(source), ADA)).rejects.toMatchObject({ code: 'conflict' });
});

test.each([
  [
    'elsewhere by a link',
    async ({ root, folder }: FilesSource) => {
      await rename(join(root, 'eng'), join(folder, 'eng'));
      await symlink(join(folder, 'outside'), join(root, 'eng'));
    },
  ],
  [
    'into another folder',
    async ({ root }: FilesSource) => {
      await rename(join(root, 'eng'), join(root, 'was'));
      await mkdir(join(root, 'eng'));
    },
  ],
])('whoever turns a folder %s while it is written turns nothing that is written', async (_, turn) => {
  const source = await aTree();
  const aim = { input: { path: 'eng/new.md', text: OPEN } };
  const { committing } = decided(createFile, aim, { target: '' });
  const keep = async (note: string): Promise<void> => {
    await committing.keep(note);
    await turn(source);
  };
  await expect(createFile.commit(aim, runOf(source), ADA, { ...committing, keep })).rejects.toMatchObject({ code: 'conflict' });
  expect(Object.entries(await everything(source.folder)).filter(([, text]) => text === OPEN)).toEqual([]);
});

const ended = (): Promise<never> => Promise.reject(new Error('ended'));

describe('what a crash leaves beside a file', () => {
  test('is no document and no control file', async () => {
    const source = await aTree();
    const keys = documentKeys(await source.sync(BARE));
    const aim = { input: { path: 'eng/new.md', text: OPEN } };
    const { committing, settling } = decided(createFile, aim, { target: '' });
    await expect(createFile.commit(aim, runOf(source), ADA, { ...committing, keep: ended })).rejects.toThrow('ended');
    expect((await readdir(join(source.root, 'eng'))).toSorted()).toEqual([`.castellan-${committing.intent.id}.tmp`, 'rota.md']);
    expect(documentKeys(await source.sync(BARE))).toEqual(keys);
    expect(await createFile.settle(aim, runOf(source), ADA, settling())).toBe('absent');
    expect(await readdir(join(source.root, 'eng'))).toEqual(['rota.md']);
  });

  test('keeps everybody else from changing it, until it is settled', async () => {
    const source = await aTree();
    const aim = { key: 'eng/rota.md', input: { text: 'Bob' } };
    const preview = await editFile.preview(aim, runOf(source), ADA);
    const [first, second] = [decided(editFile, aim, preview), decided(editFile, aim, preview)];
    await expect(editFile.commit(aim, runOf(source), ADA, { ...first.committing, keep: ended })).rejects.toThrow('ended');
    await expect(editFile.commit(aim, runOf(source), ADA, second.committing)).rejects.toMatchObject({ code: 'conflict' });
    expect(await editFile.settle(aim, runOf(source), ADA, first.settling())).toBe('absent');
    await editFile.commit(aim, runOf(source), ADA, second.committing);
    expect(await readdir(join(source.root, 'eng'))).toEqual(['rota.md']);
  });

  test.each([
    ['was put in its place', 'eng/rota.md', 'done'],
    ['was put there and replaced since', 'eng/elsewhere.md', 'uncertain'],
  ])('tells that it %s', async (_, name, told) => {
    const source = await aTree();
    const aim = { key: 'eng/rota.md', input: { text: 'Bob' } };
    const { committing, settling } = decided(editFile, aim, await editFile.preview(aim, runOf(source), ADA));
    const keep = async (note: string): Promise<void> => {
      await committing.keep(note);
      const lock = (await readdir(join(source.root, 'eng'))).find((entry) => entry.endsWith('.lock')) ?? '';
      await rename(join(source.root, 'eng', lock), join(source.root, name));
      if (told === 'uncertain') await source.put({ 'eng/rota.md': 'Cyd' });
      throw new Error('ended');
    };
    await expect(editFile.commit(aim, runOf(source), ADA, { ...committing, keep })).rejects.toThrow('ended');
    const settled = await editFile.settle(aim, runOf(source), ADA, settling());
    expect(typeof settled === 'string' ? settled : 'done').toBe(told);
  });
});
