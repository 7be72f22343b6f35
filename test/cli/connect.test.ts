import { get } from 'node:http';
import { PassThrough } from 'node:stream';

import { describe, expect, test, vi } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aProvider, CLIENT } from '../support/a-provider.ts';
import { type ASigningPlace, aSigningPlace } from '../support/a-signing-place.ts';

/** The connectors there are, and one that signs in. */
vi.mock(import('../../connectors/index.ts'), async (original) => {
  const [{ connectors }, { pages }] = await Promise.all([original(), import('../support/a-signing-source.ts')]);
  return { connectors: [...connectors, pages] };
});

const HOUR = 3_600_000;

/** A provider, pages behind it, and a configuration of both. */
const oauthPlace = async (options: Parameters<typeof aProvider>[0] = {}, more = '') => {
  const provider = await aProvider(options);
  const peer = await aPeer(async ({ headers }, response) => {
    if (await provider.accepts(headers['authorization'])) response.writeHead(200).end('["plan"]');
    else response.writeHead(401).end();
  });
  const place = await aSigningPlace(`by: oauth, url: "${peer.url}", provider: "${provider.url}"${more}`);
  const browse = (address: string): void => void provider.browse(address).catch(() => undefined);
  return { ...place, provider, peer, browse };
};

/** As a page whose name somebody made lead to this machine. */
const asAnother = async ({ port, pathname, search }: URL): Promise<number | undefined> => {
  const asked = get({ host: '127.0.0.1', port, path: pathname + search, headers: { host: `evil.test:${port}` } });
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  asked.once('response', (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  return promise;
};

/** Somebody at the provider's page who says no. */
const declines = (address: string): void => {
  const { searchParams } = new URL(address);
  const answer = new URL(searchParams.get('redirect_uri') ?? '');
  answer.searchParams.set('error', 'access_denied');
  answer.searchParams.set('state', searchParams.get('state') ?? '');
  void fetch(answer);
};

const doctorOf = async ({ run }: ASigningPlace): Promise<string[]> =>
  (await run(['doctor'])).stdout.split('\n').filter((line) => / wiki /u.test(line));

describe('through a browser', () => {
  test('a source is connected, read, renewed, and told about', async () => {
    const place = await oauthPlace();
    const { run, browse, provider, peer, clock } = place;
    expect(await run(['sync'])).toMatchObject({ code: 1, stdout: /wiki is not connected\. Run: castellan connect wiki/u });
    expect((await run(['status'])).stdout).toContain('  sign-in  not connected: castellan connect wiki\n');
    expect(await doctorOf(place)).toContainEqual(expect.stringMatching(/^fail +wiki +It is not connected\.$/u));

    const { code, stdout, stderr } = await run(['connect', 'wiki'], { browse });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^wiki {3}connected {3}OAuth, renews itself, this time until \S+Z; read:pages and read:people\n$/u),
    ]);
    const address = new URL(stderr.split('\n')[1] ?? '');
    expect(Object.fromEntries(address.searchParams)).toEqual({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/u),
      scope: 'read:pages read:people',
      state: expect.stringMatching(/^[\w-]{43}$/u),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/u),
      code_challenge_method: 'S256',
    });

    expect((await run(['sync'])).stdout).toMatch(/1 read +1 changed .*complete/u);
    clock.now += HOUR;
    expect((await run(['sync'])).code).toBe(0);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
    expect((await run(['status'])).stdout).toMatch(/\n {2}sign-in {2}OAuth, renews itself, this time until .*; read:pages and/u);
    const { sign_ins: signIns } = JSON.parse((await run(['status', '--json'])).stdout);
    expect(signIns[0]).toEqual({
      source: 'wiki',
      kind: 'oauth',
      state: 'connected',
      from: null,
      connected_at: expect.stringMatching(/Z$/u),
      expires_at: expect.stringMatching(/Z$/u),
      renews: true,
      scopes: ['read:pages', 'read:people'],
      missing_scopes: [],
      undeclared_scopes: [],
    });
    expect(await doctorOf(place)).toContainEqual(expect.stringMatching(/^ok +wiki +signs in: OAuth, renews itself/u));
    const shown = peer.arrived.map(({ headers }) => (headers['authorization'] ?? '').replace('Bearer ', ''));
    expect(shown.filter((token) => token === '' || place.said().includes(token))).toEqual([]);
  });

  test('what comes back is taken from the browser alone that began: another state, another page and another name are refused', async () => {
    const { run, provider } = await oauthPlace();
    const answers: (number | undefined)[] = [];
    const browse = async (address: string): Promise<void> => {
      const back = new URL(address).searchParams.get('redirect_uri') ?? '';
      const good = new URL(await provider.browse(address, { stopsAtCallback: true }));
      answers.push((await fetch(`${back}?code=stolen&state=guessed`)).status);
      answers.push((await fetch(`${back}?error=access_denied`)).status);
      answers.push((await fetch(`${new URL(back).origin}/`)).status);
      answers.push(await asAnother(good));
      answers.push((await fetch(good.href)).status);
    };
    const { code } = await run(['connect', 'wiki'], { browse: (address) => void browse(address) });
    expect([code, answers]).toEqual([0, [400, 400, 404, 404, 200]]);
  });

  test('an answer of another issuer is refused, and nothing is kept', async () => {
    const { run, provider } = await oauthPlace();
    const browse = async (address: string): Promise<void> => {
      const good = new URL(await provider.browse(address, { stopsAtCallback: true }));
      good.searchParams.set('iss', 'https://login.evil.test');
      await fetch(good);
    };
    expect(await run(['connect', 'wiki'], { browse: (address) => void browse(address) })).toMatchObject({
      code: 1,
      stderr: /What came back does not belong to this sign-in\. Nothing was kept\. Begin again: castellan connect wiki/u,
    });
    expect(provider.given).toEqual([]);
    expect((await run(['status'])).stdout).toContain('not connected');
  });

  test('a declared issuer is the only one', async () => {
    const { run, browse } = await oauthPlace({}, ', issuer: "https://login.acme.test"');
    expect(await run(['connect', 'wiki'], { browse })).toMatchObject({ code: 1, stderr: /does not belong to this sign-in/u });
  });

  test('a sign-in that is declined is told, and can be begun again', async () => {
    const { run, browse } = await oauthPlace();
    expect(await run(['connect', 'wiki'], { browse: declines })).toMatchObject({
      code: 1,
      stderr: /The sign-in at wiki was declined \(access_denied\)\. Nothing was kept\. Begin again: castellan connect wiki/u,
    });
    expect((await run(['connect', 'wiki'], { browse })).code).toBe(0);
  });

  test('a scope that is not granted is told, with exit code 1, and by the doctor', async () => {
    const place = await oauthPlace({ grants: (scope) => scope !== 'read:people' });
    expect(await place.run(['connect', 'wiki'], { browse: place.browse })).toMatchObject({
      code: 1,
      stdout: /connected/u,
      stderr: /Not granted: read:people\. What needs them cannot be read\./u,
    });
    expect(await doctorOf(place)).toContainEqual(
      expect.stringMatching(/^warn +wiki +Its sign-in was not granted read:people\.$/u),
    );
  });

  test('what nobody renews is told by the doctor in time', async () => {
    const place = await oauthPlace({ refreshes: false });
    await place.run(['connect', 'wiki'], { browse: place.browse });
    expect(await doctorOf(place)).toContainEqual(expect.stringMatching(/^warn +wiki +What signs in there ends in \d+ min/u));
    place.clock.now += 2 * HOUR;
    expect(await doctorOf(place)).toContainEqual(expect.stringMatching(/^fail +wiki +What signs in there has expired\.$/u));
  });

  test('whoever stops waiting ends it in good order', async () => {
    const { run } = await oauthPlace();
    const stop = new AbortController();
    const browse = (): void => stop.abort();
    expect(await run(['connect', 'wiki'], { browse, signal: stop.signal })).toMatchObject({ code: 130 });
  });

  test('on another machine the address is pasted', async () => {
    const { run, provider } = await oauthPlace();
    const stdin = new PassThrough();
    const hear = (text: string): void => {
      if (!text.startsWith(provider.url)) return;
      void provider.browse(text.trim(), { stopsAtCallback: true }).then((back) => stdin.end(`${back}\n`));
    };
    const { code, stdout, stderr } = await run(['connect', 'wiki', '--paste', '--json'], { stdin, hear });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('code=')]);
    expect(JSON.parse(stdout)).toMatchObject({ source: 'wiki', state: 'connected', scopes: ['read:pages', 'read:people'] });
  });

  test.each([
    ['no address', 2, /That is no address\./u],
    ['http://127.0.0.1:8976/callback?code=stolen&state=guessed', 1, /does not belong to this sign-in/u],
    ['', 2, /That is no address\./u],
  ])('what is pasted and is none (%s) is refused', async (pasted, code, stderr) => {
    const { run, provider } = await oauthPlace();
    expect(await run(['connect', 'wiki', '--paste'], { stdin: pasted })).toMatchObject({ code, stderr });
    expect(provider.given).toEqual([]);
  });

  test('a port that is taken is told with another way', async () => {
    const { run, peer } = await oauthPlace();
    const taken = new URL(peer.url).port;
    expect(await run(['connect', 'wiki', '--port', taken])).toMatchObject({
      code: 1,
      stderr: `Port ${taken} is taken by something else. Name another: --port <number>\n`,
    });
  });

  test('is forgotten here and at the provider', async () => {
    const { run, browse, provider, peer } = await oauthPlace();
    await run(['connect', 'wiki'], { browse });
    await run(['sync']);
    const token = peer.arrived[0]?.headers['authorization'];
    expect(await provider.accepts(token)).toBe(true);
    expect(await run(['connect', 'wiki', '--forget'])).toMatchObject({
      code: 0,
      stdout: 'wiki is forgotten here, and its provider took it back.\n',
    });
    expect(await provider.accepts(token)).toBe(false);
    expect((await run(['sync'])).stdout).toContain('wiki is not connected');
    expect((await run(['connect', 'wiki', '--forget'])).stdout).toBe('Nothing is kept to sign in at wiki.\n');
    expect((await run(['connect', 'wiki'], { browse })).code).toBe(0);
  });
});
