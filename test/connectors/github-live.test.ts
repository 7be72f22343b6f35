import { createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { hook } from '../../connectors/github/hook.ts';
import { matchesGlob } from '../../connectors/github/glob.ts';
import { settingsSchema } from '../../connectors/github/settings.ts';
import { github } from '../../connectors/github/sync.ts';
import type { Account } from '../../src/core/document.ts';
import { Secret } from '../../src/core/secret.ts';
import { aCompany, type Company } from '../support/a-github-company.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { githubSettings } from '../support/github-settings.ts';

const asked = async ({ server }: Company, key: string, login?: string, given: Partial<Account> = {}) => {
  const run = aConnectorRun(githubSettings(server, { files: ['docs/**'] }), { folder: '/', fetch: server.fetchAs('crawler') });
  const { cursor: _, ...rest } = run;
  const id = String(server.world.users.get(login ?? '') ?? 0);
  const as: Account = { id, name: login ?? '', emails: [], active: true, kind: 'member', ...given };
  return github.read?.(key, rest, login === undefined ? undefined : as);
};

describe('asked about one document, as one person,', () => {
  test('it is theirs where GitHub says so, now', async () => {
    const company = await aCompany();
    const { server, secret, keys } = company;
    const mine = { acl: { terms: [{ allow: [`user:${server.world.users.get('gus') ?? 0}`] }] } };
    for (const key of [keys.secret, keys.comment, keys.file])
      expect(await asked(company, key, 'gus')).toMatchObject({ key, ...mine });
    expect(await asked(company, keys.secret, 'eve')).toBe('forbidden');
    server.world.repositories.get(secret)?.collaborators.delete('gus');
    expect(await asked(company, keys.secret, 'gus')).toBe('forbidden');
    expect(await asked(company, keys.open, 'mallory')).toMatchObject({ acl: { terms: [{ allow: ['public'] }] } });
  });

  test('a right that nobody knows lets nobody in', async () => {
    const company = await aCompany();
    const { server, keys } = company;
    server.instead = async (path, reply) => {
      const answer = path.endsWith('/permission') ? await reply() : undefined;
      return answer && { ...answer, body: { ...Object(answer.body), permission: 'suspended' } };
    };
    expect(await asked(company, keys.secret, 'gus')).toBe('forbidden');
  });

  test('a name that is another’s by now is nobody’s', async () => {
    const company = await aCompany();
    expect(await asked(company, company.keys.secret, 'gus', { id: '999' })).toBe('forbidden');
  });

  test('what is gone, moved away or not meant is gone, and what cannot be asked is forbidden', async () => {
    const company = await aCompany();
    const { server, secret, keys } = company;
    for (const key of [
      `issue:${secret}/99`,
      `comment:${secret}/99`,
      `file:${secret}/docs/no.md`,
      `file:${secret}/src/no.md`,
      'issue:999999/1',
      `issue:0${secret}/1`,
    ]) {
      expect([key, await asked(company, key, 'ada')]).toEqual([key, 'gone']);
    }
    server.instead = (path) => (path.endsWith('/permission') ? { status: 403, body: {} } : undefined);
    expect(await asked(company, keys.secret, 'ada')).toBe('forbidden');
    server.instead = () => undefined;
    await server.transfer(secret, 'other');
    expect(await asked(company, keys.secret, 'ada')).toBe('gone');
  });
});

describe('a webhook', () => {
  const body = new TextEncoder().encode('{"action":"edited"}');
  const signature = `sha256=${createHmac('sha256', 'our secret').update(body).digest('hex')}`;
  const verified = (given: Readonly<Record<string, string>>, of = body) =>
    hook.verify(
      { headers: new Headers({ 'x-github-delivery': 'd-1', 'x-hub-signature-256': signature, ...given }), body: of },
      'our secret',
      new Date(),
    );

  test('that is signed with our secret is known by its delivery', () => {
    expect(verified({})).toBe('d-1');
  });

  test.each([
    ['with another secret', { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'another').update(body).digest('hex')}` }],
    ['by SHA-1', { 'x-hub-signature-256': `sha1=${createHmac('sha1', 'our secret').update(body).digest('hex')}` }],
    ['by half', { 'x-hub-signature-256': signature.slice(0, 40) }],
    ['and nameless', { 'x-github-delivery': '' }],
    ['and endless', { 'x-github-delivery': 'x'.repeat(1_000) }],
    ['with nothing', { 'x-hub-signature-256': '' }],
  ])('that is signed %s is not taken', (_, given) => {
    expect(verified(given)).toBeUndefined();
  });

  test('with one byte more is not taken, and none is where no secret is set', () => {
    expect(verified({}, new Uint8Array([...body, 32]))).toBeUndefined();
    expect(hook.secret(settingsSchema.parse({ organisation: 'acme' }))).toBeUndefined();
  });
});

test('a pattern stands for the paths it should and no others, and takes no longer than they are', () => {
  for (const [pattern, paths] of [
    ['docs/**', ['docs/a.md', 'docs/a/b.md']],
    ['**/*.md', ['docs/a.md', 'docs/a/b.md', 'README.md']],
    ['*.md', ['README.md']],
    ['docs/?.md', ['docs/a.md']],
    ['**/a/**', ['docs/a/b.md']],
    ['docs/*', ['docs/a.md']],
  ] as const) {
    expect([
      pattern,
      ['README.md', 'docs/a.md', 'docs/a/b.md', 'x.txt'].filter((path) => matchesGlob(pattern, path)).toSorted(),
    ]).toEqual([pattern, [...paths].toSorted()]);
  }
  expect(matchesGlob(`${'*a'.repeat(400)}b`, 'a'.repeat(5_000))).toBe(false);
  expect(matchesGlob('**/'.repeat(400), 'a/'.repeat(5_000))).toBe(true);
});

describe('settings', () => {
  const key = new Secret('a key');
  test('say how to sign in: by a token, or as an app', () => {
    expect(github.signIn?.(settingsSchema.parse({ organisation: 'acme', token: key }))).toEqual({ kind: 'token', token: key });
    const app = { id: 7, installation: 8, key };
    expect(github.signIn?.(settingsSchema.parse({ organisation: 'acme', url: 'https://git.acme.test/api/v3/', app }))).toEqual({
      kind: 'service_account',
      token: 'https://git.acme.test/api/v3/app/installations/8/access_tokens',
      exchange: 'bearer',
      claims: { iss: '7' },
      algorithm: 'RS256',
      key,
    });
  });

  test.each([
    [{}, 'organisation'],
    [{ organisation: 'acme', token: 'literal' }, '${NAME}'],
    [{ organisation: 'acme', token: key, app: { id: 1, installation: 1, key } }, 'both'],
    [{ organisation: '../x' }, 'login'],
    [{ repositories: ['handbook'] }, 'owner'],
    [{ organisation: 'acme', url: 'ftp://x' }, 'URL'],
    [{ organisation: 'acme', people: { ada: 'nobody' } }, 'email'],
  ])('that cannot work are refused: %o', (given, why) => {
    expect(settingsSchema.safeParse(given).error?.message).toContain(why);
  });

  test('of an Enterprise server are asked below its path', async () => {
    const company = await aCompany();
    const settings = { ...githubSettings(company.server), url: `${company.server.url}/api/v3` };
    expect(await company.source.sync({ settings })).toMatchObject({ status: 'complete' });
    expect(await company.source.sees('cyd', [company.keys.secret])).toEqual([company.keys.secret]);
  });
});
