import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { aDesktop, NOTES, PEOPLE } from '../support/a-desktop.ts';
import { inProcess } from '../support/a-program.ts';

const both = { ...NOTES, 'people.yaml': PEOPLE };
test.each<[string, Readonly<Record<string, string | Uint8Array>>, readonly string[], string]>([
  ['a path that is not there', {}, ['./gone'], 'There is no /place/gone. Name a folder or a .jsonl file: castellan init <path>'],
  ['nothing here', {}, [], 'There is no folder and no .jsonl file in /place. Name what to read: castellan init <path>'],
  [
    'several things here',
    { 'a/x.md': '', 'b.jsonl': '' },
    [],
    'There is more than one thing to read here. Name one: castellan init ',
  ],
  ['another file', { 'a.txt': '' }, ['./a.txt'], 'is neither a folder nor a file of JSON lines. Name one that ends in .jsonl.'],
  ['an empty folder', { ...both, 'empty/.keep': '' }, ['./empty'], '/place/empty holds no document. Put something there,'],
  ['an empty file', { 'a.jsonl': '' }, ['./a.jsonl'], '/place/a.jsonl holds no document.'],
  ['lines of something else', { 'a.jsonl': 'id,name\n1,x\n' }, ['./a.jsonl'], 'can be read: line 1 is not JSON'],
  ['lines that are not UTF-8', { 'a.jsonl': new Uint8Array([0xff, 0x0a]) }, ['./a.jsonl'], 'can be read: line 1 is not UTF-8'],
  [
    'only what is not read yet',
    { 'people.yaml': PEOPLE, 'a/x.pdf': '%' },
    ['./a'],
    'though it holds 1: x.pdf: Documents of this kind',
  ],
  ['the folder of the configuration', both, ['./'], 'would lie inside the folder it is about'],
  [
    'a domain that is none',
    both,
    ['./notes', '--domain', 'a b'],
    '"a b" is no domain. Give what stands after the @: --domain acme.test',
  ],
  [
    'no domain',
    { ...NOTES, 'people.yaml': 'accounts: [{ id: a, emails: [a@gmail.com] }]' },
    ['./notes'],
    'Name it: --domain acme.test',
  ],
  [
    'two domains that are as common',
    { ...NOTES, 'people.yaml': 'accounts: [{ id: a, emails: [a@zoo.test] }, { id: b, emails: [b@acme.test] }]' },
    ['./notes'],
    'As many e-mails are of one domain as of another. Name yours: --domain acme.test or --domain zoo.test',
  ],
  [
    'lines without what they must say',
    { 'a.jsonl': '{"type":"account","id":"a"}\n' },
    ['./a.jsonl'],
    'is missing. See docs/connectors.md',
  ],
  ['a source name that is none', both, ['./notes', '--source', 'My Notes'], 'it is made of a-z, 0-9 and -.'],
  ['an e-mail that is none', NOTES, ['./notes', '--me', 'ada'], '"ada" is no e-mail. Give yours: --me ada@acme.test'],
  ['me, where there are people', both, ['./notes', '--me', 'ada@acme.test'], 'people.yaml is there already, and would be used.'],
  ['people that are not there', NOTES, ['./notes', '--people', './them.yaml'], 'There is no people file /place/them.yaml.'],
  ['people inside the folder', both, ['./notes', '--people', './notes/party.md'], 'is inside the folder it decides about.'],
  ['a principal that is none', both, ['./notes', '--default-acl', 'all'], 'default_acl.0: expected user:<id>'],
  ['people for a file of lines', { 'a.jsonl': '' }, ['./a.jsonl', '--people', './x'], '--people is for folders'],
  [
    'a name with a variable in it',
    { ...both, '${HOME}/x.md': '' },
    ['./${HOME}'],
    'which a configuration reads as a variable. Rename it.',
  ],
])('%s is refused in one sentence, and nothing is written', async (_, files, argv, why) => {
  const { init, config, temporary } = await aDesktop(files);
  const { code, stdout, stderr } = await init(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(why);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect([existsSync(config) && !('castellan.yaml' in files), await readdir(temporary)]).toEqual([false, []]);
});

test('a data folder that would be read is refused, and a hidden one is not read', async () => {
  const { folder, temporary } = await aDesktop(both);
  const notes = join(folder, 'notes');
  const run = (data: string) =>
    inProcess(['init', notes, '--json', '--config', join(folder, 'castellan.yaml'), '--data', join(notes, data)], { temporary });
  const { code, stderr } = await run('data');
  expect([
    code,
    z.looseObject({ error: z.looseObject({ message: z.string() }) }).parse(JSON.parse(stderr)).error.message,
  ]).toEqual([2, `The data folder ${notes}/data lies inside ${notes} and would be read. Name one outside: --data <folder>`]);
  expect((await run('.castellan')).code).toBe(0);
});
