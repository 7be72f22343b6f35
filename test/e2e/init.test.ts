import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import { castellan } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';

vi.setConfig({ testTimeout: 60_000 }); // the program is started several times

test('what init writes can be synced and asked, shows what it said, and doctor finds nothing wrong', async () => {
  const cwd = await aFolder();
  await mkdir(join(cwd, 'notes', 'mine'), { recursive: true });
  await writeFile(join(cwd, 'notes', 'party.md'), 'The garden party is on the fifth of June.\n');
  await writeFile(join(cwd, 'notes', 'mine', 'present.md'), 'A present for the party.\n');
  await writeFile(join(cwd, 'notes', '.acl.yaml'), 'allow: [everyone]\ndeny: []\n');
  await writeFile(join(cwd, 'notes', 'mine', '.acl.yaml'), 'allow: [person:ada@acme.test]\ndeny: []\n');
  const run = (...argv: readonly string[]) => castellan(argv, { cwd, env: { TMPDIR: cwd } });

  const { code, stdout } = await run('init', '--me', 'ada@acme.test');
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "./notes   a folder of files
      2 documents can be read   (found 2 .md)
      1 account   0 groups   2 control files

    Who could see how many of the 2 documents:
      ada@acme.test               2
      anybody else at acme.test   1
      nobody                      0

    Wrote people.yaml and castellan.yaml. Look it over, then:
      castellan sync
      castellan search present --as ada@acme.test
    "
  `);
  expect((await readdir(cwd)).toSorted()).toEqual(['castellan.yaml', 'notes', 'people.yaml']);

  await appendFile(join(cwd, 'castellan.yaml'), 'embedding: { provider: none }\n'); // vectors are another test's
  expect((await run('sync')).code).toBe(0);
  expect((await run('search', 'party', '--as', 'ada@acme.test')).stdout).toContain('2. ');
  expect((await run('search', 'party', '--as', 'bob@acme.test')).stdout).not.toContain('2. ');
  const looked = await run('doctor');
  expect([looked.code, looked.stdout]).toEqual([0, expect.stringContaining('ok  notes')]);
});
