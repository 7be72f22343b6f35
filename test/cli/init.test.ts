import { existsSync } from 'node:fs';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { aDesktop, NOTES, PEOPLE } from '../support/a-desktop.ts';
import { accountLine, whole } from '../support/a-place.ts';
import { type JsonLine, jsonLines } from '../support/json-lines.ts';

const acl = (...allow: string[]): { terms: unknown[] } => ({ terms: [{ allow, deny: [], from: 'test' }] });
const doc = (key: string, given: JsonLine): JsonLine => ({
  type: 'document',
  key,
  title: `About ${key}`,
  updated_at: '2026-01-02T03:04:05Z',
  text: key,
  ...given,
});

describe('a folder', () => {
  test('that does not say who may see it is seen by nobody, and both remedies are told', async () => {
    const { init } = await aDesktop({ ...NOTES, 'people.yaml': PEOPLE, 'notes/x.pdf': '%PDF', 'notes/.hidden': '' });
    const { code, stdout } = await init(['./notes']);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "/place/notes   a folder of files
        2 documents can be read   (found 2 .md and 1 .pdf)
        3 accounts   1 group   0 control files
        passed over: 1 hidden
        problem  x.pdf  Documents of this kind are not read yet (application/pdf).

      Who could see how many of the 2 documents:
        ada@acme.test               0
        bob@acme.test               0
        gus@partner.test            0
        anybody else at acme.test   0
        nobody                      2

      2 documents: the folder does not say who may see it
        → write /place/notes/.acl.yaml with the two lines   allow: [person:ada@acme.test]   and   deny: []
        → or open it to everybody of the organisation: take the # from default_acl: [everyone] in the configuration
      1 account with e-mails of other domains only: gus
        → if that domain is yours, add it to organisation.domains; else nothing is linked to it

      Wrote /place/castellan.yaml. Look it over, then:
        castellan sync --config /place/castellan.yaml --data /place/.castellan
        castellan search pay --as ada@acme.test --config /place/castellan.yaml --data /place/.castellan
      "
    `);
  });

  test('is counted for each person as its control files say', async () => {
    const { init, config } = await aDesktop({
      ...NOTES,
      'people.yaml': PEOPLE,
      'notes/.acl.yaml': 'allow: [everyone, user:gus]\ndeny: []\n',
      'notes/hr/.acl.yaml': 'allow: [group:hr]\ndeny: []\n',
    });
    const { code, stdout } = await init(['./notes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      connector: 'files',
      source: 'notes',
      domains: ['acme.test'],
      documents: 2,
      control_files: 2,
      stopped: null,
      people: [
        { email: 'ada@acme.test', documents: 2 },
        { email: 'bob@acme.test', documents: 1 },
        { email: 'gus@partner.test', documents: 0 },
      ],
      anybody_else: [{ domain: 'acme.test', documents: 1 }],
      nobody: 0,
    });
    expect(await readFile(config, 'utf8')).toMatchInlineSnapshot(`
      "# What Castellan reads, and for whom. Paths start at this file. Every setting: docs/configuration.md
      organisation:
        name: Acme
        domains: [acme.test] # whoever has a verified e-mail here is of the organisation: \`everyone\`
      sources:
        notes:
          connector: files
          root: ./notes
          people: ./people.yaml # accounts and groups; whoever may write it decides who reads, so it lies outside root
          # default_acl: [everyone] # whom root lets in while it has no .acl.yaml of its own
      "
    `);
  });

  test('without people gets a people file that begins with whoever asks for it', async () => {
    const { init, folder } = await aDesktop(NOTES);
    expect((await init(['./notes'])).stderr).toBe(
      'Nobody is known yet: there is no /place/people.yaml. Begin one with yourself: castellan init /place/notes --me you@acme.test\n',
    );
    const { code, stdout } = await init(['./notes', '--me', ' Ada@Acme.test ', '--default-acl', 'everyone', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ people: [{ email: 'ada@acme.test', documents: 2 }], nobody: 0 });
    expect(await readFile(join(folder, 'people.yaml'), 'utf8')).toContain('- { id: ada, emails: [ada@acme.test] }');
  });

  test('is the only thing here, and need not be named', async () => {
    const { init } = await aDesktop({ ...NOTES, 'people.yaml': PEOPLE });
    expect((await init([])).code).toBe(0);
  });

  test('passes over what a link leads to', async () => {
    const { init, folder } = await aDesktop({ ...NOTES, 'people.yaml': PEOPLE, 'secret.md': 'secret' });
    await symlink(join(folder, 'secret.md'), join(folder, 'notes/secret.md'));
    expect(JSON.parse((await init(['./notes', '--json'])).stdout)).toMatchObject({ documents: 2, passed_over: { links: 1 } });
  });
});

test('a file of lines is told with its bad lines, and with all that shuts its documents', async () => {
  const { init } = await aDesktop({
    'tickets.jsonl': `${jsonLines(
      whole([
        accountLine('ada'),
        accountLine('bob', { emails: [] }),
        accountLine('eve', { emails: ['eve@other.test'] }),
        accountLine('may'),
        accountLine('may2', { emails: ['may@acme.test'] }),
        doc('a', { acl: acl('user:ada') }),
        doc('b', { acl: acl('group:eng') }),
        doc('c', { acl: acl('org:sales') }),
        doc('d', { acl: acl('audience:gone') }),
        doc('e', { acl: { unknown: 'the export does not say' } }),
        doc('f', { acl: acl('user:bob') }),
        doc('g', { acl: acl('everyone') }),
      ]),
    )}{"type":"document","key":"h"}\nnonsense\n`,
  });
  const { code, stdout } = await init(['./tickets.jsonl', '--name', 'Acme Ltd', '--source', 'helpdesk']);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "/place/tickets.jsonl   a file of JSON lines
      7 documents can be read   (found 7 document)
      5 accounts   0 groups   0 containers
      problem  h  line 15: title: is missing
      problem  line 16 is not JSON

    Who could see how many of the 7 documents:
      ada@acme.test               2
      may@acme.test               1
      eve@other.test              0
      anybody else at acme.test   1
      nobody                      5

    1 document: permissions are unknown (the export does not say)
      → give each an acl with terms
    1 document: nobody says who is in group:eng
      → add the line {"type":"members","group":"eng","members":["user:…"]}
    1 document: only for org:sales, and there is no directory
      → name a group of this source instead: group:<id>
    1 document: in gone, which is not there
      → add the line {"type":"container","key":"gone","title":…,"acl":…}
    1 document: only for people who cannot be told, or for nobody
      → allow somebody who has an e-mail
    1 account without an e-mail: bob
      → give it emails: nobody can sign in as it
    1 account with e-mails of other domains only: eve
      → if that domain is yours, add it to organisation.domains; else nothing is linked to it
    2 active accounts whose e-mail another one carries: may and others
      → take the e-mail from all but one: two accounts are two people until then
    lines that could not be understood shut what they name
      → mend them: docs/connectors.md

    Wrote /place/castellan.yaml. Look it over, then:
      castellan sync --config /place/castellan.yaml --data /place/.castellan
      castellan search 'About a' --as ada@acme.test --config /place/castellan.yaml --data /place/.castellan
    "
  `);
});

describe('it writes', () => {
  test('nothing where it is only asked to look', async () => {
    const { init, folder, temporary } = await aDesktop(NOTES);
    const { code, stdout } = await init(['./notes', '--me', 'ada@acme.test', '--dry-run']);
    expect([code, await readdir(folder), await readdir(temporary)]).toEqual([0, ['notes'], []]);
    expect(stdout).toContain('Nothing was written. The configuration would be:\n  # What Castellan reads');
  });

  test('nothing, and leaves nothing behind, where it is interrupted', async () => {
    const { init, folder, temporary } = await aDesktop({ ...NOTES, 'people.yaml': PEOPLE });
    expect((await init(['./notes'], AbortSignal.abort())).code).toBe(130);
    expect([await readdir(folder), await readdir(temporary)]).toEqual([['notes', 'people.yaml'], []]);
  });

  test('over nothing that is there, and takes the people back when the configuration cannot be written', async () => {
    const { init, config } = await aDesktop({ ...NOTES, 'castellan.yaml': 'mine' });
    const { code, stderr } = await init(['./notes', '--me', 'ada@acme.test']);
    expect([code, stderr]).toEqual([
      2,
      '/place/castellan.yaml is there already and was left as it is. Move it away, or name another: --config <file>\n',
    ]);
    expect([await readFile(config, 'utf8'), existsSync(join(dirname(config), 'people.yaml'))]).toEqual(['mine', false]);
  });

  test('names that a configuration would read as something else in quotes', async () => {
    const { init, config } = await aDesktop({ 'a: #b/x.md': 'x', 'people.yaml': PEOPLE });
    expect((await init(['./a: #b', '--source', 'true', '--name', '"'])).code).toBe(0);
    expect(await readFile(config, 'utf8')).toMatch(/name: "\\""[^]*"true":[^]*root: "\.\/a: #b"/u);
  });
});
