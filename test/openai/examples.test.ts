import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { aChatEndpoint } from '../support/a-chat-endpoint.ts';
import { environment } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { aResponsesEndpoint, KEY } from '../support/a-responses-endpoint.ts';
import { type ARunningPlace, aRunningPlace } from '../support/a-running-place.ts';
import { ADA, BOB } from '../support/a-served-place.ts';
import { ROOT } from '../support/source-tree.ts';

let place: ARunningPlace;
beforeAll(async () => {
  place = await aRunningPlace();
});
afterAll(() => place.remove());

/** Runs an example as it stands, but for the address of its server. */
const run = async (example: string, who: string, question: string, baseUrl: string): Promise<{ code: unknown; said: string }> => {
  const folder = await aFolder();
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const program = await readFile(join(ROOT, 'docs', 'examples', example), 'utf8');
  await writeFile(join(folder, example), program.replace('https://castellan.acme.test/mcp', place.url));
  const before = join(import.meta.dirname, '../support/from-this-tree-process.ts');
  const child = spawn(process.execPath, ['--import', before, join(folder, example), question], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment(),
      CASTELLAN_TOKEN: await place.token(who),
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: baseUrl,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
};

describe('the example runs, and answers each person from what is theirs:', () => {
  test.each([
    ['mount-tool.ts', aResponsesEndpoint, /It is said: “We move in spring\.” \[wiki:plan\]/u],
    ['ask-with-responses.ts', aResponsesEndpoint, / \[1\]\n\[1\] Plan \S*plan/u],
    ['ask-with-chat.ts', aChatEndpoint, / \[1\]\n\[1\] Plan \S*plan/u],
  ])('%s', async (example, endpoint, says) => {
    const { baseUrl } = await endpoint();
    const [ada, bob] = await Promise.all([
      run(example, ADA, 'When do we move?', baseUrl),
      run(example, BOB, 'When is the party?', baseUrl),
    ]);
    expect([ada.code, bob.code]).toEqual([0, 0]);
    expect(ada.said).toContain('It is said: “We move in spring.”');
    expect(ada.said).toMatch(says);
    expect(bob.said).toContain('It is said: “The party is in spring.”');
  });
});
