import { execFileSync } from 'node:child_process';
import { chmod, mkdir, open, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { SourceDocument } from '../../src/core/document.ts';
import { aclsBy, aFilesSource, BARE, documentKeys, type FilesSource, isWhole, problemsOf } from '../support/a-files-source.ts';

const OPEN = 'allow: [everyone]\ndeny: []\n';
const never = new AbortController().signal;

/** The only document of a source. */
const onlyDocument = async (source: FilesSource): Promise<SourceDocument> => {
  const change = (await source.sync()).find(({ type }) => type === 'document');
  if (change?.type !== 'document') throw new Error('there is no document');
  return change.document;
};

const read = async ({ body }: SourceDocument): Promise<Uint8Array> =>
  body.kind === 'bytes' ? body.read(never) : new Uint8Array();

describe('a control file that cannot be understood closes all that it decides:', () => {
  test.each([
    ['empty', ''],
    ['no YAML', 'allow: [everyone'],
    ['a list', '- everyone'],
    ['without deny', 'allow: [everyone]\n'],
    ['without allow', 'deny: []\n'],
    ['allow null', 'allow:\ndeny: []\n'],
    ['deny null', 'allow: [everyone]\ndeny:\n'],
    ['deny a text', 'allow: [everyone]\ndeny: user:bob\n'],
    ['allow one text', 'allow: everyone\ndeny: []\n'],
    ['another key', `${OPEN}from: x\n`],
    ['a misspelt key', 'allow: [everyone]\ndenny: [user:bob]\n'],
    ['a key twice', `${OPEN}deny: []\n`],
    ['nobody we know', 'allow: [everybody]\ndeny: []\n'],
    ['an e-mail that is none', 'allow: [everyone]\ndeny: ["person:bob"]\n'],
    ['an audience', 'allow: ["audience:eng"]\ndeny: []\n'],
    ['two documents', `${OPEN}---\n${OPEN}`],
    ['an alias', 'allow: &all [everyone]\ndeny: *all\n'],
    ['a tag', 'allow: !!set {everyone}\ndeny: []\n'],
    ['not UTF-8', Buffer.from([0x61, 0xff])],
    ['too large', `# ${'x'.repeat(1024 * 1024)}\n${OPEN}`],
  ])('%s', async (_, text) => {
    const source = await aFilesSource({ 'eng/plan.md': '', 'eng/ops/rota.md': '', 'top.md': '' });
    await writeFile(join(source.root, 'eng/.acl.yaml'), text);
    await writeFile(join(source.root, 'top.md.acl.yaml'), text);
    const changes = await source.sync();
    expect(aclsBy(changes)).toMatchObject({
      eng: { unknown: 'eng/.acl.yaml cannot be understood' },
      'eng/ops': { terms: [{ allow: ['audience:eng'] }] },
      'top.md': { unknown: 'top.md.acl.yaml cannot be understood' },
    });
    expect(problemsOf(changes).map(([key]) => key)).toEqual(['eng', 'top.md']);
    expect(isWhole(changes)).toBe(true);
  });

  test('a link, a folder or a pipe in its place', async () => {
    const source = await aFilesSource({ 'a/x.md': '', 'b/x.md': '', 'c/x.md': '' });
    await writeFile(join(source.folder, 'open.yaml'), OPEN);
    await symlink(join(source.folder, 'open.yaml'), join(source.root, 'a/.acl.yaml'));
    await mkdir(join(source.root, 'b/.acl.yaml'));
    execFileSync('mkfifo', [join(source.root, 'c/.acl.yaml')]);
    const acls = aclsBy(await source.sync());
    for (const key of ['a', 'b', 'c']) expect(acls[key]).toEqual({ unknown: `${key}/.acl.yaml cannot be understood` });
  });

  test('at the root, where a default does not stand in for it', async () => {
    const source = await aFilesSource({ '.acl.yaml': '', 'plan.md': '' });
    expect(aclsBy(await source.sync())['.']).toEqual({ unknown: '.acl.yaml cannot be understood' });
  });
});

describe('a name that only looks like that of a control file', () => {
  test.each(['.ACL.yaml', '.acl.yml', '.Acl.Yml', '.acl\u200b.yaml', '\uff0eacl.yaml', '.acl.yaml '])(
    'closes its folder: %j',
    async (name) => {
      const source = await aFilesSource({ 'eng/plan.md': '', [`eng/${name}`]: OPEN });
      const changes = await source.sync();
      expect(aclsBy(changes)['eng']).toEqual({ unknown: `${name} is not named exactly as a control file` });
      expect(documentKeys(changes)).toEqual(['eng/plan.md']);
      expect(problemsOf(changes)).toMatchObject([['eng', expect.stringContaining('looks like a control file')]]);
    },
  );

  test.each(['plan.md.ACL.yaml', 'PLAN.md.acl.yaml', 'plan.md.acl.yml', 'pl\u00ada\u200bn.md.acl.yaml'])(
    'closes its file: %j',
    async (name) => {
      const source = await aFilesSource({ 'plan.md': '', [name]: OPEN });
      const changes = await source.sync();
      expect(aclsBy(changes)['plan.md']).toMatchObject({ unknown: expect.stringContaining('not named exactly') });
      expect(documentKeys(changes)).toEqual(['plan.md']);
    },
  );

  test('closes even what another one opens', async () => {
    const source = await aFilesSource({ 'plan.md': '', 'plan.md.acl.yaml': OPEN, 'plan.md.ACL.yaml': 'allow: []\ndeny: []\n' });
    expect(aclsBy(await source.sync())['plan.md']).toHaveProperty('unknown');
  });

  test('beside a folder closes the folder, and for nothing at all is a problem', async () => {
    const source = await aFilesSource({ 'eng/plan.md': '', 'eng.acl.yaml': OPEN, 'gone.md.acl.yaml': OPEN });
    const changes = await source.sync();
    expect(aclsBy(changes)['eng']).toEqual({ unknown: 'eng.acl.yaml seems to mean this folder' });
    expect(problemsOf(changes)).toEqual([
      ['gone.md.acl.yaml', 'gone.md.acl.yaml narrows nothing that is there. Rename or remove it.'],
      ['eng', 'eng.acl.yaml stands beside the folder eng. Put it inside, as .acl.yaml.'],
    ]);
    expect(isWhole(changes)).toBe(true);
  });
});

describe('what is no document', () => {
  test('is passed over: links, pipes, sockets, hidden files and folders', async () => {
    const source = await aFilesSource({ 'plan.md': '', '.git/config': 'x', '.hidden.md': 'x' });
    const outside = join(source.folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret.md'), 'secret');
    await symlink(join(outside, 'secret.md'), join(source.root, 'secret.md'));
    await symlink(outside, join(source.root, 'outside'));
    await symlink('.', join(source.root, 'round'));
    await symlink('plan.md', join(source.root, 'same.md'));
    execFileSync('mkfifo', [join(source.root, 'pipe.md')]);
    const server = createServer().listen(join(source.root, 'socket.md'));
    onTestFinished(() => void server.close());
    const changes = await source.sync();
    expect(documentKeys(changes)).toEqual(['plan.md']);
    expect(problemsOf(changes)).toEqual([]);
    expect(isWhole(changes)).toBe(true);
  });

  test.each([
    ['a name with a control character', Buffer.from('a\nb.md'), 'a\uFFFDb.md'],
    ['a name that is not UTF-8', Buffer.from([0x61, 0xff, 0x2e, 0x6d, 0x64]), 'a\uFFFD.md'],
  ])('%s is a problem that names it', async (_, name, key) => {
    const source = await aFilesSource({ 'plan.md': '' });
    await writeFile(Buffer.concat([Buffer.from(`${source.root}/`), name]), 'x');
    const changes = await source.sync();
    expect(documentKeys(changes)).toEqual(['plan.md']);
    expect(problemsOf(changes)).toEqual([[key, expect.stringContaining('Rename it')]]);
  });

  test('two names that differ only in the form of their letters are both closed, and nothing is called whole', async () => {
    const source = await aFilesSource({ 'caf\u00e9.md': 'a', 'cafe\u0301.md': 'b', 'plan.md': '' });
    const changes = await source.sync();
    expect(documentKeys(changes)).toEqual(['plan.md']);
    expect(aclsBy(changes)['caf\u00e9.md']).toEqual({ unknown: 'two entries have this name' });
    expect(isWhole(changes)).toBe(false);
  });

  test('a folder deeper than 60 is a problem', async () => {
    const deep = Array.from({ length: 61 }, () => 'd').join('/');
    const source = await aFilesSource({ [`${deep}/plan.md`]: '', [`${deep.slice(2)}/plan.md`]: '' });
    const changes = await source.sync();
    expect(documentKeys(changes)).toEqual([`${deep.slice(2)}/plan.md`]);
    expect(problemsOf(changes)).toEqual([[deep, expect.stringContaining('deeper than 60 folders')]]);
  });
});

describe('a file', () => {
  test('may be empty', async () => {
    expect(await read(await onlyDocument(await aFilesSource({ 'plan.md': '' })))).toHaveLength(0);
  });

  test('over the limit is a problem with its key, and its permissions stay those it has now', async () => {
    const source = await aFilesSource({ 'plan.md.acl.yaml': 'allow: [user:ada]\ndeny: []\n' });
    await (await open(join(source.root, 'plan.md'), 'w')).close();
    await truncate(join(source.root, 'plan.md'), 100 * 1024 * 1024);
    const changes = await source.sync();
    expect(documentKeys(changes)).toEqual([]);
    expect(problemsOf(changes)).toEqual([
      ['plan.md', 'The file is 104857600 bytes; at most 52428800 are read. Split it, or leave it out.'],
    ]);
    expect(aclsBy(changes)['plan.md']).toMatchObject({ terms: [{ allow: ['audience:.'] }, { allow: ['user:ada'] }] });
    expect(isWhole(changes)).toBe(true);
  });

  test('may have a lower limit', async () => {
    const source = await aFilesSource({ 'plan.md': 'spring' });
    expect(problemsOf(await source.sync({ ...BARE, max_bytes: 5 }))).toHaveLength(1);
    expect(problemsOf(await source.sync({ ...BARE, max_bytes: 6 }))).toHaveLength(0);
  });

  test.each([
    ['grew over the limit', async ({ root }: FilesSource) => truncate(join(root, 'eng/plan.md'), 51 * 1024 * 1024)],
    ['is gone', async ({ root }: FilesSource) => unlink(join(root, 'eng/plan.md'))],
    [
      'was replaced by a link',
      async ({ root, folder }: FilesSource) => {
        await writeFile(join(folder, 'secret.md'), 'secret');
        await unlink(join(root, 'eng/plan.md'));
        await symlink(join(folder, 'secret.md'), join(root, 'eng/plan.md'));
      },
    ],
    [
      'was replaced by a pipe',
      async ({ root }: FilesSource) => {
        await unlink(join(root, 'eng/plan.md'));
        execFileSync('mkfifo', [join(root, 'eng/plan.md')]);
      },
    ],
    [
      'is now below a link',
      async ({ root, folder }: FilesSource) => {
        await rename(join(root, 'eng'), join(folder, 'outside'));
        await writeFile(join(folder, 'outside/plan.md'), 'secret');
        await symlink(join(folder, 'outside'), join(root, 'eng'));
      },
    ],
  ])('that %s when it is read is not read', async (_, change) => {
    const source = await aFilesSource({ 'eng/plan.md': 'spring' });
    const document = await onlyDocument(source);
    await change(source);
    await expect(read(document)).rejects.toMatchObject({
      code: 'source_unavailable',
      message: expect.stringMatching(/^eng\/plan\.md cannot be read: .*castellan sync wiki$/u),
    });
  });
});

test('a folder that cannot be read is seen by nobody, and nothing is called whole', async () => {
  const source = await aFilesSource({ 'eng/plan.md': '', 'top.md': '' });
  const changes = await asNobody(source, () => chmod(join(source.root, 'eng'), 0o000));
  expect(aclsBy(changes)['eng']).toEqual({ unknown: 'the folder cannot be read' });
  expect(documentKeys(changes)).toEqual(['top.md']);
  expect(problemsOf(changes)).toEqual([[undefined, expect.stringContaining('The folder eng cannot be read')]]);
  expect(isWhole(changes)).toBe(false);
});

test('a folder whose files cannot be looked at keeps the run from calling anything whole', async () => {
  const source = await aFilesSource({ 'eng/plan.md': '' });
  const changes = await asNobody(source, () => chmod(join(source.root, 'eng'), 0o444));
  expect(problemsOf(changes)).toEqual([[undefined, expect.stringContaining('eng/plan.md cannot be looked at (EACCES)')]]);
  expect(isWhole(changes)).toBe(false);
});

/** Syncs without the rights of root, who may read everything. */
const asNobody = async (source: FilesSource, change: () => Promise<void>): ReturnType<FilesSource['sync']> => {
  await chmod(source.folder, 0o755);
  await change();
  const privileged = process.geteuid?.() === 0;
  if (privileged) process.seteuid?.(65_534);
  try {
    return await source.sync();
  } finally {
    if (privileged) process.seteuid?.(0);
    await chmod(join(source.root, 'eng'), 0o755);
  }
};
