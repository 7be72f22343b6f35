import { describe, expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import { decide } from '../../src/core/decide.ts';
import type { Deniable } from '../../src/core/principal.ts';
import type { Service } from '../../src/core/service.ts';
import { anAccount, except, only } from '../support/builders.ts';
import { factsOf, type Told } from '../support/told.ts';

/** The configuration lists one service; of the other tokens without a person it knows nothing. */
const LISTED: Identity = { issuer: 'idp', subject: 'nightly' };
const UNLISTED: Identity = { issuer: 'idp', subject: 'stray' };
const SERVICE: Service = {
  shared: ['domain:acme.test', 'org:robots', 'person:desk@acme.test'],
  accounts: new Map([
    ['wiki', ['bot', 'idle', 'never-stored']],
    ['desk', ['mallory']],
  ]),
};
const services = new Map([['idp|nightly', SERVICE]]);

const CAST: Told = {
  accounts: [
    anAccount({ id: 'bot' }),
    anAccount({ id: 'idle', active: false }),
    anAccount({ id: 'ada' }),
    anAccount({ id: 'mallory' }),
  ],
  links: { nightly: ['ada'], stray: [] },
  groups: {
    bots: { members: ['user:bot'] },
    robots: { members: ['org:robots', 'group:people'] },
    people: { members: ['user:ada', 'person:ada@acme.test'] },
    staff: { members: ['everyone'] },
    empty: { members: [] },
  },
};

const allowed = (acl: Acl, identity: Identity = LISTED, told: Told = CAST): boolean =>
  decide(acl, factsOf(told, identity, { services })) !== undefined;
/** A deny of what is surely not them leaves the allow beside it standing. */
const surelyNot = (principal: Deniable, identity: Identity = LISTED, told: Told = CAST): boolean =>
  allowed(except(['public'], [principal]), identity, told);

describe('a service', () => {
  test.each([
    'public',
    'domain:acme.test',
    'org:robots',
    'person:desk@acme.test',
    'user:bot',
    'group:bots',
    'group:robots',
  ] as const)('holds what is listed for it: %s', (principal) => {
    expect(allowed(only(principal))).toBe(true);
  });

  test.each(['everyone', 'domain:other.test', 'org:staff', 'person:ada@acme.test', 'group:people', 'group:staff'] as const)(
    'may be and may not be what is not listed: %s',
    (principal) => {
      expect([allowed(only(principal)), surelyNot(principal)]).toEqual([false, false]);
    },
  );

  test('is nobody else in a source in which it has an account', () => {
    expect([surelyNot('user:ada'), surelyNot('user:mallory'), surelyNot('group:empty')]).toEqual([true, true, true]);
    expect(surelyNot('user:bot')).toBe(false);
  });

  test.each(['user:idle', 'user:never-stored'] as const)('may be a listed account that cannot be relied on: %s', (principal) => {
    expect([allowed(only(principal)), surelyNot(principal)]).toEqual([false, false]);
  });

  test('may be anybody where no account of it can be relied on', () => {
    const told: Told = { ...CAST, accounts: [anAccount({ id: 'bot', active: false }), anAccount({ id: 'ada' })] };
    const stale: Told = { ...CAST, accounts: [{ ...anAccount({ id: 'bot' }), fresh: false }] };
    expect([surelyNot('user:ada', LISTED, told), allowed(only('user:bot'), LISTED, told)]).toEqual([false, false]);
    expect([surelyNot('user:ada', LISTED, stale), allowed(only('user:bot'), LISTED, stale)]).toEqual([false, false]);
  });

  test('is no more by an e-mail or a link that its identity carries', () => {
    const carrying: Identity = { ...LISTED, email: 'ada@acme.test' };
    for (const principal of ['everyone', 'person:ada@acme.test', 'user:ada', 'group:people', 'group:staff'] as const) {
      expect(allowed(only(principal), carrying)).toBe(false);
    }
    expect(surelyNot('user:ada', carrying)).toBe(true);
  });
});

describe('an identity without a person that nobody listed', () => {
  test('holds public alone', () => {
    expect(allowed(only('public'), UNLISTED)).toBe(true);
    for (const principal of ['everyone', 'domain:acme.test', 'org:robots', 'user:bot', 'group:bots', 'group:empty'] as const) {
      expect([allowed(only(principal), UNLISTED), surelyNot(principal, UNLISTED)]).toEqual([
        false,
        principal === 'group:empty', // nobody is in it
      ]);
    }
  });

  test('of the same subject by another issuer is no service', () => {
    expect(allowed(only('domain:acme.test'), { issuer: 'other', subject: 'nightly' })).toBe(false);
  });
});
