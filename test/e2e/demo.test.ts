import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { castellan, environment } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { readExpected } from '../support/company.ts';
import { ROOT } from '../support/source-tree.ts';

const { demo } = readExpected();

/** For a fresh index and three syncs. */
const DEMO_MS = 60_000;

const shown = z.strictObject({
  holds: z.boolean(),
  acts: z.array(z.strictObject({ title: z.string(), claims: z.array(z.strictObject({ text: z.string(), holds: z.boolean() })) })),
  attach: z.strictObject({
    mcpServers: z.strictObject({ castellan: z.strictObject({ command: z.string(), args: z.array(z.string()) }) }),
  }),
});

test('the demo claims what its answers show, and cleans up', { timeout: DEMO_MS }, async () => {
  const temporary = await aFolder();
  const { code, stdout } = await castellan(['demo'], { cwd: temporary, env: { TMPDIR: temporary } });
  expect(code).toBe(0);
  expect(stdout).not.toContain('✗');
  for (const id of [demo.forbidden.id, demo.missing, ...Object.values(demo.people)]) expect(stdout).toContain(id);
  for (const who of Object.keys(demo.people)) expect(stdout).toContain(`${who} is answered from`);
  expect(stdout).toMatch(/✓ The two answers are the same, byte for byte\n/u);
  expect(stdout).toMatch(/All 17 claims above were computed from real answers, and hold\./u);
  expect(JSON.parse(stdout.slice(stdout.indexOf('\n{\n')))).toHaveProperty('mcpServers.castellan.command', process.execPath);
  expect(readdirSync(temporary).filter((name) => name.startsWith('castellan-demo-'))).toEqual([]);
});

test('with --keep its folder stays, and the block it gives starts a server there', { timeout: DEMO_MS }, async () => {
  const temporary = await aFolder();
  const { code, stdout } = await castellan(['demo', '--keep', '--json'], { env: { TMPDIR: temporary } });
  const { holds, acts, attach } = shown.parse(JSON.parse(stdout));
  expect([code, holds, acts.length]).toEqual([0, true, 8]);
  const { args } = attach.mcpServers.castellan;
  const data = args[args.indexOf('--data') + 1] ?? '';
  expect(data.startsWith(temporary)).toBe(true);
  expect(existsSync(join(data, 'index.db'))).toBe(true);
  const [, , , who = ''] = args.slice(args.indexOf('serve'));
  const asked = await castellan(['search', demo.question, '--as', who, ...args.slice(args.indexOf('--config')), '--json']);
  expect([asked.code, asked.stderr]).toEqual([0, '']);
});

test('a demo in which one claim is untrue says which, and ends with 1', { timeout: DEMO_MS }, async () => {
  const copy = await aCopyOfThePackage();
  const script = join(copy, 'fixtures', 'company', 'expected.yaml');
  const wrong = demo.people['carol@acme.test'] ?? '';
  const text = await readFile(script, 'utf8');
  const at = text.indexOf(wrong, text.indexOf('\ndemo:'));
  await writeFile(script, `${text.slice(0, at)}handbook:welcome.md${text.slice(at + wrong.length)}`);
  const { status, stdout } = spawnSync(process.execPath, [join(copy, 'src', 'launcher.js'), 'demo'], {
    encoding: 'utf8',
    env: { ...environment(), TMPDIR: copy },
  });
  expect(stdout).toContain(`✗ untrue: carol@acme.test is answered from ${wrong}\n`);
  expect(stdout).toMatch(/\d of 17 claims above did not hold\./u);
  expect(status).toBe(1);
});

/** The package as another folder has it, with the same dependencies. */
const aCopyOfThePackage = async (): Promise<string> => {
  const folder = await aFolder();
  for (const name of ['src', 'connectors', 'fixtures', 'package.json'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};
