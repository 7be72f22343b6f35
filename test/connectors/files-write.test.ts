import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { files } from '../../connectors/files/sync.ts';
import { createFile } from '../../connectors/files/write-create.ts';
import { deleteFile } from '../../connectors/files/write-delete.ts';
import { editFile } from '../../connectors/files/write-edit.ts';
import type { Account } from '../../src/core/document.ts';
import { decided, writeContract } from '../contracts/write-contract.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { aFilesSource, BARE, documentKeys, type FilesSource } from '../support/a-files-source.ts';

type Settings = Parameters<typeof files.hosts>[0];

const SETTINGS: Settings = { ...BARE, default_acl: ['everyone'] };
const ADA: Account = { id: 'ada', emails: ['ada@acme.test'], active: true, kind: 'member' };
const BOB: Account = { id: 'bob', emails: ['bob@acme.test'], active: true, kind: 'member' };
const PEOPLE = `
accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: bob, emails: [bob@acme.test] }
groups:
  eng: [user:ada]
  all: [everyone]
`;
const BEFORE = '# Rota\n\nAda, then Bob.\n';
const AFTER = '# Rota\n\nBob, then Ada.\n';

const aTeam = async (tree: Readonly<Record<string, string>> = {}): Promise<FilesSource> => {
  const source = await aFilesSource({ 'eng/.acl.yaml': control('group:eng'), 'eng/rota.md': BEFORE, ...tree });
  await source.putPeople(PEOPLE);
  return source;
};

const control = (...writers: readonly string[]): string => `allow: [everyone]\ndeny: []\nwrite: [${writers.join(', ')}]\n`;

/** Every file below the root, with its text and mode. */
const stateOf = async (root: string): Promise<Record<string, string>> => {
  const names = await readdir(root, { recursive: true });
  const found = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(root, name));
      return stats.isFile() ? [[name, `${(stats.mode & 0o777).toString(8)} ${await readFile(join(root, name), 'utf8')}`]] : [];
    }),
  );
  return Object.fromEntries(found.flat());
};

const place = async (source: FilesSource) => ({
  settings: SETTINGS,
  folder: source.folder,
  as: ADA,
  state: () => stateOf(source.root),
  revoke: () => source.put({ 'eng/.acl.yaml': control('user:bob') }),
});
const actions = [createFile, editFile, deleteFile];

writeContract(createFile, {
  prepared: async () => {
    const source = await aTeam();
    return {
      ...(await place(source)),
      aim: { input: { path: 'eng/plan.md', text: '# Plan\n' } },
      written: { ...(await stateOf(source.root)), 'eng/plan.md': '644 # Plan\n' },
      change: () => source.put({ 'eng/plan.md': 'Somebody else’s' }),
    };
  },
  refused: {
    'larger than is written': { path: 'eng/plan.md', text: 'x'.repeat(1_000_001) },
    'larger in bytes': { path: 'eng/plan.md', text: '漢'.repeat(400_000) },
    'half a character': { path: 'eng/plan.md', text: '\ud800' },
    'no path': { path: '', text: '' },
  },
  once: true,
  actions,
});

const rota = { key: 'eng/rota.md' };

writeContract(editFile, {
  prepared: async () => {
    const source = await aTeam();
    await chmod(join(source.root, rota.key), 0o640);
    return {
      ...(await place(source)),
      aim: { ...rota, input: { edits: [{ find: 'Ada, then Bob', replace: 'Bob, then Ada' }] } },
      written: { ...(await stateOf(source.root)), [rota.key]: `640 ${AFTER}` },
      change: () => source.put({ [rota.key]: 'Cyd, always.' }),
    };
  },
  refused: {
    'not in the text': { edits: [{ find: 'Cyd', replace: '' }] },
    'in it twice': {
      edits: [
        { find: 'A', replace: 'a' },
        { find: 'o', replace: '' },
      ],
    },
    'in it twice, each over the other': {
      edits: [
        { find: 'Ada', replace: 'aaa' },
        { find: 'aa', replace: '' },
      ],
    },
    'no change': { text: BEFORE },
    'both kinds': { text: 'x', edits: [{ find: 'Ada', replace: '' }] },
    'neither kind': {},
    'too large in the end': { text: '漢'.repeat(400_000) },
  },
  once: true,
  actions,
});

writeContract(deleteFile, {
  prepared: async () => {
    const source = await aTeam();
    const { [rota.key]: _, ...written } = await stateOf(source.root);
    return {
      ...(await place(source)),
      aim: { ...rota, input: {} },
      written,
      change: () => source.put({ [rota.key]: 'Cyd, always.' }),
    };
  },
  once: true,
  actions,
});

const runOf = ({ folder }: FilesSource, settings = SETTINGS) => {
  const { cursor: _, ...run } = aConnectorRun<Settings, never>(settings, { folder });
  return run;
};
const mayEdit = (source: FilesSource, as = ADA, key = rota.key) =>
  editFile.mayWrite({ key, input: { text: '' } }, runOf(source), as);
const mayCreate = (source: FilesSource, path: string, as = ADA) =>
  createFile.mayWrite({ input: { path, text: '' } }, runOf(source), as);

describe('who may write', () => {
  test('is nobody where no control file says so', async () => {
    const source = await aFilesSource({ 'a.md': BEFORE, '.acl.yaml': 'allow: [user:ada]\ndeny: []\n' });
    await source.putPeople(PEOPLE);
    expect(await mayEdit(source, ADA, 'a.md')).toBe(false);
    await source.put({ '.acl.yaml': 'allow: [user:ada]\ndeny: []\nwrite: [user:ada]\n' });
    expect(await mayEdit(source, ADA, 'a.md')).toBe(true);
  });

  test.each([
    ['the account', 'user:ada', true],
    ['its e-mail', 'person:ADA@acme.test', true],
    ['a group it is in', 'group:eng', true],
    ['somebody else', 'user:bob', false],
    ['a group that is not there', 'group:none', false],
    ['a group of whom the people file does not decide', 'group:all', false],
  ])('by %s', async (_, writer, may) => {
    const source = await aTeam({ 'eng/.acl.yaml': control(writer) });
    expect(await mayEdit(source)).toBe(may);
    expect(await mayCreate(source, 'eng/new.md')).toBe(may);
  });

  test('is whom every control file on the way names', async () => {
    const source = await aTeam({ '.acl.yaml': control('user:ada', 'user:bob'), 'eng/.acl.yaml': control('user:bob') });
    expect([await mayEdit(source), await mayEdit(source, BOB)]).toEqual([false, true]);
    await source.put({ 'eng/rota.md.acl.yaml': control('user:ada') });
    expect([await mayEdit(source), await mayEdit(source, BOB)]).toEqual([false, false]);
  });

  test('is nobody whom a term surely leaves out', async () => {
    const source = await aTeam({ 'eng/rota.md.acl.yaml': 'allow: [user:bob]\ndeny: []\n' });
    expect(await mayEdit(source)).toBe(false);
    await source.put({ 'eng/rota.md.acl.yaml': 'allow: [everyone]\ndeny: [group:eng]\n' });
    expect(await mayEdit(source)).toBe(false);
    await source.put({ 'eng/rota.md.acl.yaml': 'allow: [everyone]\ndeny: [user:bob]\n' });
    expect(await mayEdit(source)).toBe(true);
  });

  test('is nobody where a control file is in doubt', async () => {
    const source = await aTeam({ 'eng/.ACL.yaml': control('user:ada') });
    expect(await mayEdit(source)).toBe(false);
  });

  test('is no account that the people file has not, or calls inactive', async () => {
    const source = await aTeam();
    await source.putPeople('accounts: [{ id: ada, emails: [], active: false }]\ngroups: { eng: [user:ada] }\n');
    expect(await mayEdit(source)).toBe(false);
    await source.putPeople('accounts: []\ngroups: { eng: [user:ada] }\n');
    expect(await mayEdit(source)).toBe(false);
  });

  test('is nobody where the system calls the file read-only', async () => {
    const source = await aTeam();
    await chmod(join(source.root, rota.key), 0o444);
    expect(await mayEdit(source)).toBe(false);
  });

  test.each(['everyone', 'public', 'org:eng', 'domain:acme.test', 'audience:eng', 'ada'])(
    'cannot be %s: nobody sees what is below such a control file',
    async (writer) => {
      const source = await aTeam({ 'eng/.acl.yaml': control(writer) });
      expect(await mayEdit(source)).toBe(false);
      expect((await source.sync()).filter(({ type }) => type === 'problem')).toHaveLength(1);
    },
  );

  test('changes nothing of who may see', async () => {
    const before = await (await aTeam({ 'eng/.acl.yaml': 'allow: [everyone]\ndeny: []\n' })).sync();
    const after = await (await aTeam()).sync();
    const acls = (changes: typeof before): unknown => changes.map((change) => ('acl' in change ? change.acl : change.type));
    expect(acls(after)).toEqual(acls(before));
    expect(documentKeys(after)).toEqual(documentKeys(before));
  });
});

describe('the audience of what is written', () => {
  test('is every term on the way', async () => {
    const source = await aTeam({ '.acl.yaml': 'allow: [everyone]\ndeny: [user:bob]\n' });
    const { audience } = await createFile.preview({ input: { path: 'eng/new.md', text: 'x' } }, runOf(source), ADA);
    expect(audience).toEqual({
      terms: [
        { allow: ['everyone'], deny: ['user:bob'], from: '.acl.yaml' },
        { allow: ['everyone'], deny: [], from: 'eng/.acl.yaml' },
      ],
    });
  });

  test('is that of a control file that waits for the file', async () => {
    const source = await aTeam({ 'eng/new.md.acl.yaml': 'allow: [user:ada]\ndeny: []\n' });
    const { audience } = await createFile.preview({ input: { path: 'eng/new.md', text: 'x' } }, runOf(source), ADA);
    expect('terms' in audience && audience.terms.at(-1)).toEqual({ allow: ['user:ada'], deny: [], from: 'eng/new.md.acl.yaml' });
  });
});

test('what is not shown in a text is warned of', async () => {
  const source = await aTeam();
  const { warnings } = await createFile.preview({ input: { path: 'eng/new.md', text: 'a\u200bb\u202ec' } }, runOf(source), ADA);
  expect(warnings).toEqual(['The text gains 2 characters that are not shown.']);
});

test('a text is taken back byte by byte, whatever its line ends and its mark of byte order', async () => {
  const text = '\ufeffAda,\r\nthen Bob\n\n';
  const source = await aTeam({ [rota.key]: text });
  const aim = { ...rota, input: { edits: [{ find: 'Bob', replace: 'Cyd' }] } };
  const first = decided(editFile, aim, await editFile.preview(aim, runOf(source), ADA));
  const { undo } = await editFile.commit(aim, runOf(source), ADA, first.committing);
  expect(undo?.aim.input).toEqual({ text });
  expect(await readFile(join(source.root, rota.key), 'utf8')).toBe(text.replace('Bob', 'Cyd'));
});

test('what is no UTF-8 is not edited', async () => {
  const source = await aTeam({ 'eng/a.txt': '' });
  await writeFile(join(source.root, 'eng/a.txt'), Buffer.from([0xff, 0xfe]));
  await expect(editFile.preview({ key: 'eng/a.txt', input: { text: 'x' } }, runOf(source), ADA)).rejects.toMatchObject({
    code: 'invalid_input',
  });
});
