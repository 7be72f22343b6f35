import { describe, expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { aJsonlSource } from '../support/a-jsonl-source.ts';
import { aclOf, containerLine, documentLine, type JsonLine } from '../support/json-lines.ts';

const DROPPED = Symbol('dropped');
/** What a field may turn into on a broken way here. An empty list is not among them: it is a list that says nobody. */
const BROKEN = [DROPPED, null, 'x', 7, true, {}, [null], ['x'], [['user:ada']], { terms: [] }, { unknown: 7 }, { length: 0 }];

/** The lines that were there before: all of it open. */
const OPEN = [
  { type: 'listing' },
  { type: 'account', id: 'bob', emails: ['bob@acme.test'], active: true, kind: 'member' },
  { type: 'members', group: 'blocked', members: ['user:eve'] },
  containerLine(),
  documentLine(),
  { type: 'complete' },
];

/** The same line with something else at a path. */
const broken = (line: JsonLine, path: readonly (string | number)[], value: unknown): JsonLine => {
  const copy: unknown = structuredClone(line);
  let at = Object(copy);
  for (const step of path.slice(0, -1)) at = at[step];
  const last = path.at(-1) ?? '';
  if (value !== DROPPED) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return Object(copy);
};

/** What is said when this line follows the open ones: read with them, and appended to them. */
const bothWays = async (line: JsonLine): Promise<readonly Change[][]> => {
  const whole = await (await aJsonlSource([...OPEN, line])).sync();
  const source = await aJsonlSource(OPEN);
  await source.sync();
  await source.append([line]);
  return [whole, await source.sync()];
};

/** Does the run say that something went wrong, and nothing that would let the next one pass over it? */
const endsInDoubt = (changes: readonly Change[]): boolean => {
  const types = changes.map(({ type }) => type);
  const last = changes.findLast((change) => change.type === 'checkpoint');
  return types.includes('problem') && !types.includes('unchanged') && Object(last?.cursor).done === false;
};

const CLOSING = aclOf(['user:ada'], ['group:blocked', 'user:bob']);

/** Nobody, or at most those of the closing acl. */
const isNarrow = (acl: Acl): boolean =>
  'unknown' in acl ||
  acl.terms.every(
    ({ allow, deny }) =>
      allow.every((each) => each === 'user:ada') && deny.includes('group:blocked') && deny.includes('user:bob'),
  );

const aclsOf = (changes: readonly Change[], key: string): Acl[] =>
  changes.flatMap((change) => {
    if (change.type === 'document') return change.document.key === key ? [change.document.acl] : [];
    return (change.type === 'acl' || change.type === 'container') && change.key === key ? [change.acl] : [];
  });

describe.each([
  ['document', documentLine({ acl: CLOSING }), 'plan'],
  ['container', containerLine({ acl: CLOSING }), 'space'],
  ['acl', { type: 'acl', key: 'plan', acl: CLOSING }, 'plan'],
])('a %s that closes', (_, line, key) => {
  const paths = [
    ['acl'],
    ['acl', 'terms'],
    ['acl', 'terms', 0],
    ['acl', 'terms', 0, 'allow'],
    ['acl', 'terms', 0, 'allow', 0],
    ['acl', 'terms', 0, 'deny'],
    ['acl', 'terms', 0, 'from'],
    ['type'],
  ];

  test.each(paths.map((path) => [path.join('.'), path] as const))('never opens by a broken %s', async (_, path) => {
    for (const value of BROKEN) {
      for (const changes of await bothWays(broken(line, path, value))) {
        const acls = aclsOf(changes, key);
        expect(acls).toHaveLength(1);
        expect(acls.filter((acl) => !isNarrow(acl))).toEqual([]);
      }
    }
  });

  test.each([null, 'x', 7, {}, ['x']])('never opens by a deny of %j', async (value) => {
    for (const changes of await bothWays(broken(line, ['acl', 'terms', 0, 'deny', 0], value))) {
      expect(aclsOf(changes, key)).toEqual([{ unknown: expect.stringContaining('line 7') }]);
      expect(changes.filter(({ type }) => type === 'document').map((change) => Object(change).document.key)).not.toContain(key);
    }
  });

  test('of an unreadable key leaves nothing that is called whole', async () => {
    for (const value of [DROPPED, null, 7, '', ['plan'], 'a\u0001']) {
      for (const changes of await bothWays(broken(line, ['key'], value))) {
        expect(endsInDoubt(changes)).toBe(true);
        expect(changes.map(({ type }) => type)).not.toContain('complete');
      }
    }
  });
});

const membersOf = (changes: readonly Change[]): unknown[] =>
  changes.flatMap((change) => (change.type === 'members' ? [change.members] : []));

const accountsOf = (changes: readonly Change[]): unknown[] =>
  changes.flatMap((change) => (change.type === 'account' ? [change.account] : []));

const page = (member: string, more?: true): JsonLine => ({
  type: 'members',
  group: 'blocked',
  members: [member],
  ...(more && { more }),
});

describe('a group that somebody is denied by', () => {
  const line = { type: 'members', group: 'blocked', members: ['user:eve', 'user:bob'] };

  test('is unknown where its members are broken', async () => {
    for (const [path, values] of [
      [['members'], BROKEN],
      [
        ['members', 1],
        [null, 'x', 7, {}, 'audience:space', 'public'],
      ],
      [['more'], [null, false, 'true', 1]],
      [['type'], BROKEN],
    ] as const) {
      for (const value of values) {
        for (const changes of await bothWays(broken(line, path, value))) {
          expect(membersOf(changes)).toEqual([{ unknown: expect.stringContaining('line 7') }]);
          expect(endsInDoubt(changes)).toBe(true);
        }
      }
    }
  });

  test('is not called whole where its name is broken', async () => {
    for (const value of [DROPPED, null, 7, '', ['blocked']]) {
      for (const changes of await bothWays(broken(line, ['group'], value))) expect(endsInDoubt(changes)).toBe(true);
    }
  });

  test.each([
    ['of which a page is broken', { type: 'members', group: 'blocked', members: null, more: true }],
    ['of which a page may be any unreadable line', { type: '\u0000' }],
    ['of which a page could not be learned', { type: 'members', group: 'blocked', members: { unknown: '403' }, more: true }],
  ])('%s is unknown, whatever pages still come, until it is listed anew', async (_, middle) => {
    const source = await aJsonlSource([page('user:eve', true), middle, page('user:bob', true), page('user:dan')]);
    expect(membersOf(await source.sync())).toEqual([{ unknown: expect.any(String) }]);
    await source.append([page('user:bob')]);
    expect(membersOf(await source.sync())).toEqual([['user:bob']]);
  });
});

describe('an account that is a guest or inactive', () => {
  const line = { type: 'account', id: 'bob', emails: ['bob@acme.test', 'b@acme.test'], active: false, kind: 'guest' };

  test('stays so under all its e-mails where a field is broken', async () => {
    for (const field of ['active', 'kind', 'type']) {
      for (const value of BROKEN.filter((each) => field !== 'active' || each !== true)) {
        for (const changes of await bothWays(broken(line, [field], value))) {
          expect(accountsOf(changes)).toMatchObject([{ id: 'bob', emails: line.emails, active: false, kind: 'guest' }]);
          expect(endsInDoubt(changes)).toBe(true);
        }
      }
    }
  });

  test('keeps the e-mails that were known where they are broken', async () => {
    for (const value of BROKEN) {
      for (const changes of await bothWays(broken(line, ['emails'], value))) {
        expect(accountsOf(changes)).toMatchObject([{ id: 'bob', emails: ['bob@acme.test'], active: false, kind: 'guest' }]);
        expect(endsInDoubt(changes)).toBe(true);
      }
    }
  });

  test('is not spoken of where no e-mail of it is known, so that none that is stored is lost', async () => {
    const changes = await (await aJsonlSource([{ ...line, emails: null }])).sync();
    expect(accountsOf(changes)).toEqual([]);
    expect(endsInDoubt(changes)).toBe(true);
  });

  test('is open again once a later line is readable', async () => {
    const source = await aJsonlSource([...OPEN, { ...line, kind: null }, { ...line, active: true, kind: 'member' }]);
    expect(accountsOf(await source.sync())).toMatchObject([{ active: true, kind: 'member' }]);
  });
});
