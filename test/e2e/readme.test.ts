import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { environment, LAUNCHER } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { ROOT } from '../support/source-tree.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The blocks of a language under a heading. */
const blocks = (heading: string, language: string): string[] => {
  const section = readme.split(/^## /mu).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^```(?<kind>\w+)\n(?<text>[^]*?)^```$/gmu)].flatMap(({ groups }) =>
    groups?.['kind'] === language ? [groups['text'] ?? ''] : [],
  );
};

/** A shell in which `npx castellan` is the program under test. */
const shell = (script: string, cwd: string) =>
  spawnSync('sh', ['-eu', '-c', `npx() { shift; ${quoted(process.execPath)} ${quoted(LAUNCHER)} "$@"; }\n${script}`], {
    cwd,
    encoding: 'utf8',
    env: environment(),
  });

/** For three processes that each load the model. */
const SHELL_MS = 60_000;

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

test('your own data takes ten lines, and is found by whom it is for alone', { timeout: SHELL_MS }, async () => {
  const [script = ''] = blocks('Your own data', 'sh');
  expect(script.trim().split('\n').length).toBeLessThanOrEqual(10);
  const folder = await aFolder();
  const { status, stdout } = shell(script, folder);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^notes +1 read +1 changed +0 deleted +0 problems +[\d.]+ s +complete$/mu);
  expect(stdout).toContain('The garden party is on the fifth of June.');
  const again = shell(script.trim().split('\n').at(-1)?.replace('me@example.org', 'you@example.org') ?? '', folder);
  expect([again.status, again.stdout, again.stderr]).toEqual([0, '', 'Nothing that you@example.org may see answers this.\n']);
});

describe('the commands that are named', () => {
  test('are scripts of the package', async () => {
    const { scripts } = z
      .looseObject({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
    const named = [...readme.matchAll(/npm (?:run (?<script>[\w:]+)|(?<test>test))/gu)].map(
      ({ groups }) => groups?.['script'] ?? 'test',
    );
    expect(named).toEqual(expect.arrayContaining(['demo', 'test', 'check']));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('attach a client by a block that is whole', () => {
    const [block = ''] = blocks('Attach an MCP client', 'json');
    const { args } = z
      .strictObject({
        mcpServers: z.strictObject({ castellan: z.strictObject({ command: z.literal('node'), args: z.array(z.string()) }) }),
      })
      .parse(JSON.parse(block)).mcpServers.castellan;
    expect(args.slice(1, 4)).toEqual(['serve', '--stdio', '--as']);
  });
});
