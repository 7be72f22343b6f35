import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { aFilesSource, BARE } from '../support/a-files-source.ts';

describe('the root', () => {
  test.each([
    ['is not there', (root: string) => rm(root, { recursive: true })],
    [
      'is a file',
      async (root: string) => {
        await rm(root, { recursive: true });
        await writeFile(root, '');
      },
    ],
  ])('that %s fails the run, and says what to do', async (_, change) => {
    const source = await aFilesSource();
    await change(source.root);
    await expect(source.sync()).rejects.toMatchObject({
      code: 'source_unavailable',
      message: expect.stringContaining('sources.wiki.root'),
    });
  });
});

describe('the people file', () => {
  test.each([
    ['empty', ''],
    ['no YAML', 'accounts: ['],
    ['without accounts', 'groups: {}\n'],
    ['another key', 'accounts: []\nadmins: []\n'],
    ['an account without an id', 'accounts: [{ emails: [] }]\n'],
    ['an account without e-mails', 'accounts: [{ id: ada }]\n'],
    ['an e-mail that is none', 'accounts: [{ id: ada, emails: [ada] }]\n'],
    ['active that is no truth', 'accounts: [{ id: ada, emails: [], active: yes please }]\n'],
    ['active null', 'accounts: [{ id: ada, emails: [], active: }]\n'],
    ['another kind', 'accounts: [{ id: ada, emails: [], kind: boss }]\n'],
    ['another field', 'accounts: [{ id: ada, emails: [], activ: false }]\n'],
    ['one id twice', 'accounts: [{ id: ada, emails: [] }, { id: ada, emails: [] }]\n'],
    ['a group of nobody we know', 'accounts: []\ngroups: { eng: [ada] }\n'],
    ['a group without a list', 'accounts: []\ngroups: { eng: }\n'],
    ['a group twice', 'accounts: []\ngroups: { eng: [], eng: [user:ada] }\n'],
  ])('that is invalid fails the run before anything is said: %s', async (_, text) => {
    const source = await aFilesSource({ 'plan.md': '' });
    await source.putPeople(text);
    await expect(source.sync()).rejects.toMatchObject({
      code: 'source_rejected',
      message: expect.stringContaining('The people file'),
    });
  });

  test('that is not there fails the run', async () => {
    const source = await aFilesSource();
    await expect(source.sync({ ...BARE, people: 'none.yaml' })).rejects.toMatchObject({
      code: 'source_unavailable',
      message: expect.stringContaining('Correct sources.wiki.people.'),
    });
  });

  test.each(['wiki/people.yaml', 'wiki/../wiki/people.yaml', 'link.yaml', 'wiki/link.yaml', 'same/link.yaml'])(
    'inside the root is refused: %s',
    async (people) => {
      const source = await aFilesSource({ 'people.yaml': 'accounts: []\n' });
      await symlink(join(source.root, 'people.yaml'), join(source.folder, 'link.yaml'));
      await symlink(join(source.folder, 'people.yaml'), join(source.root, 'link.yaml'));
      await symlink(source.root, join(source.folder, 'same'));
      await expect(source.sync({ ...BARE, people })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('Move it out'),
      });
    },
  );
});
