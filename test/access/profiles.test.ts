import { describe, expect, test } from 'vitest';

import { auth0 } from '../../src/access/profiles/auth0.ts';
import { entra } from '../../src/access/profiles/entra.ts';
import { generic } from '../../src/access/profiles/generic.ts';
import { keycloak } from '../../src/access/profiles/keycloak.ts';
import { okta } from '../../src/access/profiles/okta.ts';
import type { Profile, Said } from '../../src/access/profiles/profile.ts';

const TENANT = '11111111-2222-3333-4444-555555555555';
const ISSUERS = new Map([[entra, `https://login.microsoftonline.com/${TENANT}/v2.0`]]);

const read = (profile: Profile, claims: object): Said | undefined =>
  profile.read(claims, ISSUERS.get(profile) ?? 'https://login.acme.test');

const email = (verified: boolean): Said['email'] => ({ address: 'ada@acme.test', verified });
const MAIL = { email: 'ada@acme.test', email_verified: true };

interface Row {
  readonly name: string;
  readonly profile: Profile;
  /** A person's token with the least that its issuer sends. */
  readonly person: object;
  readonly subject: string;
  /** A service's. */
  readonly service: object;
  /** What an access token must have. */
  readonly needed: readonly string[];
  readonly types: readonly (string | undefined)[];
}

const ROWS: readonly Row[] = [
  {
    name: 'generic',
    profile: generic,
    person: { sub: 'u1', client_id: 'agent', scope: 'read openid' },
    subject: 'u1',
    service: { sub: 'agent', client_id: 'agent', scope: 'read openid' },
    needed: ['sub', 'client_id'],
    types: ['at+jwt'],
  },
  {
    name: 'keycloak',
    profile: keycloak,
    person: { sub: 'u1', azp: 'agent', typ: 'Bearer', scope: 'read openid' },
    subject: 'u1',
    service: { sub: 'u1', azp: 'agent', typ: 'Bearer', scope: 'read openid', preferred_username: 'service-account-agent' },
    needed: ['sub', 'azp', 'typ'],
    types: ['jwt', 'at+jwt'],
  },
  {
    name: 'okta',
    profile: okta,
    person: { sub: 'ada@acme.test', uid: 'u1', cid: 'agent', scp: ['read', 'openid'] },
    subject: 'u1',
    service: { sub: 'agent', cid: 'agent', scp: ['read', 'openid'] },
    needed: ['sub', 'uid', 'cid'],
    types: [undefined, 'jwt', 'at+jwt'],
  },
  {
    name: 'auth0',
    profile: auth0,
    person: { sub: 'auth0|u1', azp: 'agent', scope: 'read openid' },
    subject: 'auth0|u1',
    service: { sub: 'agent@clients', azp: 'agent', scope: 'read openid' },
    needed: ['sub', 'azp', 'scope'],
    types: ['jwt', 'at+jwt'],
  },
  {
    name: 'entra',
    profile: entra,
    person: { sub: 'pairwise', tid: TENANT, oid: 'u1', azp: 'agent', scp: 'read openid' },
    subject: 'u1',
    service: { sub: 'u1', tid: TENANT, oid: 'u1', azp: 'agent', idtyp: 'app', roles: ['read', 'openid'] },
    needed: ['tid', 'oid', 'azp', 'scp'],
    types: ['jwt', 'at+jwt'],
  },
];

describe.each(ROWS)('the profile $name', ({ profile, person, subject, service, needed, types }) => {
  test('reads a person with the least that is sent', () => {
    expect(read(profile, person)).toEqual({ subject, client: 'agent', scopes: ['read', 'openid'] });
  });

  test('gives a service no e-mail, whatever its token carries', () => {
    expect(read(profile, { ...service, ...MAIL, xms_edov: true })).toEqual({
      subject: expect.any(String),
      client: 'agent',
      scopes: ['read', 'openid'],
    });
  });

  test.each(needed)('takes no token for an access token without %s', (claim) => {
    expect(read(profile, { ...person, [claim]: undefined })).toBeUndefined();
    expect(read(profile, { ...person, [claim]: 7 })).toBeUndefined();
    expect(read(profile, { ...person, [claim]: ['x'] })).toBeUndefined();
  });

  test('takes nothing from groups, from names of somebody’s own, nor from an e-mail that is no text', () => {
    const more = {
      groups: ['admins'],
      'https://acme.test/email': 'ada@acme.test',
      email: ['ada@acme.test'],
      email_verified: true,
    };
    expect(read(profile, { ...person, ...more })).toEqual(read(profile, person));
  });

  test('knows its types', () => {
    expect(profile.types).toEqual(types);
  });

  test('takes nothing for nothing', () => {
    expect(read(profile, {})).toBeUndefined();
    expect(profile.read(null, 'https://login.acme.test')).toBeUndefined();
  });
});

describe.each(ROWS.filter(({ name }) => name !== 'entra'))('an e-mail in a token of $name', ({ profile, person }) => {
  test.each<[unknown, boolean]>([
    [true, true],
    [false, false],
    ['true', false],
    ['false', false],
    [1, false],
    [undefined, false],
    [null, false],
  ])('with email_verified %j is verified: %j', (said, verified) => {
    expect(read(profile, { ...person, email: 'ada@acme.test', email_verified: said })?.email).toEqual(email(verified));
  });
});

describe('Entra', () => {
  const person = { tid: TENANT, oid: 'u1', azp: 'agent', scp: 'read', email: 'ada@acme.test' };

  test.each<[string, object, boolean]>([
    ['nothing', {}, false],
    ['email_verified, which it never sends', { email_verified: true }, false],
    ['xms_edov', { xms_edov: true }, true],
    ['xms_edov as text', { xms_edov: '1' }, false],
    [
      'xms_edov of a member, by all signs',
      { xms_edov: true, acct: 0, idp: `https://sts.windows.net/${TENANT}/`, upn: 'ada@acme.test' },
      true,
    ],
  ])('with %s says of an e-mail that it is verified: %#', (_name, claims, verified) => {
    expect(read(entra, { ...person, ...claims })?.email).toEqual(email(verified));
  });

  test.each<[string, object]>([
    ['account type', { acct: 1 }],
    ['account type as text', { acct: '1' }],
    ['identity provider', { idp: 'https://sts.windows.net/99999999-2222-3333-4444-555555555555/' }],
    ['name', { upn: 'ada_acme.test#EXT#@other.test' }],
    ['shown name', { preferred_username: 'ada_acme.test#ext#@other.test' }],
  ])('a guest, by their %s, has no e-mail to believe', (_name, claims) => {
    expect(read(entra, { ...person, xms_edov: true, ...claims })).toEqual({ subject: 'u1', client: 'agent', scopes: ['read'] });
  });

  test('the older tokens name their client otherwise', () => {
    expect(read(entra, { ...person, azp: undefined, appid: 'old' })).toMatchObject({ client: 'old' });
  });

  test('a token of another tenant, or of a device, or an ID token with roles is none', () => {
    expect(read(entra, { ...person, tid: TENANT.replace('1', '9') })).toBeUndefined();
    expect(read(entra, { ...person, tid: '' })).toBeUndefined();
    expect(read(entra, { ...person, idtyp: 'device' })).toBeUndefined();
    expect(read(entra, { ...person, scp: undefined, roles: ['read'] })).toBeUndefined();
  });
});

test.each(['ID', 'Refresh', 'Logout', 'bearer'])('a token that Keycloak calls %s is no access token', (typ) => {
  expect(read(keycloak, { sub: 'u1', azp: 'agent', scope: 'read', typ })).toBeUndefined();
});

test.each([{ clientHost: '10.0.0.1' }, { clientAddress: '10.0.0.1' }])('Keycloak’s %j marks a service', (mark) => {
  expect(read(keycloak, { sub: 'u1', azp: 'agent', typ: 'Bearer', ...MAIL, ...mark })).not.toHaveProperty('email');
});

test('Auth0’s newer tokens name their client otherwise, and a grant can mark a service', () => {
  const token = { sub: 'x', client_id: 'agent', scope: 'read', ...MAIL };
  expect(read(auth0, token)).toMatchObject({ client: 'agent', email: email(true) });
  expect(read(auth0, { ...token, gty: 'client-credentials' })).not.toHaveProperty('email');
});
