import { chmod, chown, mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { LAUNCHER } from '../support/a-command.ts';
import { type APlace, ORGANISATION, synced } from '../support/a-place.ts';
import { found, place, problems, said, syncSchema } from '../support/place-answers.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts the program several times

const ADA = 'ada@acme.test';
const NOBODY = 65_534;

/** A source of two files that everybody who is identified may see, synced. */
const inFolder = async (): Promise<APlace> => {
  const where = await place([]);
  await where.configure(
    `${ORGANISATION}sources: { wiki: { connector: files, root: ./docs, people: ./people.yaml, default_acl: [public] } }\nembedding: { provider: none }\n`,
  );
  await writeFile(join(where.folder, 'people.yaml'), 'accounts: []\n');
  await mkdir(join(where.folder, 'docs', 'sub'), { recursive: true });
  await writeFile(join(where.folder, 'docs', 'a.md'), 'spring\n');
  await writeFile(join(where.folder, 'docs', 'sub', 'b.md'), 'spring\n');
  return synced(where);
};

describe('a folder of files', () => {
  const both = ['wiki:a.md', 'wiki:sub/b.md'];

  test('that is not there, or is a file, keeps what was read before', async () => {
    const where = await inFolder();
    await rm(join(where.folder, 'docs'), { recursive: true });
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "failed",
        "The folder /place/docs cannot be read (ENOENT). Put it there or correct sources.wiki.root, then: castellan sync wiki",
      ]
    `);
    await writeFile(join(where.folder, 'docs'), '');
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "failed",
        "The folder /place/docs is not a folder. Put it there or correct sources.wiki.root, then: castellan sync wiki",
      ]
    `);
    expect(await found(where)).toEqual(both);
  });

  test('reads a file of no bytes, and neither one of 100 MB nor one that is not UTF-8', async () => {
    const where = await inFolder();
    const docs = join(where.folder, 'docs');
    await writeFile(join(docs, 'zero.md'), '');
    await writeFile(join(docs, 'huge.txt'), '');
    await truncate(join(docs, 'huge.txt'), 100 * 1024 * 1024);
    await writeFile(join(docs, 'latin.md'), Buffer.from('caf\xe9 spring', 'latin1'));
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        "huge.txt: The file is 104857600 bytes; at most 52428800 are read. Split it, or leave it out.",
        "latin.md: It is not valid UTF-8. Save it as UTF-8.",
      ]
    `);
    expect(await found(where)).toEqual(both);
    expect(await said(where, 'fetch', 'wiki:zero.md', '--as', ADA)).toMatchObject([0, expect.stringContaining('wiki:zero.md')]);
  });

  test('below which one cannot be read shows nobody what is in that one, and deletes nothing', async ({ skip }) => {
    const where = await inFolder();
    const root = process.getuid?.() === 0;
    skip(root && !(await isReachable()), 'root reads everything, and another user cannot reach this checkout');
    if (root) for (const path of ['', 'data', 'data/index.db']) await chown(join(where.folder, path), NOBODY, NOBODY);
    const sub = join(where.folder, 'docs', 'sub');
    await chmod(sub, 0);
    const { code, stdout } = await where.run(['sync', '--json'], root ? { uid: NOBODY } : {});
    await chmod(sub, 0o755);
    const [{ status, deleted, documents: kept, problem_list: list }] = syncSchema.parse(JSON.parse(stdout)).sources;
    expect([code, status, deleted, kept, list]).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        0,
        2,
        [
          {
            "message": "The folder sub cannot be read (EACCES). Give the right to read it.",
          },
        ],
      ]
    `);
  });
});

/** Can another user run what is tested here? */
const isReachable = async (): Promise<boolean> => {
  const folders = [dirname(LAUNCHER), dirname(process.execPath)].flatMap((path) =>
    path.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/') || '/'),
  );
  const modes = await Promise.all(folders.map(async (path) => (await stat(path)).mode));
  return modes.every((mode) => (mode & 0o001) !== 0);
};
