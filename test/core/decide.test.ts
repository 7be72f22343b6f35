import { describe, expect, test } from 'vitest';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import { decide } from '../../src/core/decide.ts';
import { anAccount, except, only } from '../support/builders.ts';
import { factsOf, type Told } from '../support/told.ts';

/**
 * The people who ask. Ada and Bob are members; Gus has a guest account; Liz left, her account is inactive;
 * Una is of the organisation and has no account here; Max is of another organisation; Ned is known by no e-mail.
 */
const PEOPLE = ['ada', 'bob', 'gus', 'liz', 'una', 'max', 'ned'] as const;

const person = (name: string): Identity => {
  if (name === 'ned') return { issuer: 'idp', subject: name };
  return { issuer: 'idp', subject: name, email: `${name}@${name === 'max' ? 'partner.test' : 'acme.test'}` };
};

const CAST: Told = {
  accounts: [
    anAccount({ id: 'ada' }),
    anAccount({ id: 'bob' }),
    anAccount({ id: 'gus', kind: 'guest' }),
    anAccount({ id: 'liz', active: false }),
  ],
  links: { ada: ['ada'], bob: ['bob'], gus: ['gus'] },
  groups: {
    eng: { members: ['group:platform', 'user:zoe'] },
    platform: { members: ['user:ada'] },
    sales: { members: ['user:bob'] },
    empty: { members: [] },
    partners: { members: ['person:max@partner.test', 'domain:other.test'] },
    staff: { members: ['everyone'] },
    left: { members: ['group:right', 'user:ada'] },
    right: { members: ['group:left', 'user:bob'] },
    loop: { members: ['group:loop'] },
    old: { members: ['user:ada', 'user:bob'], fresh: false },
    'holds-old': { members: ['group:old', 'user:ada'] },
    'holds-unlisted': { members: ['group:never'] },
    'holds-org': { members: ['org:everybody'] },
  },
};

/** Who of them may see what this acl guards. */
const readers = (acl: Acl, told: Told = {}): string[] =>
  PEOPLE.filter((name) => decide(acl, factsOf({ ...CAST, ...told }, person(name))) !== undefined);

const term = (allow: AclTerm['allow'], deny: AclTerm['deny'] = []): AclTerm => ({ allow, deny, from: 'test' });
const all = (first: AclTerm, ...rest: AclTerm[]): Acl => ({ terms: [first, ...rest] });

/** c1 is Ada's; each other one is whoever may see the one before. */
const chain = (length: number): NonNullable<Told['items']> =>
  Object.fromEntries(
    Array.from({ length }, (_, at) => [`c${at + 1}`, { acl: at === 0 ? only('user:ada') : only(`audience:c${at}`) }]),
  );

/** When what decides for Ada was confirmed. */
const decidedAt = (acl: Acl, told: Told): number | undefined => decide(acl, factsOf({ ...CAST, ...told }, person('ada')))?.at;

type Row = readonly [is: string, acl: Acl, readers: readonly string[]];

describe('one principal', () => {
  test.each<Row>([
    ['a user is whoever is linked to that account', only('user:ada'), ['ada']],
    ['an account that is inactive is nobody', only('user:liz'), []],
    ['a person is known by their e-mail, with or without an account', only('person:una@acme.test'), ['una']],
    ['a domain is that of the verified e-mail', only('domain:partner.test'), ['max']],
    ['everyone is who has an e-mail of ours, but no guest and nobody who left', only('everyone'), ['ada', 'bob', 'una']],
    ['public is every identified caller', only('public'), [...PEOPLE]],
    ['a group of the organisation holds nobody where there is no directory', only('org:everybody'), []],
    ['nobody is allowed by an empty list', only(), []],
    ['an unknown acl holds for nobody', { unknown: '403 from the source' }, []],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl)).toEqual(expected);
  });
});

describe('groups', () => {
  test.each<Row>([
    ['a group holds the members of the groups in it', only('group:eng'), ['ada']],
    ['a group of its own name in two places is still one group', only('group:eng', 'group:sales'), ['ada', 'bob']],
    ['a group may hold people of elsewhere', only('group:partners'), ['max']],
    ['a group may hold everyone', only('group:staff'), ['ada', 'bob', 'una']],
    ['two groups that hold each other hold both their members', only('group:left'), ['ada', 'bob']],
    ['a group that holds itself alone holds nobody', only('group:loop'), []],
    ['an empty group holds nobody', only('group:empty'), []],
    ['a group that was never listed holds nobody', only('group:never'), []],
    ['a listing past its promise holds nobody', only('group:old'), []],
    ['a fresh listing holds its own members beside a stale group', only('group:holds-old'), ['ada']],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl)).toEqual(expected);
  });
});

describe('denies: whoever is not surely outside is denied', () => {
  test.each<Row>([
    // Gus, as a guest, has an account and is surely not Bob. Una, Liz, Max and Ned have no usable account, and might be.
    ['a denied user takes all those along who have no account', except(['public'], ['user:bob']), ['ada', 'gus']],
    ['a denied group likewise', except(['public'], ['group:sales']), ['ada', 'gus']],
    ['a denied group is looked into as deep as it goes', except(['public'], ['group:eng']), ['bob', 'gus']],
    ['a denied group with a cycle ends', except(['public'], ['group:left']), ['gus']],
    ['a denied empty group denies nobody', except(['public'], ['group:empty']), [...PEOPLE]],
    ['a denied group that was never listed denies all', except(['public'], ['group:never']), []],
    ['so does one that holds such a group', except(['public'], ['group:holds-unlisted']), []],
    ['a denied stale group denies all', except(['public'], ['group:old']), []],
    ['a denied group of the organisation denies all', except(['public'], ['org:everybody']), []],
    ['so does a group that holds it', except(['public'], ['group:holds-org']), []],
    [
      'a denied person takes those along whose e-mail is unknown',
      except(['public'], ['person:bob@acme.test']),
      ['ada', 'gus', 'liz', 'una', 'max'],
    ],
    ['a denied domain likewise', except(['public'], ['domain:acme.test']), ['max']],
    ['denying everyone denies guests and those who left too', except(['public'], ['everyone']), ['max']],
    ['denying the public denies all', except(['user:ada'], ['public']), []],
    ['a deny beats an allow of the same person', except(['user:ada', 'user:bob'], ['user:ada']), ['bob']],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl)).toEqual(expected);
  });
});

describe('as Drive has it: the folder or an invitation', () => {
  const folder = { 'folder-1': { acl: only('group:eng') }, 'folder-2': { acl: only('audience:folder-1', 'user:gus') } };
  test.each<Row>([
    ['whoever may see the folder sees the file', only('audience:folder-1'), ['ada']],
    ['an invited person sees the file alone', only('audience:folder-1', 'user:bob'), ['ada', 'bob']],
    ['a folder in a folder adds its own guests', only('audience:folder-2'), ['ada', 'gus']],
    ['a link for the whole domain', only('audience:folder-1', 'domain:acme.test'), ['ada', 'bob', 'gus', 'liz', 'una']],
    ['a folder that is not there holds for nobody, an own grant beside it does', only('audience:gone', 'user:bob'), ['bob']],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl, { items: folder })).toEqual(expected);
  });
});

describe('as Confluence has it: the space and every restriction above', () => {
  const space = {
    space: { acl: only('everyone') },
    page: { acl: all(term(['audience:space']), term(['group:eng', 'user:bob'])) },
    child: { acl: all(term(['audience:page']), term(['user:bob', 'user:gus'])) },
  };
  test.each<Row>([
    ['a page without restrictions is the space’s', only('audience:space'), ['ada', 'bob', 'una']],
    ['a restriction narrows the space', only('audience:page'), ['ada', 'bob']],
    ['a restriction below narrows again, and adds nobody', only('audience:child'), ['bob']],
    ['a comment is seen by whoever sees its page', only('audience:child'), ['bob']],
    ['inheritance is broken by not naming the parent', only('user:gus'), ['gus']],
    ['one term that holds for nobody darkens all', all(term(['public']), term([])), []],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl, { items: space })).toEqual(expected);
  });
});

describe('as GitHub has it: teams and collaborators of a repository', () => {
  const repository = { 'acme/app': { acl: only('group:eng', 'user:gus') }, 'acme/site': { acl: only('public') } };
  test.each<Row>([
    ['an issue of a private repository is for its teams and collaborators', only('audience:acme/app'), ['ada', 'gus']],
    ['an issue of a public one is for all who are identified', only('audience:acme/site'), [...PEOPLE]],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl, { items: repository })).toEqual(expected);
  });
});

describe('as Slack has it: channels, guests in one of them, and no rights by e-mail', () => {
  const channels: Told = {
    groups: { workspace: { members: ['user:ada', 'user:bob'] } },
    items: { general: { acl: only('group:workspace') }, secret: { acl: only('user:ada', 'user:gus') } },
  };
  test.each<Row>([
    ['an open channel is for the workspace, not for guests', only('audience:general'), ['ada', 'bob']],
    ['a private channel is for whoever is in it, guests included', only('audience:secret'), ['ada', 'gus']],
  ])('%s', (_, acl, expected) => {
    expect(readers(acl, channels)).toEqual(expected);
  });
});

describe('containers', () => {
  test('a chain of 64 holds', () => {
    expect(readers(only('audience:c64'), { items: chain(64) })).toEqual(['ada']);
  });

  test('a chain of 65 holds for nobody', () => {
    expect(readers(only('audience:c65'), { items: chain(65) })).toEqual([]);
  });

  test('a cycle adds nobody, and an own grant inside it still holds', () => {
    const items = { a: { acl: only('audience:b') }, b: { acl: only('audience:a', 'user:bob') } };
    expect(readers(only('audience:a'), { items })).toEqual(['bob']);
    expect(readers(only('audience:me'), { items: { me: { acl: only('audience:me') } } })).toEqual([]);
  });

  test('a container past its promise holds for nobody', () => {
    expect(readers(only('audience:c1'), { items: { c1: { acl: only('public'), fresh: false } } })).toEqual([]);
  });

  test('a container of unknown permissions holds for nobody', () => {
    expect(readers(only('audience:c1'), { items: { c1: { acl: { unknown: 'not told' } } } })).toEqual([]);
  });
});

describe('an inactive account that is still linked', () => {
  const accounts = [anAccount({ active: false })];

  test('is nobody, and might be anybody', () => {
    expect(readers(only('user:ada', 'everyone'), { accounts })).not.toContain('ada');
    expect(readers(except(['public'], ['user:bob']), { accounts })).not.toContain('ada');
  });
});

describe('accounts past their promise', () => {
  const accounts = [{ ...anAccount({ id: 'ada' }), fresh: false }];

  test('allow nothing', () => {
    expect(readers(only('user:ada', 'everyone'), { accounts })).not.toContain('ada');
  });

  test('deny everything', () => {
    expect(readers(except(['public'], ['user:bob']), { accounts })).toEqual([]);
  });
});

describe('a person with two accounts, of which one is past its promise', () => {
  const accounts = [anAccount({ id: 'ada' }), { ...anAccount({ id: 'ada-2' }), fresh: false }];
  const told = { accounts, links: { ada: ['ada', 'ada-2'] } };

  test('is who the other one is', () => {
    expect(readers(only('user:ada'), told)).toEqual(['ada']);
    expect(readers(only('user:ada-2'), told)).toEqual([]);
  });

  test('is denied by either', () => {
    expect(readers(except(['user:ada'], ['user:ada-2']), told)).toEqual([]);
    expect(readers(except(['user:ada'], ['user:bob']), told)).toEqual(['ada']);
  });
});

describe('the time of a decision', () => {
  const ada = { accounts: [{ ...anAccount({ id: 'ada' }), at: 50 }] };

  test('is that of the oldest fact on the way: account, listing, container', () => {
    const groups = {
      eng: { members: ['group:platform' as const], at: 30 },
      platform: { members: ['user:ada' as const], at: 40 },
    };
    expect(decidedAt(only('user:ada'), ada)).toBe(50);
    expect(decidedAt(only('group:platform'), { ...ada, groups })).toBe(40);
    expect(decidedAt(only('group:eng'), { ...ada, groups })).toBe(30);
    expect(decidedAt(only('audience:f'), { ...ada, groups, items: { f: { acl: only('group:eng'), at: 20 } } })).toBe(20);
  });

  test('counts what had to be known to say that a deny does not match', () => {
    const groups = { sales: { members: ['user:bob' as const], at: 10 } };
    expect(decidedAt(except(['user:ada'], ['group:sales']), { ...ada, groups })).toBe(10);
  });

  test('is no time at all where nothing stored decided', () => {
    expect(decidedAt(only('public'), ada)).toBe(Infinity);
  });
});
