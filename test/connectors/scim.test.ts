import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { accountOf, groupOf } from '../../connectors/scim/map.ts';
import { scim } from '../../connectors/scim/sync.ts';
import { Secret } from '../../src/core/secret.ts';
import { loadConfig } from '../../src/config/config.ts';
import { BASE } from '../support/a-config.ts';
import { aFolder } from '../support/a-folder.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';

const settings = { token: new Secret('a-token-that-only-the-provider-has') };

describe('a run of what is pushed', () => {
  test('says that it still stands', async () => {
    expect(await changesOf(scim, aConnectorRun(settings, { folder: '/', cursor: { taken_over: true } }))).toEqual([
      { type: 'unchanged' },
    ]);
  });

  test('confirms nothing before a server has taken the source over', async () => {
    expect(await changesOf(scim, aConnectorRun(settings, { folder: '/' }))).toMatchObject([
      { type: 'problem', error: { message: 'Nothing can have been pushed to wiki yet. Run: castellan serve --http' } },
    ]);
  });
});

describe('a person', () => {
  test.each([
    [{ userName: 'u' }, { id: '1', name: 'u', emails: [], active: true, kind: 'member' }],
    [{ userName: 'u@acme.test' }, { id: '1', name: 'u@acme.test', emails: ['u@acme.test'], active: true, kind: 'member' }],
    [
      {
        userName: 'u',
        displayName: 'U',
        active: false,
        userType: 'Guest',
        emails: [{ value: 'b@x.test' }, { value: 'a@x.test', primary: true }],
      },
      { id: '1', name: 'U', emails: ['a@x.test', 'b@x.test'], active: false, kind: 'guest' },
    ],
    [
      { userName: 'u', displayName: 'a\nb', name: { formatted: 'F' }, userType: 'Employee' },
      { id: '1', name: 'F', emails: [], active: true, kind: 'member' },
    ],
  ])('%o is an account', (user, account) => {
    expect(accountOf('1', user)).toEqual(account);
  });

  test('whose address could name nobody is refused in one sentence', () => {
    expect(() => accountOf('1', { userName: 'u', emails: [{ value: 'no address' }] })).toThrow(
      'emails.0.value: must be an e-mail address. Correct it and send it again.',
    );
  });
});

test('a group is called as it is displayed', () => {
  expect(groupOf({ displayName: 'Engineering: all', members: [{ value: '1' }] })).toEqual({
    name: 'Engineering: all',
    members: ['1'],
  });
  expect(() => groupOf({ displayName: '' })).toThrow('displayName: must not be empty');
});

describe('its page', () => {
  test('tells an administrator what they need to know', async () => {
    const page = await readFile(new URL('../../connectors/scim/README.md', import.meta.url), 'utf8');
    for (const section of ['Token', 'Scopes', 'How permissions map', 'What is not covered'])
      expect(page).toContain(`\n## ${section}\n`);
  });
});

const configured = async (sources: string, token: string) => {
  const path = join(await aFolder(), 'castellan.yaml');
  await writeFile(path, `${BASE}sources: { ${sources} }\n`);
  return loadConfig({ path, env: { SCIM_TOKEN: token }, connectors: [scim] });
};
const source = (name: string, token = '"${SCIM_TOKEN}"'): string => `${name}: { connector: scim, token: ${token} }`;
const GOOD = 'a-token-that-only-the-provider-has';

describe('the configuration', () => {
  test('names one source that is pushed', async () => {
    const { sources } = await configured(source('people'), GOOD);
    expect(sources[0]?.connector.pushedWith?.(sources[0].settings)?.reveal()).toBe(GOOD);
  });

  test.each([
    [
      'a second one',
      `${source('people')}, ${source('others')}`,
      GOOD,
      'sources.people and sources.others are both pushed to /scim/v2',
    ],
    ['a token that could be guessed', source('people'), 'short', 'must have 20 to 1,000 characters and no blanks'],
    [
      'a token no header can carry',
      source('people'),
      'a token of several words',
      'must have 20 to 1,000 characters and no blanks',
    ],
    ['a token that stands in the file', source('people', GOOD), GOOD, 'must be given as ${NAME}'],
  ])('is refused with %s', async (_, sources, token, sentence) => {
    await expect(configured(sources, token)).rejects.toThrow(sentence);
  });
});
