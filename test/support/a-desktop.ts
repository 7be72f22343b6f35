import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { aFolder } from './a-folder.ts';
import { inProcess } from './a-program.ts';

/** A folder with these files, and the command run beside it. */
export const aDesktop = async (files: Readonly<Record<string, string | Uint8Array>>) => {
  const folder = await aFolder();
  const temporary = await aFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const config = join(folder, 'castellan.yaml');
  const place = ['--config', config, '--data', join(folder, '.castellan')];
  return {
    folder,
    config,
    temporary,
    init: async (argv: readonly string[], signal?: AbortSignal) => {
      const argued = ['init', ...argv.map((word) => word.replace(/^\.\//u, `${folder}/`)), ...place];
      const ended = await inProcess(argued, { temporary, ...(signal ? { signal } : {}) });
      return {
        code: ended.code,
        stdout: ended.stdout.replaceAll(folder, '/place'),
        stderr: ended.stderr.replaceAll(folder, '/place'),
      };
    },
  };
};

/** Two documents, of which nothing is said. */
export const NOTES = { 'notes/party.md': 'The garden party.', 'notes/hr/pay.md': 'Everybody gets a raise.' };
/** Two members and a guest. */
export const PEOPLE = `accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: bob, emails: [bob@acme.test] }
  - { id: gus, emails: [gus@partner.test], kind: guest }
groups: { hr: [user:ada] }
`;
