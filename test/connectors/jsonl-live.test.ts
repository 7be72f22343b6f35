import { appendFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { jsonl } from '../../connectors/jsonl/sync.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { aFolder } from '../support/a-folder.ts';
import { aclOf, containerLine, documentLine, type JsonLine, jsonLines } from '../support/json-lines.ts';

const read = async (lines: readonly JsonLine[] | string, key = 'plan'): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  const folder = await aFolder();
  await writeFile(join(folder, 'wiki.jsonl'), typeof lines === 'string' ? lines : jsonLines(lines));
  return asked(folder, key);
};

/** Long after the file was written, so that what stands in it may be remembered. */
const asked = async (folder: string, key: string, path = 'wiki.jsonl'): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  const { cursor: _, ...run } = aConnectorRun<{ path: string }, never>({ path }, { folder });
  if (!jsonl.read) throw new Error('jsonl can be asked');
  return jsonl.read(key, { ...run, now: () => new Date(Date.now() + 60_000) });
};

test('asked live, a file says the last that stands about a document', async () => {
  expect(await read([documentLine({ title: 'Old' }), documentLine({ title: 'New' })])).toMatchObject({
    key: 'plan',
    title: 'New',
  });
  expect(await read([documentLine(), { type: 'acl', key: 'plan', acl: aclOf(['user:ada']) }])).toMatchObject({
    acl: aclOf(['user:ada']),
  });
});

test.each<[string, readonly JsonLine[]]>([
  ['was never named', [documentLine({ key: 'other' })]],
  ['was deleted', [documentLine(), { type: 'delete', key: 'plan' }]],
  ['was deleted with what holds it', [containerLine(), documentLine({ parent: 'space' }), { type: 'delete', key: 'space' }]],
  ['a whole listing did not name', [documentLine(), { type: 'listing' }, documentLine({ key: 'other' }), { type: 'complete' }]],
  ['is a container', [containerLine({ key: 'plan' })]],
])('asked live, a document that %s is gone', async (_, lines) => {
  expect(await read(lines)).toBe('gone');
});

test.each([
  ['a line about it that cannot be understood', `${jsonLines([documentLine()])}{"type":"document","key":"plan","titel":"x"}\n`],
  ['an acl that is none', `${jsonLines([documentLine()])}{"type":"acl","key":"plan","acl":{}}\n`],
  ['an acl without a document', jsonLines([{ type: 'acl', key: 'plan', acl: aclOf(['everyone']) }])],
])('asked live, a document is closed by %s', async (_, text) => {
  expect(await read(text)).toBe('forbidden');
});

test('asked live, a file that is not there, or too long to be read for an answer, fails', async () => {
  const folder = await aFolder();
  await expect(asked(folder, 'plan')).rejects.toMatchObject({ code: 'source_unavailable' });
  await writeFile(join(folder, 'wiki.jsonl'), jsonLines([documentLine()]));
  await truncate(join(folder, 'wiki.jsonl'), 16 * 1024 * 1024 + 1);
  await expect(asked(folder, 'plan')).rejects.toMatchObject({ code: 'too_large' });
});

test('asked live, standard input has nothing to say', async () => {
  await expect(asked(await aFolder(), 'plan', '-')).rejects.toMatchObject({ code: 'config' });
});

const line = (who: string, key = 'plan'): JsonLine => documentLine({ key, acl: aclOf([`user:${who}`]) });
const file = (folder: string): string => join(folder, 'wiki.jsonl');

describe('asked again and again', () => {
  test('a file says the same as long as it stays the same, to all who ask at once', async () => {
    const folder = await aFolder();
    await writeFile(file(folder), jsonLines([line('ada'), line('bob', 'rota')]));
    const answers = await Promise.all(['plan', 'rota', 'none', 'plan'].map((key) => asked(folder, key)));
    expect(answers).toMatchObject([
      { acl: aclOf(['user:ada']) },
      { acl: aclOf(['user:bob']) },
      'gone',
      { acl: aclOf(['user:ada']) },
    ]);
    expect(await asked(folder, 'plan')).toEqual(answers[0]);
  });

  test.each<[string, (folder: string) => Promise<void>]>([
    ['written over, as long as before', (folder) => writeFile(file(folder), jsonLines([line('bob')]))],
    ['added to', (folder) => appendFile(file(folder), jsonLines([line('bob')]))],
    [
      'replaced',
      async (folder) => {
        await writeFile(join(folder, 'new'), jsonLines([line('bob')]));
        await rename(join(folder, 'new'), file(folder));
      },
    ],
    [
      'replaced by one with the times of the old one',
      async (folder) => {
        const { atime, mtime } = await stat(file(folder));
        await writeFile(file(folder), jsonLines([line('bob')]));
        await utimes(file(folder), atime, mtime);
      },
    ],
  ])('a file that was %s says what it says now', async (_, change) => {
    const folder = await aFolder();
    await writeFile(file(folder), jsonLines([line('ada')]));
    expect(await asked(folder, 'plan')).toMatchObject({ acl: aclOf(['user:ada']) });
    await change(folder);
    expect(await asked(folder, 'plan')).toMatchObject({ acl: aclOf(['user:bob']) });
  });

  test('a file that was gone meanwhile says what it says now', async () => {
    const folder = await aFolder();
    await expect(asked(folder, 'plan')).rejects.toMatchObject({ code: 'source_unavailable' });
    await writeFile(file(folder), jsonLines([line('ada')]));
    expect(await asked(folder, 'plan')).toMatchObject({ acl: aclOf(['user:ada']) });
    await rm(file(folder));
    await expect(asked(folder, 'plan')).rejects.toMatchObject({ code: 'source_unavailable' });
  });
});
