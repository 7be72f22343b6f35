import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type APlace, aPlace, ORGANISATION } from '../support/a-place.ts';

let place: APlace;

const configured = (rest: string): string =>
  `${ORGANISATION}sources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\nembedding: { provider: none }\n${rest}`;
const server = 'server: { public_url: https://castellan.acme.test/ }\n';

beforeAll(async () => {
  place = await aPlace('');
  await place.configure(configured(server));
});

afterAll(() => place.remove());

test('a token stands alone on stdout, and is in the audit with both names', async () => {
  const { code, stdout, stderr } = await place.run([
    'token',
    '--as',
    'Ada@acme.test',
    '--client',
    'chatgpt',
    '--reason',
    'case 7',
  ]);

  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(
      /^For Ada@acme\.test at https:\/\/castellan\.acme\.test\/mcp, through the client chatgpt, to read, until \S+Z\.\n$/u,
    ),
  ]);
  const { iat = 0, exp = 0, ...claims } = decodeJwt(stdout.trim());
  expect(claims).toEqual({
    iss: 'urn:castellan:local',
    aud: 'https://castellan.acme.test/mcp',
    sub: 'ada@acme.test',
    client_id: 'chatgpt',
    scope: 'read',
    act: { sub: expect.stringMatching(/^os:./u) },
    jti: expect.any(String),
  });
  expect(exp - iat).toBe(15 * 60);
  expect((await place.run(['audit', 'list', '--reveal', '--reason', 'a test'])).stdout).toMatch(
    /^\S+Z {2}local\|ada@acme\.test by os:\S+ {2}cli {2}token \{"client":"chatgpt","minutes":15,"reason":"case 7","scopes":\["read"\]\} {2}answered\n$/u,
  );
});

test('as JSON it comes with what it is for', async () => {
  const argv = [
    'token',
    '--as',
    'https://login.acme.test|00u1',
    '--scope',
    'write',
    '--scope',
    'read',
    '--minutes',
    '2',
    '--json',
  ];

  const { stdout } = await place.run(argv);

  const { token, ...told } = JSON.parse(stdout);
  expect(told).toEqual({
    expires_at: expect.stringMatching(/^\d{4}-.*Z$/u),
    audience: 'https://castellan.acme.test/mcp',
    client: 'local',
    scopes: ['read', 'write'],
  });
  expect(decodeJwt(token)).toMatchObject({ sub: 'https://login.acme.test|00u1', scope: 'read write' });
});

test.each<[string, string[], number, string]>([
  ['for nobody', ['--as', 'ada'], 2, '"ada" names nobody. Give a verified e-mail (ada@acme.test) or issuer|subject.\n'],
  [
    'for a client without a name',
    ['--as', 'ada@acme.test', '--client', ''],
    2,
    'This cannot be the name of a client. Give a short one: --client <id>\n',
  ],
  [
    'that lives too long',
    ['--as', 'ada@acme.test', '--minutes', '16'],
    2,
    'A token lives at most 15 minutes here. Ask for less, or raise identity.token_minutes.\n',
  ],
  [
    'for a reason that says nothing',
    ['--as', 'ada@acme.test', '--reason', ' '],
    2,
    'Say why in at most 300 characters: --reason <text>\n',
  ],
  ['for no time', ['--as', 'ada@acme.test', '--minutes', '0'], 2, expect.stringContaining('whole number of minutes')],
  ['for another scope', ['--as', 'ada@acme.test', '--scope', 'admin'], 2, expect.stringContaining('It is read or write.')],
])('a token %s is refused', async (_name, argv, exit, sentence) => {
  expect(await place.run(['token', ...argv])).toEqual({ code: exit, stdout: '', stderr: sentence });
});

test('without a public address it is for the port of the server, whichever that is', async () => {
  const audience = async (server: string, ...argv: string[]): Promise<unknown> => {
    await place.configure(configured(server));
    const { stdout, stderr } = await place.run(['token', '--as', 'ada@acme.test', ...argv]);
    return stdout === '' ? stderr : decodeJwt(stdout.trim()).aud;
  };

  expect(await audience('')).toBe('http://127.0.0.1:8080/mcp');
  expect(await audience('', '--port', '9123')).toBe('http://127.0.0.1:9123/mcp');
  expect(await audience('server: { listen: "127.0.0.1:0" }\n')).toBe(
    'server.listen takes any port that is free, so say which one the server took: --port <number>\n',
  );
  expect(await audience(server, '--port', '9123')).toBe(
    'Clients reach the server at server.public_url, whatever its port. Leave out --port.\n',
  );
  await place.configure(configured(server));
});

test('what may be asked for follows the configuration', async () => {
  await place.configure(configured(`${server}identity: { mode: local, token_minutes: 5 }\n`));
  const short = decodeJwt((await place.run(['token', '--as', 'ada@acme.test'])).stdout.trim());
  await place.configure(configured(`${server}identity: { mode: resource, issuer: https://login.acme.test }\n`));
  const off = await place.run(['token', '--as', 'ada@acme.test']);
  await place.configure(configured(server));

  expect((short.exp ?? 0) - (short.iat ?? 0)).toBe(5 * 60);
  expect(off).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Tokens of this server’s own are off: identity.mode is resource. To use them: identity.allow_local: true\n',
  });
});
