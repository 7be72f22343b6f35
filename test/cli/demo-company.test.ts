import { chmod, cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { copyCompany } from '../../src/cli/demo-company.ts';
import { aFolder } from '../support/a-folder.ts';
import { COMPANY } from '../support/company.ts';

test('of a company that may not be changed, the copy may be', async () => {
  const folder = await aFolder();
  const company = join(folder, 'company');
  await cp(COMPANY, company, { recursive: true });
  for (const name of ['people.yaml', 'handbook/.acl.yaml']) await chmod(join(company, name), 0o444);
  await chmod(join(company, 'handbook'), 0o555);

  const copy = await copyCompany(company, folder);

  const modes = ['people.yaml', 'handbook/.acl.yaml', 'handbook'].map(
    async (name) => (await stat(join(copy.folder, name))).mode & 0o777,
  );
  expect(await Promise.all(modes)).toEqual([0o600, 0o600, 0o700]);
  await copy.remove();
  expect(await readdir(folder)).toEqual(['company']);
  await chmod(join(company, 'handbook'), 0o755);
});

test('without a folder for temporary files it is said what to set', async () => {
  const folder = await aFolder();
  await expect(copyCompany(COMPANY, join(folder, 'not-here'))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/cannot write to .*not-here\. Set TMPDIR\.$/u),
  });
});
