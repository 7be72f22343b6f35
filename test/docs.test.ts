import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';

import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { connectors } from '../connectors/index.ts';
import type { Parts } from '../src/cli/parts.ts';
import { buildProgram } from '../src/cli/program.ts';
import { createTerminal } from '../src/cli/terminal.ts';
import { commonSettings, fileSchema } from '../src/config/schema.ts';
import { ERRORS } from '../src/core/errors.ts';
import { explainAccessTool } from '../src/tools/explain-access.ts';
import { fetchTool } from '../src/tools/fetch.ts';
import { listSourcesTool } from '../src/tools/list-sources.ts';
import { searchTool } from '../src/tools/search.ts';
import { aStream } from './support/a-stream.ts';
import { ROOT } from './support/source-tree.ts';

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));

/** Names are documented as code; a word of a sentence does not count. */
const code = pages.flatMap(({ text }) => [...text.matchAll(/`{3}[^]*?`{3}|`[^`\n]+`/gu)].map(([quoted]) => quoted));

const isDocumented = (name: string): boolean => {
  const whole = new RegExp(`(?<![\\w-])${name.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')}(?![\\w-])`, 'u');
  return code.some((quoted) => whole.test(quoted));
};

const undocumented = (names: readonly string[]): readonly string[] => names.filter((name) => !isDocumented(name));

const never = (): never => {
  throw new Error('a command was run');
};
const parts: Parts = {
  version: '0',
  now: () => 0,
  stdin: Readable.from([]),
  program: ['castellan'],
  company: '',
  temporary: '',
  examples: '',
  home: '',
  endpoint: async () => never(),
  openIndex: async () => never(),
  openDesk: async () => never(),
  openHttp: async () => never(),
  openTrail: async () => never(),
  issueToken: async () => never(),
  openPatient: () => never(),
  openPeople: async () => never(),
  openExaminer: async () => never(),
  openConnecting: async () => never(),
  openAsking: async () => never(),
  openPreview: async () => never(),
};
const program = buildProgram({
  parts,
  terminal: createTerminal({ stdout: aStream(), stderr: aStream(), colour: false }),
  signal: new AbortController().signal,
  fail: never,
  settle: never,
});

/** The command and all below it. */
const tree = (command: Command): Command[] => [command, ...command.commands.flatMap(tree)];
const nameOf = (command: Command): string => (command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name());
const commands = tree(program);

/** Every key of a schema, at any depth. Names that somebody chooses, such as those of sources, are none. */
const keysOf = (schema: z.ZodType): string[] => {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && typeof node.properties === 'object')
      for (const key of Object.keys(node.properties ?? {})) found.add(key);
    for (const value of Object.values(node)) walk(value);
  };
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  return [...found];
};

describe('the documentation names', () => {
  test('every command', () => {
    const names = commands.map(nameOf);
    expect(names).toEqual(expect.arrayContaining(['castellan sync', 'castellan audit verify']));
    expect(undocumented(names)).toEqual([]);
  });

  test('every option of every command, in that command’s own section', () => {
    const page = pages.find(({ path }) => path === 'docs/cli.md')?.text ?? '';
    const missing = commands
      .filter((command) => command.commands.length === 0)
      .flatMap((command) => {
        const section = page.split(/^## /mu).find((part) => part.startsWith(`\`${nameOf(command)}`)) ?? '';
        return command.options
          .filter(({ flags }) => !section.includes(`\`${flags}\``))
          .map(({ flags }) => `${nameOf(command)} ${flags}`);
      });
    expect(missing).toEqual([]);
    expect(undocumented([...program.options.map(({ flags }) => flags), '--help'])).toEqual([]);
  });

  test.each([searchTool, fetchTool, listSourcesTool, explainAccessTool])(
    'the tool $name, all it takes and all it gives',
    ({ name, input, output }) => {
      expect(undocumented([name, ...keysOf(input), ...keysOf(output)])).toEqual([]);
    },
  );

  test('every error code', () => {
    expect(undocumented(Object.keys(ERRORS))).toEqual([]);
  });

  test('every key of the configuration', () => {
    const keys = [...keysOf(fileSchema), ...keysOf(commonSettings)];
    expect(keys).toEqual(expect.arrayContaining(['organisation', 'max_delete_ratio', 'on_breach']));
    expect(undocumented(keys)).toEqual([]);
  });

  test.each(connectors)('the connector $name and all its settings', ({ name, settings }) => {
    const keys = keysOf(settings);
    expect(keys.length).toBeGreaterThan(0);
    expect(undocumented([name, ...keys])).toEqual([]);
  });

  test('nothing merely because the word stands in a sentence', () => {
    expect(undocumented(['unheard_of', 'simpler', 'stdi'])).toEqual(['unheard_of', 'simpler', 'stdi']);
  });
});

describe('every command', () => {
  test.each(commands.map((command) => [nameOf(command), command] as const))('%s says what it does', (_, command) => {
    expect(command.description().length).toBeGreaterThan(30);
  });

  test.each(commands.filter(({ commands: below }) => below.length === 0).map((command) => [nameOf(command), command] as const))(
    '%s shows an example that runs that command',
    (name, command) => {
      const { stdout } = { stdout: aStream() };
      command.configureOutput({ writeOut: (text) => void stdout.write(text) }).outputHelp();
      expect(stdout.written()).toContain(`Example:\n  ${name}`);
    },
  );
});

test('every link leads to a page and a heading that are there', () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?<to>[^)\s]+)\)/gu)].map(({ groups }) => ({ path, to: groups?.['to'] ?? '' })),
  );
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((link) => !leads(link))).toEqual([]);
});

const leads = ({ path, to }: { path: string; to: string }): boolean => {
  if (to.startsWith('http')) return true;
  const [page = '', heading] = to.split('#');
  const file = join(ROOT, page === '' ? path : join(dirname(path), page));
  return existsSync(file) && (heading === undefined || headingsOf(readFileSync(file, 'utf8')).includes(heading));
};

/** Headings as they are linked to: lower case, without marks, blanks as hyphens. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (?<title>.+)$/gmu)].map(({ groups }) =>
    (groups?.['title'] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
