import { writeFile } from 'node:fs/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import { openPeople } from '../../src/open-people.ts';
import { aMachine } from '../support/a-machine.ts';
import { aWorkbench, CONFIG, NOW, TWINS, WHY } from '../support/a-workbench.ts';

describe('a decision', () => {
  test('to link says who is linked, and is in the audit with both names', async () => {
    const { run, audited } = await aWorkbench();
    expect(await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY)).toEqual({
      code: 0,
      stdout: 'ada of wiki is linked to local|ada@acme.test.\n',
      stderr: '',
    });
    expect(await audited()).toMatchObject([
      {
        who: 'local|ada@acme.test',
        actor: 'os:tester',
        client: 'cli',
        tool: 'identity link',
        arguments: { source: 'wiki', account: 'ada', reason: 'she told me', linked: ['local|ada@acme.test'] },
        outcome: 'answered',
      },
    ]);
  });

  test('to take an account names in the audit whom it is taken from', async () => {
    const { run, audited } = await aWorkbench();
    await run('link', 'ada@acme.test', 'wiki', 'nil', ...WHY);
    const refused = await run('link', 'bob@acme.test', 'wiki', 'nil', ...WHY);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--and-unlink')]);
    const { stdout } = await run('link', 'bob@acme.test', 'wiki', 'nil', '--and-unlink', ...WHY);
    expect(stdout).toBe('nil of wiki is linked to local|bob@acme.test.\nIt is no longer linked to local|ada@acme.test.\n');
    expect(await audited()).toMatchObject([
      { arguments: { linked: ['local|bob@acme.test'], unlinked: ['local|ada@acme.test'] } },
      { arguments: { linked: ['local|ada@acme.test'] } },
    ]);
  });

  test('to unlink says who is no longer, or was not, and is in the audit', async () => {
    const { run, audited } = await aWorkbench();
    await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY);
    expect((await run('unlink', 'ada@acme.test', 'wiki', 'ada', ...WHY)).stdout).toBe(
      'ada of wiki is no longer linked to local|ada@acme.test. No e-mail links them again.\n',
    );
    expect(JSON.parse((await run('unlink', 'ada@acme.test', 'wiki', 'ada2', '--json', ...WHY)).stdout)).toEqual({
      source: 'wiki',
      account: 'ada2',
      linked: [],
      unlinked: [],
      others: [],
    });
    expect((await audited()).map(({ tool, arguments: given }) => [tool, given])).toEqual([
      ['identity unlink', { source: 'wiki', account: 'ada2', reason: 'she told me' }],
      ['identity unlink', { source: 'wiki', account: 'ada', reason: 'she told me', unlinked: ['local|ada@acme.test'] }],
      ['identity link', expect.anything()],
    ]);
  });

  test('that cannot be recorded does not hold', async () => {
    const { run, data, store } = await aWorkbench();
    await writeFile(data.ledger, 'no database at all, and long enough to be taken for one'.repeat(100), { mode: 0o600 });
    const { code, stdout } = await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY);
    expect([code, stdout]).toEqual([1, '']);
    expect(await store.links({ issuer: 'local', subject: 'ada@acme.test' })).toEqual([]);
  });

  test('that was recorded and then could not be done is recorded as that too', async () => {
    const { place, store, audited } = await aWorkbench();
    const requestId = (): string => {
      void store.open('wiki', 'jsonl', NOW); // a run begins after it was looked at, and before it is done
      return 'r1';
    };
    const people = await openPeople(place, aMachine({ requestId }));
    onTestFinished(() => people.close());
    const wish = { who: 'ada@acme.test', source: 'wiki', account: 'ada', reason: 'r', andUnlink: false };
    await expect(people.link(wish)).rejects.toMatchObject({ code: 'conflict' });
    expect((await audited()).map(({ request, outcome }) => [request, outcome])).toEqual([
      ['r1', 'conflict'],
      ['r1', 'answered'],
    ]);
    expect(await store.links({ issuer: 'local', subject: 'ada@acme.test' })).toEqual([]);
  });

  test('where people sign in elsewhere says that nobody has yet', async () => {
    const identity =
      'identity: { mode: resource, issuer: https://login.acme.test }\nserver: { public_url: https://castellan.acme.test }\n';
    const { run, store } = await aWorkbench(TWINS, `${CONFIG}${identity}`);
    expect((await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY)).stderr).toMatch(
      /^Nobody has come with ada@acme\.test from an identity provider yet/u,
    );
    await store.identify({ issuer: 'https://login.acme.test', subject: '17', email: 'ada@acme.test' }, NOW);
    const { stdout, stderr } = await run('link', 'ada@acme.test', 'wiki', 'ada', ...WHY);
    expect([stdout, stderr]).toEqual(['ada of wiki is linked to https://login.acme.test|17, local|ada@acme.test.\n', '']);
  });

  test.each<[string, string[], number, RegExp]>([
    ['without a reason', ['link', 'ada@acme.test', 'wiki', 'ada'], 2, /--reason <text>/u],
    [
      'with a reason that says nothing',
      ['unlink', 'ada@acme.test', 'wiki', 'ada', '--reason', ' '],
      2,
      /Say why in at most 300/u,
    ],
    ['with a reason that is an essay', ['link', 'ada@acme.test', 'wiki', 'ada', '--reason', 'x'.repeat(301)], 2, /Say why/u],
    ['about nobody', ['link', 'ada', 'wiki', 'ada', ...WHY], 2, /names nobody/u],
    ['about a source that is not configured', ['link', 'ada@acme.test', 'old', 'ada', ...WHY], 2, /There are: wiki, files/u],
    ['about a source that was never read', ['link', 'ada@acme.test', 'files', 'ada', ...WHY], 1, /no account ada in "files"/u],
    ['about an account that is not there', ['unlink', 'ada@acme.test', 'wiki', 'x', ...WHY], 1, /castellan identity list wiki/u],
    ['about an inactive account', ['link', 'ada@acme.test', 'wiki', 'gone', ...WHY], 1, /is inactive, so nobody can be it/u],
    ['about somebody who never came', ['unlink', 'idp|x', 'wiki', 'ada', ...WHY], 1, /idp\|x has never come/u],
  ])('%s is refused, and not recorded', async (_, argv, code, sentence) => {
    const { run, audited } = await aWorkbench();
    expect(await run(...argv)).toEqual({ code, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(await audited()).toEqual([]);
  });

  test('about a service is refused: it is what the configuration lists', async () => {
    const services = 'identity: { mode: local, services: [{ issuer: local, subject: nightly@acme.test, principals: [] }] }\n';
    const { run } = await aWorkbench(TWINS, `${CONFIG}${services}`);
    const { code, stderr } = await run('link', 'nightly@acme.test', 'wiki', 'ada', ...WHY);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a service, and is what the configuration lists')]);
  });
});
