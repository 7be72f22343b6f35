import { expect, describe, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import { activityOf } from '../../src/core/activity.ts';
import type { Identity } from '../../src/core/caller.ts';
import { decide } from '../../src/core/decide.ts';
import { anAccount, except, only } from '../support/builders.ts';
import { factsOf, type Told } from '../support/told.ts';

/**
 * The directory knows Ada and Bob; Gus as a guest; Liz, who left; Rae, who left and whose e-mail Ray has now; and two of one e-mail.
 * Sam is a stranger to it. Everybody but Sam has an account in the wiki, Liz an active one still.
 */
const PEOPLE = ['ada', 'bob', 'gus', 'liz', 'rae', 'ray', 'twin', 'sam', 'ned'] as const;

const person = (name: string): Identity => {
  if (name === 'ned') return { issuer: 'idp', subject: name };
  if (name === 'rae') return { issuer: 'idp', subject: name, email: 'former-rae@acme.test' };
  return { issuer: 'idp', subject: name, email: `${name}@acme.test` };
};

const DIRECTORY: Told = {
  accounts: [
    anAccount({ id: 'a' }),
    anAccount({ id: 'b', emails: ['bob@acme.test'] }),
    anAccount({ id: 'g', emails: ['gus@acme.test'], kind: 'guest' }),
    anAccount({ id: 'l', emails: ['liz@acme.test'], active: false }),
    anAccount({ id: 'r', emails: [], active: false }),
    anAccount({ id: 'ray', emails: ['ray@acme.test'] }),
    anAccount({ id: 't1', emails: ['twin@acme.test'] }),
    anAccount({ id: 't2', emails: ['twin@acme.test'] }),
    anAccount({ id: 'n', emails: [] }),
  ].map((account) => ({ ...account, at: 70 })),
  links: { ada: ['a'], bob: ['b'], gus: ['g'], ray: ['ray'], ned: ['n'] },
  former: { rae: ['r'] },
  groups: {
    eng: { members: ['group:platform', 'user:b'], at: 60 },
    platform: { members: ['user:a'], at: 50 },
    left: { members: ['org:right', 'user:a'] },
    right: { members: ['org:left', 'user:b'] },
    empty: { members: [] },
    old: { members: ['user:a'], fresh: false },
  },
};

const WIKI: Told = {
  accounts: PEOPLE.filter((name) => name !== 'sam').map((id) => anAccount({ id, emails: [] })),
  links: Object.fromEntries(PEOPLE.filter((name) => name !== 'sam').map((name) => [name, [name]])),
  groups: { crew: { members: ['org:eng'] }, all: { members: PEOPLE.map((name) => `user:${name}` as const) } },
};

const readers = (acl: Acl, directory: NonNullable<Parameters<typeof factsOf>[2]>['directory'] = DIRECTORY): string[] =>
  PEOPLE.filter((name) => decide(acl, factsOf(WIKI, person(name), { ...(directory && { directory }) })) !== undefined);

type Row = readonly [is: string, acl: Acl, readers: readonly string[]];

describe('with a directory', () => {
  test.each<Row>([
    ['everyone is who is active in it as a member', only('everyone'), ['ada', 'bob', 'ray']],
    ['its groups can be named from every source', only('org:eng'), ['ada', 'bob']],
    ['a group of a source may hold one', only('group:crew'), ['ada', 'bob']],
    ['two that hold each other hold both their members', only('org:left'), ['ada', 'bob']],
    ['a group that it never listed holds nobody', only('org:sales'), []],
    ['an empty one holds nobody', only('org:empty'), []],
    ['a listing past its promise holds nobody', only('org:old'), []],
    [
      'who is inactive in it is nobody anywhere, whatever a source still says of them',
      only('user:liz', 'person:liz@acme.test', 'group:all', 'public'),
      ['ada', 'bob', 'gus', 'ray', 'twin', 'sam', 'ned'],
    ],
    [
      'so is who was linked to an account there that is inactive now, even without its e-mail',
      only('user:rae', 'public'),
      ['ada', 'bob', 'gus', 'ray', 'twin', 'sam', 'ned'],
    ],
    ['a stranger to it is who they are in the sources', only('person:sam@acme.test', 'user:twin'), ['twin', 'sam']],
    ['a denied group of it denies all who could be in it', except(['public'], ['org:platform']), ['bob', 'gus', 'ray']],
    [
      'a denied empty one denies nobody who is known by an e-mail',
      except(['public'], ['org:empty']),
      ['ada', 'bob', 'gus', 'ray', 'twin', 'sam'],
    ],
    ['a denied one that was never listed denies all', except(['public'], ['org:sales']), []],
    ['denying everyone denies guests and strangers to it', except(['public'], ['everyone']), []],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl)).toEqual(expected);
  });

  test('nobody holds anything before it was read to its end', () => {
    expect(readers(only('public', 'user:ada'), { ...DIRECTORY, unread: true })).toEqual([]);
  });

  test('who was active in it past its promise holds nothing', () => {
    const accounts = (DIRECTORY.accounts ?? []).map((account) => ({ ...account, fresh: account.id !== 'a' }));
    expect(readers(only('public', 'user:ada'), { ...DIRECTORY, accounts })).not.toContain('ada');
  });

  test('that somebody is active in it is among what decided', () => {
    const facts = factsOf(WIKI, person('ada'), { directory: DIRECTORY });
    expect(decide(only('public'), facts)).toEqual({ at: 70 });
    expect(decide(only('org:eng'), facts)).toEqual({ at: 50 });
  });

  test('a service is asked about nowhere in it', () => {
    const services = new Map([['idp|ada', { shared: ['org:sales' as const], accounts: new Map() }]]);
    const facts = factsOf(WIKI, person('ada'), { directory: DIRECTORY, services });
    expect(decide(only('org:sales'), facts)).toBeDefined();
    expect(decide(only('org:eng'), facts)).toBeUndefined();
  });
});

describe('an e-mail that somebody else has now', () => {
  const account = { ...anAccount(), linked: false, former: false, at: 0, fresh: true };

  test('leaves its new owner active', () => {
    const accounts = [
      { ...account, id: 'old', active: false },
      { ...account, id: 'new', linked: true },
    ];
    expect(activityOf({ accounts, read: true })).toMatchObject({ is: 'member' });
  });

  test('leaves whoever had it gone, once their own account is inactive', () => {
    expect(activityOf({ accounts: [{ ...account, active: false, former: true }], read: true })).toMatchObject({ is: 'gone' });
  });
});
