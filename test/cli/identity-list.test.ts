import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { aFolder } from '../support/a-folder.ts';
import { inProcess } from '../support/a-program.ts';
import { aWorkbench, CONFIG, NOW, WHY } from '../support/a-workbench.ts';
import { anAccount } from '../support/builders.ts';

describe('the list', () => {
  test('says who is linked and why, and what waits for a person to decide', async () => {
    const { run, store } = await aWorkbench();
    await run('link', 'bob@acme.test', 'wiki', 'bob', ...WHY);
    await store.identify({ issuer: 'https://login.acme.test', subject: '17', email: 'ada@acme.test' }, NOW);
    const { code, stdout, stderr } = await run('list');
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "wiki   5 active accounts: 1 linked, 2 unmatched, 2 ambiguous, 0 conflicting
        linked       bob      local|bob@acme.test   since 2026-05-01T12:00:00.000Z   by os:tester: she told me
        unmatched    eve   Eve �[31m   eve@other.test   has no e-mail in a domain of the organisation
        unmatched    nil                                has no e-mail
        ambiguous    ada    Ada Lovelace   ada@acme.test   its e-mail is carried by ada2 too
        ambiguous    ada2                  ada@acme.test   its e-mail is carried by ada too
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "files was never read. Run: castellan sync files --config /place/castellan.yaml --data /place/data
      To decide: castellan identity link <who> <source> <account> --reason <text> --config /place/castellan.yaml --data /place/data
      "
    `);
  });

  test('keeps to one source, one kind and one person', async () => {
    const { run } = await aWorkbench();
    expect((await run('list', 'wiki', '--ambiguous')).stdout).toMatchInlineSnapshot(`
      "wiki   5 active accounts: 0 linked, 3 unmatched, 2 ambiguous, 0 conflicting
        ambiguous    ada    Ada Lovelace   ada@acme.test   its e-mail is carried by ada2 too
        ambiguous    ada2                  ada@acme.test   its e-mail is carried by ada too
      "
    `);
    expect((await run('list', 'wiki', '--who', 'bob@acme.test')).stdout).toMatchInlineSnapshot(`
      "Nobody has come by this name yet.
      wiki   5 active accounts: 0 linked, 3 unmatched, 2 ambiguous, 0 conflicting
        unmatched    bob      bob@acme.test   its person has not asked yet, and is linked when they do
      "
    `);
    expect((await run('list', 'wiki', '--unmatched', '--limit', '1')).stdout).toMatchInlineSnapshot(`
      "wiki   5 active accounts: 0 linked, 3 unmatched, 2 ambiguous, 0 conflicting
        unmatched    bob      bob@acme.test   its person has not asked yet, and is linked when they do
        unmatched    and 2 more: --limit <number>
      "
    `);
  });

  test('as JSON has a stable shape', async () => {
    const { run } = await aWorkbench([anAccount(), anAccount({ id: 'ada2', emails: ['ada@acme.test'] })]);
    await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY);
    const { stdout, stderr } = await run('list', '--json');
    expect([JSON.parse(stdout), stderr]).toEqual([
      {
        identities: { total: 1, listed: [{ who: 'local|ada@acme.test', email: 'ada@acme.test', last_seen: null }] },
        sources: [
          {
            source: 'wiki',
            running: false,
            accounts: {
              active: 2,
              linked: 1,
              linkable: 0,
              without_email: 0,
              foreign: 0,
              refused: 0,
              shared: 0,
              second: 1,
              two_people: 0,
              claimed: 0,
            },
            links: {
              total: 1,
              listed: [
                {
                  account: 'ada',
                  name: null,
                  who: 'local|ada@acme.test',
                  email: 'ada@acme.test',
                  method: 'manual',
                  evidence: { reason: 'she told me', operator: 'os:tester', emails: ['ada@acme.test'] },
                  since: '2026-05-01T12:00:00.000Z',
                },
              ],
            },
            unmatched: { total: 0, listed: [] },
            ambiguous: { total: 0, listed: [] },
            conflicting: {
              total: 1,
              listed: [{ account: 'ada2', name: null, emails: ['ada@acme.test'], why: 'second', accounts: ['ada'], people: [] }],
            },
          },
        ],
      },
      '',
    ]);
    expect(Object.keys(JSON.parse((await run('list', '--json', '--conflicting')).stdout).sources[0])).toEqual([
      'source',
      'running',
      'accounts',
      'conflicting',
    ]);
  });

  test('says that a source is being read', async () => {
    const { run, store } = await aWorkbench([anAccount()]);
    await store.open('wiki', 'jsonl', NOW);
    expect((await run('list', 'wiki')).stderr).toMatch(
      /^wiki: being read now, or the run was killed\. Nobody is linked by e-mail/u,
    );
  });

  test.each<[string, string[], number, RegExp]>([
    ['for nobody', ['list', '--who', 'ada'], 2, /names nobody/u],
    [
      'of a source that is not configured',
      ['list', 'old'],
      2,
      /There is no source "old" in the configuration\. There are: wiki, files/u,
    ],
    ['of no row', ['list', '--limit', '0'], 2, /whole number from 1 to 1000/u],
    ['of too many rows', ['list', '--limit', '1001'], 2, /whole number from 1 to 1000/u],
    ['of two kinds', ['list', '--ambiguous', '--conflicting'], 2, /cannot be used with/u],
  ])('%s is refused', async (_, argv, code, sentence) => {
    const { run } = await aWorkbench();
    expect(await run(...argv)).toEqual({ code, stdout: '', stderr: expect.stringMatching(sentence) });
  });

  test('makes no index where there is none', async () => {
    const folder = await aFolder();
    await writeFile(join(folder, 'castellan.yaml'), CONFIG);
    const where = ['--config', join(folder, 'castellan.yaml'), '--data', join(folder, 'data')];
    const { code, stderr } = await inProcess(['identity', 'list', ...where], { temporary: folder });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^There is no index .* yet\. Make it with: castellan sync\n$/u)]);
  });
});
