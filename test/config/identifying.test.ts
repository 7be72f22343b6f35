import { expect, test } from 'vitest';

import { GOOD, load } from '../support/a-config.ts';

const TENANT = '11111111-2222-3333-4444-555555555555';

test('without a word about it, this server’s own tokens are good for a quarter of an hour', async () => {
  const { identity, rules } = await load(GOOD);

  expect(identity).toEqual({ mode: 'local', local: true, tokenMinutes: 15, issuers: [] });
  expect(rules.services).toEqual(new Map());
});

test('one issuer stands under identity itself, and local tokens are off beside it', async () => {
  const { identity, rules } = await load(
    `${GOOD}identity:
  mode: resource
  issuer: https://acme.auth0.test/
  profile: auth0
  audience: https://castellan.acme.test/mcp
  client_ids: [a, b]
  authoritative_for: [' Acme.TEST ']
  services: [{ subject: 'x@clients', principals: [domain:acme.test], accounts: { wiki: [bot] } }]
`,
  );

  expect(identity).toEqual({
    mode: 'resource',
    local: false,
    tokenMinutes: 15,
    issuers: [
      {
        issuer: 'https://acme.auth0.test/',
        profile: 'auth0',
        audience: 'https://castellan.acme.test/mcp',
        clientIds: ['a', 'b'],
        authoritativeFor: ['acme.test'],
      },
    ],
  });
  expect(rules.services).toEqual(
    new Map([['https://acme.auth0.test/|x@clients', { shared: ['domain:acme.test'], accounts: new Map([['wiki', ['bot']]]) }]]),
  );
});

test('several issuers each have their own settings, and may stand beside local tokens', async () => {
  const { identity, rules } = await load(
    `${GOOD}identity:
  mode: resource
  allow_local: true
  token_minutes: 60
  issuers:
    - { issuer: 'https://login.acme.test' }
    - { issuer: 'https://login.microsoftonline.com/${TENANT}/v2.0', profile: entra, audience: api }
    - { issuer: 'https://acme.okta.com/oauth2/default', profile: okta }
    - { issuer: 'http://127.0.0.1:8080/realms/acme', profile: keycloak }
  services: [{ issuer: local, subject: bot }, { issuer: 'https://login.acme.test', subject: bot }]
`,
  );

  expect(identity).toMatchObject({
    local: true,
    tokenMinutes: 60,
    issuers: [{ profile: 'generic' }, { profile: 'entra' }, { profile: 'okta' }, { profile: 'keycloak' }],
  });
  expect([...(rules.services?.keys() ?? [])]).toEqual(['local|bot', 'https://login.acme.test|bot']);
});

const resource = (text: string): string => `mode: resource, ${text}`;
const several = (...entries: string[]): string => resource(`issuers: [${entries.map((entry) => `{ ${entry} }`).join(', ')}]`);
const ISSUER = 'issuer: https://login.acme.test';
const NO_ISSUER = 'must be the https address of an issuer, exactly as its tokens carry it';
const ENTRA = `issuer: https://login.microsoftonline.com/${TENANT}/v2.0, profile: entra`;
const ONE_TENANT = 'issuer must be that of one tenant: https://login.microsoftonline.com/<tenant id>/v2.0';
const NOT_GOOD = 'is not one whose tokens are good here. Add it, or leave the service out';

test.each<[string, string, string]>([
  ['a mode there is not', 'mode: broker', 'mode must be local or resource'],
  ['no mode', 'allow_local: true', 'mode is missing'],
  ['an issuer in local mode', `mode: local, ${ISSUER}`, 'issuer is for mode: resource. Set that, or leave it out'],
  ['a profile in local mode', 'mode: local, profile: okta', 'profile is for mode: resource. Set that, or leave it out'],
  [
    'a word for local tokens in local mode',
    'mode: local, allow_local: true',
    'allow_local is for mode: resource. Set that, or leave it out',
  ],
  ['no issuer', 'mode: resource', 'mode resource needs either issuer or issuers'],
  ['one issuer and several', `${several(ISSUER)}, issuer: 'https://b.test'`, 'mode resource needs either issuer or issuers'],
  ['no issuers', resource('issuers: []'), 'issuers must not be empty'],
  [
    'a setting beside several issuers',
    `${several(ISSUER)}, audience: x`,
    'audience stands beside issuers. Write it into each of them',
  ],
  [
    'a length of tokens that are off',
    resource(`${ISSUER}, token_minutes: 5`),
    'token_minutes is for tokens of this server’s own. Set allow_local, or leave it out',
  ],
  ['tokens for no time', 'mode: local, token_minutes: 0', 'token_minutes must be at least 1'],
  ['tokens for more than a day', 'mode: local, token_minutes: 1441', 'token_minutes must be at most 1440'],
  ['an issuer twice', several(ISSUER, `${ISSUER}, audience: x`), 'issuers.1.issuer stands twice. Name every issuer once'],
  ['an issuer without TLS', resource('issuer: http://login.acme.test'), `issuer ${NO_ISSUER}`],
  ['an issuer by another way', resource('issuer: ftp://localhost'), `issuer ${NO_ISSUER}`],
  ['a name for an issuer', resource('issuer: acme'), `issuer ${NO_ISSUER}`],
  ['an issuer with a question', resource("issuer: 'https://login.acme.test?x'"), `issuer ${NO_ISSUER}`],
  ['an issuer with a place', resource("issuer: 'https://login.acme.test#x'"), `issuer ${NO_ISSUER}`],
  ['an issuer with a password', resource("issuer: 'https://a:b@login.acme.test'"), `issuer ${NO_ISSUER}`],
  ['an issuer with a bar', resource("issuer: 'https://login.acme.test/|x'"), `issuer ${NO_ISSUER}`],
  [
    'an e-mail for a domain',
    resource(`${ISSUER}, authoritative_for: [ada@acme.test]`),
    'authoritative_for.0 must be a domain, such as acme.test',
  ],
  [
    'a profile there is not',
    resource(`${ISSUER}, profile: ping`),
    'profile must be generic or entra or okta or google or keycloak or auth0',
  ],
  [
    'Google',
    several('issuer: https://accounts.google.com, profile: google'),
    'issuers.0.profile cannot be google: nobody but Google can read its access tokens. docs/identity.md says what to do instead',
  ],
  [
    'every tenant of Entra',
    resource('issuer: https://login.microsoftonline.com/common/v2.0, profile: entra, audience: x'),
    ONE_TENANT,
  ],
  [
    'an Entra issuer without its end',
    resource(`issuer: https://login.microsoftonline.com/${TENANT}, profile: entra, audience: x`),
    ONE_TENANT,
  ],
  ['Entra without an audience', resource(ENTRA), 'audience is missing: with Entra it is the application id of the API'],
  [
    'the organisation’s own server of Okta',
    resource('issuer: https://acme.okta.com, profile: okta'),
    'issuer must be a custom authorization server, such as https://acme.okta.com/oauth2/default',
  ],
  ['no clients', resource(`${ISSUER}, client_ids: []`), 'client_ids must not be empty'],
  [
    'a service of nobody',
    resource(`${ISSUER}, services: [{ issuer: https://b.test, subject: x }]`),
    `services.0.issuer ${NOT_GOOD}`,
  ],
  [
    'a service of a slash more',
    resource(`${ISSUER}, services: [{ issuer: 'https://login.acme.test/', subject: x }]`),
    `services.0.issuer ${NOT_GOOD}`,
  ],
  [
    'a local service where local tokens are off',
    resource(`${ISSUER}, services: [{ issuer: local, subject: x }]`),
    `services.0.issuer ${NOT_GOOD}`,
  ],
  [
    'a service of an issuer in local mode',
    'mode: local, services: [{ issuer: https://b.test, subject: x }]',
    `services.0.issuer ${NOT_GOOD}`,
  ],
  [
    'a service of one of several',
    `${several(ISSUER)}, services: [{ subject: x }]`,
    'services.0.issuer is missing. Say which of the issuers',
  ],
  [
    'a service twice',
    'mode: local, services: [{ subject: x }, { issuer: local, subject: x }]',
    'services.1.subject stands twice. Name every service once',
  ],
  [
    'a service that is everyone',
    'mode: local, services: [{ subject: x, principals: [everyone] }]',
    'services.0.principals.0 expected person:<e-mail>, org:<group> or domain:<name>',
  ],
  [
    'a service without a name',
    'mode: local, services: [{ subject: "a\\nb" }]',
    'services.0.subject must be the subject of an issuer',
  ],
  [
    'a misspelt setting of an issuer',
    several(`${ISSUER}, client_id: [x]`),
    'issuers.0.client_id is not a known setting. Did you mean client_ids? Known: audience, authoritative_for, client_ids, issuer, profile',
  ],
])('%s gets a sentence that says what to do', async (_name, written, sentence) => {
  await expect(load(`${GOOD}identity: { ${written} }\n`)).rejects.toMatchObject({
    code: 'config',
    message: `castellan.yaml: identity.${sentence}.`,
  });
});

test('the directory is one of the sources, and a name that is none of them is refused', async () => {
  expect((await load(`${GOOD}identity: { mode: local, directory: wiki }\n`)).rules.directory).toBe('wiki');
  expect((await load(GOOD)).rules.directory).toBeUndefined();

  await expect(load(`${GOOD}identity: { mode: local, directory: people }\n`)).rejects.toThrow(
    'identity.directory names people, which is no source here. Known: wiki.',
  );
});
