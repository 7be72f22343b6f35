import { link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { files } from '../../connectors/files/sync.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { aFilesSource, BARE, type FilesSource } from '../support/a-files-source.ts';

type Settings = Parameters<typeof files.hosts>[0];

const EVERYONE: Settings = { ...BARE, default_acl: ['everyone'] };

const read = async (
  { folder }: FilesSource,
  key: string,
  settings = EVERYONE,
): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  const { cursor: _, ...run } = aConnectorRun<Settings, null>(settings, { folder });
  if (!files.read) throw new Error('files can be asked');
  return files.read(key, run);
};

/** Whom each of its terms allows, or why it is unknown. */
const allowed = (document: SourceDocument | string): unknown => {
  if (typeof document === 'string') return document;
  const { acl } = document;
  return 'unknown' in acl ? acl.unknown : acl.terms.map(({ allow }) => allow);
};

const term = (...allow: readonly string[]): string => `allow: [${allow.join(', ')}]\ndeny: []\n`;

describe('a file that is asked for live', () => {
  test('is narrowed by every control file above it, as they are now', async () => {
    const source = await aFilesSource({ 'eng/ops/rota.md': 'x', 'eng/.acl.yaml': term('user:ada') });
    expect(allowed(await read(source, 'eng/ops/rota.md'))).toEqual([['everyone'], ['user:ada']]);
    await source.put({ 'eng/ops/.acl.yaml': term('user:bob'), 'eng/ops/rota.md.acl.yaml': term('group:eng') });
    expect(allowed(await read(source, 'eng/ops/rota.md'))).toEqual([['everyone'], ['user:ada'], ['user:bob'], ['group:eng']]);
    await source.put({ '.acl.yaml': term('user:cem') });
    expect(allowed(await read(source, 'eng/ops/rota.md'))).toEqual([['user:cem'], ['user:ada'], ['user:bob'], ['group:eng']]);
  });

  test.each([
    ['a control file that cannot be understood', { 'eng/.acl.yaml': 'allow: [everyone]' }, /cannot be understood/u],
    ['one that is not named exactly', { 'eng/.acl.yml': term('everyone') }, /not named exactly/u],
    ['one beside the folder', { 'eng.acl.yaml': term('everyone') }, /seems to mean this folder/u],
    ['one of its own that is broken', { 'eng/ops/rota.md.acl.yaml': 'x' }, /cannot be understood/u],
  ])('is closed by %s', async (_, tree, why) => {
    const source = await aFilesSource({ 'eng/ops/rota.md': 'x' });
    await source.put(tree);
    expect(allowed(await read(source, 'eng/ops/rota.md'))).toEqual(expect.stringMatching(why));
  });

  test('is nobody’s where nothing says who may see the root', async () => {
    expect(allowed(await read(await aFilesSource({ 'a.md': '' }), 'a.md', BARE))).toMatch(/no \.acl\.yaml at the root/u);
  });

  test.each([
    ['is not there', 'no.md'],
    ['is a folder', 'eng'],
    ['is the root', '.'],
    ['is a control file', 'eng/.acl.yaml'],
    ['is the control file of another', 'eng/rota.md.acl.yaml'],
    ['is hidden', '.hidden.md'],
    ['is in a hidden folder', '.git/config'],
    ['is a link', 'link.md'],
    ['is behind a link', 'way/secret.md'],
    ['is outside', '../people.yaml'],
    ['goes round', 'eng/../eng/rota.md'],
    ['goes nowhere', 'eng//rota.md'],
    ['goes below a file', 'eng/rota.md/x'],
    ['is absolute', '/etc/passwd'],
    ['is spelt with other letters', 'ＥＮＧ/rota.md'],
  ])('that %s is gone', async (_, key) => {
    const source = await aFilesSource({
      'eng/rota.md': 'x',
      'eng/.acl.yaml': term('everyone'),
      'eng/rota.md.acl.yaml': term('everyone'),
      '.hidden.md': 'x',
      '.git/config': 'x',
    });
    await mkdir(join(source.folder, 'outside'));
    await writeFile(join(source.folder, 'outside/secret.md'), 'x');
    await symlink(join(source.folder, 'outside'), join(source.root, 'way'));
    await symlink(join(source.root, 'eng/rota.md'), join(source.root, 'link.md'));
    expect(await read(source, key)).toBe('gone');
    expect(await read(source, 'eng/rota.md')).toMatchObject({ key: 'eng/rota.md' });
  });

  test('that is too large, or one of two of its name, is forbidden', async () => {
    const source = await aFilesSource({ 'big.md': 'x'.repeat(20), 'caf\u00e9.md': 'x' });
    expect(await read(source, 'big.md', { ...EVERYONE, max_bytes: 10 })).toBe('forbidden');
    expect(await read(source, 'caf\u00e9.md')).toMatchObject({ key: 'caf\u00e9.md' });
    await writeFile(join(source.root, 'cafe\u0301.md'), 'x');
    expect(await read(source, 'caf\u00e9.md')).toBe('forbidden');
  });

  test('that was replaced by a link since is gone, and one that is another file says so', async () => {
    const source = await aFilesSource({ 'a.md': 'x', 'b.md': 'y' });
    const before = await read(source, 'a.md');
    await rename(join(source.root, 'b.md'), join(source.root, 'a.md'));
    expect(await read(source, 'a.md')).not.toMatchObject({ revision: typeof before === 'string' ? '' : before.revision });
    await link(join(source.root, 'a.md'), join(source.root, 'c.md'));
    await rm(join(source.root, 'a.md'));
    await symlink(join(source.root, 'c.md'), join(source.root, 'a.md'));
    expect(await read(source, 'a.md')).toBe('gone');
  });

  test('fails where the root is gone', async () => {
    const source = await aFilesSource({ 'a.md': 'x' });
    await rm(source.root, { recursive: true });
    await expect(read(source, 'a.md')).rejects.toMatchObject({ code: 'source_unavailable' });
  });
});
