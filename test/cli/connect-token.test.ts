import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { describe, expect, test, vi } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aProvider, ROBOT } from '../support/a-provider.ts';
import { aSigningPlace } from '../support/a-signing-place.ts';

/** The connectors there are, and one that signs in. */
vi.mock(import('../../connectors/index.ts'), async (original) => {
  const [{ connectors }, { pages }] = await Promise.all([original(), import('../support/a-signing-source.ts')]);
  return { connectors: [...connectors, pages] };
});

const TOKEN = 'a-personal-token-5150';

/** Pages that take one token. */
const tokenPlace = async (more = '', may?: string) => {
  const peer = await aPeer(({ headers }, response) => {
    const good = headers['authorization'] === `Bearer ${TOKEN}`;
    response.writeHead(good ? 200 : 401, may === undefined ? {} : { 'x-scopes': may }).end('["plan"]');
  });
  return { ...(await aSigningPlace(`by: token, url: "${peer.url}"${more}`)), peer };
};

describe('by a token', () => {
  test('that is piped in, a source is connected; it is shown and kept in plain nowhere', async () => {
    const place = await tokenPlace();
    const { run, data, peer } = place;
    expect(await run(['connect', 'wiki'], { stdin: `${TOKEN}\nand more` })).toMatchObject({
      code: 0,
      stdout: 'wiki   connected   token, until it is taken back\n',
    });
    expect((await run(['sync'])).code).toBe(0);
    expect(peer.arrived[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
    await run(['status']);
    await run(['status', '--json', '--verbose']);
    await run(['doctor']);
    await run(['audit', 'list', '--reveal', '--reason', 'a test']);
    for (const name of await readdir(data)) {
      expect((await readFile(join(data, name))).includes(TOKEN)).toBe(false);
      expect([name, (await stat(join(data, name))).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(place.said()).not.toContain(TOKEN);
    expect(place.said()).toMatch(/os:tester +cli +connect .*answered/u);
  });

  test.each([
    ['nothing', ''],
    ['two words', 'one two\n'],
    ['a sign that steers', 'a\u001bb\n'],
    ['what is too long', `${'x'.repeat(20_000)}\n`],
  ])('%s is none, and nothing is kept', async (_, stdin) => {
    const place = await tokenPlace();
    expect(await place.run(['connect', 'wiki'], { stdin })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('That is no token'),
    });
    expect((await place.run(['status'])).stdout).toContain('not connected');
  });

  test('that is typed is not shown, can be mended, and ends with Enter', async () => {
    const { run, peer } = await tokenPlace();
    const raw: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => void raw.push(on) });
    for (const key of [TOKEN.slice(0, 5), TOKEN.slice(5, -1), 'x', '\u007f', TOKEN.slice(-1), '\r']) stdin.write(key);
    const { code, stderr } = await run(['connect', 'wiki'], { stdin });
    expect([code, raw]).toEqual([0, [true, false]]);
    expect(stderr).toMatch(/^Paste the token of wiki and press Enter\. It is not shown\.\n/u);
    await run(['sync']);
    expect(peer.arrived[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
  });

  test('that the source does not accept is told with the command', async () => {
    const { run } = await tokenPlace();
    await run(['connect', 'wiki'], { stdin: 'another-token' });
    expect(await run(['sync'])).toMatchObject({
      code: 1,
      stdout: /wiki did not accept how Castellan signs in \(401 to GET \/pages\)\. Run: castellan connect wiki/u,
    });
  });

  test('that the environment gives there is nothing to connect, and it is named where it is refused', async () => {
    const { run, env, peer } = await tokenPlace(', token: "${WIKI_TOKEN}"');
    env['WIKI_TOKEN'] = TOKEN;
    expect(await run(['connect', 'wiki'])).toMatchObject({
      code: 0,
      stdout: 'wiki is signed in with a token that WIKI_TOKEN gives. There is nothing to connect.\n',
    });
    expect((await run(['sync'])).code).toBe(0);
    expect((await run(['status'])).stdout).toContain('  sign-in  token, given by WIKI_TOKEN\n');
    env['WIKI_TOKEN'] = 'taken-back-5150';
    const { code, stdout } = await run(['sync']);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('(401 to GET /pages). Give a new one in WIKI_TOKEN, then: castellan sync wiki'),
    ]);
    expect(stdout).not.toContain('5150');
    expect(peer.arrived).toHaveLength(2); // what is refused is not tried twice
  });
});

describe('a token that can be tried', () => {
  const PROBES = ', probes: true';

  test('is shown to the source once before it is kept', async () => {
    const { run, peer } = await tokenPlace(PROBES);
    expect(await run(['connect', 'wiki'], { stdin: `${TOKEN}\n` })).toMatchObject({
      code: 0,
      stdout: 'wiki   connected   token, until it is taken back\n',
      stderr: expect.not.stringContaining('a run says'),
    });
    expect(peer.arrived.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /people']);
    expect((await run(['sync'])).code).toBe(0);
  });

  test('and is not accepted replaces nothing, and is told nowhere', async () => {
    const place = await tokenPlace(PROBES);
    const { run } = place;
    expect(await run(['connect', 'wiki'], { stdin: 'wrong-4711' })).toMatchObject({
      code: 1,
      stderr:
        /wiki did not accept how Castellan signs in \(401 to GET \/people\)\. Nothing was kept\. Check the token, then: castellan connect wiki\n$/u,
    });
    expect((await run(['status'])).stdout).toContain('not connected');
    await run(['connect', 'wiki'], { stdin: TOKEN });
    expect((await run(['connect', 'wiki', '--verbose'], { stdin: 'wrong-4711' })).code).toBe(1);
    expect((await run(['sync'])).code).toBe(0); // with the one of before
    expect(place.said()).not.toMatch(/4711|5150/u);
  });

  test('but not now is kept only where somebody says so', async () => {
    const place = await aSigningPlace('by: token, url: "http://127.0.0.1:1", probes: true');
    const { run } = place;
    expect(await run(['connect', 'wiki', '--verbose'], { stdin: TOKEN })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'wiki could not be asked whether it accepts this token. Nothing was kept. Try again later, or keep it untried: castellan connect wiki --untried\n',
      ),
    });
    expect((await run(['status'])).stdout).toContain('not connected');
    expect(await run(['connect', 'wiki', '--untried'], { stdin: TOKEN })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Whether the source accepts it, a run says'),
    });
    expect(place.said()).not.toContain('5150');
  });

  test('and may more than is asked for is kept, and that is told', async () => {
    const { run } = await tokenPlace(PROBES, 'read:pages, write:pages');
    expect(await run(['connect', 'wiki'], { stdin: TOKEN })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Granted though nothing asks for it: write:pages. Take it away there if you can.'),
    });
  });
});

test('client credentials are proven by being asked for once, and told where they are wrong', async () => {
  const provider = await aProvider();
  const place = await aSigningPlace(
    `by: client_credentials, url: "http://127.0.0.1:1", provider: "${provider.url}", secret: "\${WIKI_SECRET}"`,
  );
  place.env['WIKI_SECRET'] = 'wrong-5150';
  expect(await place.run(['connect', 'wiki'])).toMatchObject({
    code: 1,
    stderr:
      /^wiki did not let Castellan sign in \(invalid_client\)\. Check WIKI_SECRET and what is granted there, then: castellan connect wiki\n$/u,
  });
  place.env['WIKI_SECRET'] = ROBOT.secret;
  expect(await place.run(['connect', 'wiki'])).toMatchObject({
    code: 0,
    stdout: /^wiki {3}connected {3}client credentials, renews itself, this time until \S+Z; read:pages and read:people\n$/u,
  });
  expect(provider.given).toEqual(['client_credentials']);
  expect(place.said()).not.toContain('5150');
});

test('a source that needs no sign-in, and one that is not there, are refused', async () => {
  const { run } = await tokenPlace();
  expect(await run(['connect', 'wikis'])).toMatchObject({
    code: 2,
    stderr: 'The configuration has no source "wikis". It has wiki.\n',
  });
  expect(await run(['connect', 'wiki', '--forget', '--paste'])).toMatchObject({ code: 2 });
});
