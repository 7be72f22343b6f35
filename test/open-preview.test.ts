import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Preview, PreviewLimits } from '../src/cli/init-preview.ts';
import { openPreview } from '../src/open-preview.ts';
import { aFolder } from './support/a-folder.ts';
import { aMachine } from './support/a-machine.ts';
import { accountLine, whole } from './support/a-place.ts';
import { type JsonLine, jsonLines } from './support/json-lines.ts';

const AMPLE: PreviewLimits = { documents: 1000, people: 1000, ms: 20_000 };
const TEN = Array.from({ length: 10 }, (_, at): JsonLine => ({
  type: 'document',
  key: `k${at}`,
  title: 'Plan',
  updated_at: '2026-01-02T03:04:05Z',
  text: 'x',
  acl: { terms: [{ allow: ['user:ada'], deny: [], from: 'test' }] },
}));

const preview = async (
  lines: readonly JsonLine[],
  { limits = AMPLE, signal = new AbortController().signal }: { limits?: PreviewLimits; signal?: AbortSignal } = {},
): Promise<{ readonly opened: Preview; readonly left: () => Promise<readonly string[]> }> => {
  const [folder, temporary] = [await aFolder(), await aFolder()];
  await writeFile(join(folder, 'x.jsonl'), jsonLines(lines));
  const draft = { connector: 'jsonl', source: 'x', settings: { path: './x.jsonl' }, folder } as const;
  const left = async () => readdir(temporary);
  try {
    return { opened: await openPreview(draft, { temporary, signal, limits }, aMachine()), left };
  } catch (error) {
    expect(await left()).toEqual([]);
    throw error;
  }
};

test('links people as when they ask, and is gone when it is closed', async () => {
  const { opened, left } = await preview(whole([accountLine('ada'), ...TEN]));
  expect(await opened.audience(['acme.test'])).toMatchObject({
    people: [{ email: 'ada@acme.test', documents: 10 }],
    others: [{ domain: 'acme.test', documents: 0 }],
    nobody: 0,
    accounts: { linked: { accounts: 1 } },
  });
  expect(await left()).toHaveLength(1);
  await opened.close();
  expect(await left()).toEqual([]);
});

test('of more documents than it looks at says that it is a part, and finds no fault with the rest', async () => {
  const { opened } = await preview(whole([accountLine('ada'), ...TEN]), { limits: { ...AMPLE, documents: 3 } });
  expect(opened).toMatchObject({ stopped: 'documents', status: { documents: 3 }, end: { problems: [] } });
  await opened.close();
});

test('of exactly as many as it looks at is whole', async () => {
  const { opened } = await preview(whole([accountLine('ada'), ...TEN]), { limits: { ...AMPLE, documents: 10 } });
  expect(opened.stopped).toBeUndefined();
  await opened.close();
});

test('does not say what nobody can see where not everybody was asked about', async () => {
  const { opened } = await preview(whole([accountLine('ada'), accountLine('bob'), ...TEN]), { limits: { ...AMPLE, people: 1 } });
  const { people, nobody } = await opened.audience(['acme.test']);
  expect([people.length, nobody]).toEqual([1, undefined]);
  await opened.close();
});

test('that is interrupted, and that of a source which fails, leave nothing behind', async () => {
  await expect(preview(TEN, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  const temporary = await aFolder();
  const draft = { connector: 'jsonl', source: 'x', settings: { path: './gone.jsonl' }, folder: temporary } as const;
  const opening = openPreview(draft, { temporary, signal: new AbortController().signal }, aMachine());
  await expect(opening).rejects.toThrow('cannot be read (ENOENT)');
  expect(await readdir(temporary)).toEqual([]);
});

test('needs a place where it may write', async () => {
  const draft = { connector: 'jsonl', source: 'x', settings: { path: './x.jsonl' }, folder: '/' } as const;
  const opening = openPreview(draft, { temporary: '/nowhere', signal: new AbortController().signal }, aMachine());
  await expect(opening).rejects.toThrow('Nothing can be written in /nowhere. Name another place: TMPDIR=<folder> castellan init');
});
