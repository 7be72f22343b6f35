import { describe, expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import { account, aWorld, folder, group, page, unknownGroup } from '../support/a-world.ts';
import { except, only } from '../support/builders.ts';
import { rulesFor } from '../support/looking.ts';

const PLAN = 'wiki:plan';

describe('a directory', () => {
  test('a directory whose sweep was refused still says who is active', async () => {
    const world = await aWorld({ ...rulesFor('wiki', 'people'), directory: 'people' });
    const many = Array.from({ length: 100 }, (_, at) => page(only('user:nobody'), { key: `d${at}` }));
    await world.tellAll('people', account('ada'), group('g', 'user:ada'), ...many);
    await world.tell('wiki', page(only('everyone')));
    expect(await world.readers('wiki:plan', 'ada')).toEqual(['ada']);
    await world.tellAll('people', account('ada'), group('g', 'user:ada'));
    expect(await world.readers('wiki:plan', 'ada')).toEqual(['ada']);
  });
});

describe('groups', () => {
  test('an empty group lets nobody in and keeps nobody out', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), group('none'));
    await world.tell('wiki', page(only('group:none'), { key: 'in' }), page(except(['public'], ['group:none']), { key: 'out' }));
    expect(await world.readers('wiki:in', 'ada', 'una')).toEqual([]);
    expect(await world.readers('wiki:out', 'ada', 'una')).toEqual(['ada', 'una']);
  });

  test('a group that was never listed keeps everybody out until it is', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), page(except(['public'], ['group:board'])));
    expect(await world.readers(PLAN, 'ada', 'bob', 'una')).toEqual([]);
    await world.tell('wiki', group('board', 'user:bob'));
    expect(await world.readers(PLAN, 'ada', 'bob', 'una')).toEqual(['ada']);
  });

  test('a group that a whole listing leaves out is as one that was never listed, not as an empty one', async () => {
    const world = await aWorld();
    await world.tell(
      'wiki',
      account('ada'),
      account('bob'),
      group('board', 'user:bob'),
      page(except(['public'], ['group:board'])),
    );
    expect(await world.readers(PLAN, 'ada')).toEqual(['ada']);
    await world.tellAll('wiki', account('ada'), account('bob'), page(except(['public'], ['group:board'])));
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
  });

  test('members that come before their group and their accounts hold as soon as all of them are there', async () => {
    const world = await aWorld();
    await world.tell('wiki', page(only('group:outer')));
    await world.tell('wiki', group('outer', 'group:inner'));
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
    await world.tell('wiki', group('inner', 'user:ada'));
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
    await world.tell('wiki', account('ada'));
    expect(await world.readers(PLAN, 'ada')).toEqual(['ada']);
  });

  test('pages of a group count together, and none of them before the last', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), group('crew', 'user:ada'), page(only('group:crew')));
    const first: Change = { type: 'members', group: 'crew', members: ['user:bob'], more: true };
    await world.tell('wiki', first);
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada']);
    await world.tell('wiki', group('crew', 'user:ada')); // the page of the run before is forgotten, not put before this one
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada']);
    await world.tell('wiki', first, group('crew', 'user:ada'));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada', 'bob']);
  });

  test('the last whole listing stands while newer ones fail, and is replaced by the next that succeeds', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), group('crew', 'user:ada'), page(only('group:crew')));
    await world.tell('wiki', unknownGroup('crew'));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada']);
    await world.tell('wiki', group('crew', 'user:bob'));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['bob']);
  });

  test('the same group id in two sources is two groups, in allow and in deny', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), group('eng', 'user:ada'));
    await world.tell('desk', account('ada'), account('bob'), group('eng', 'user:bob'));
    for (const source of ['wiki', 'desk']) {
      await world.tell(source, page(only('group:eng'), { key: 'in' }), page(except(['public'], ['group:eng']), { key: 'out' }));
    }
    expect(await world.readers('wiki:in', 'ada', 'bob')).toEqual(['ada']);
    expect(await world.readers('wiki:out', 'ada', 'bob')).toEqual(['bob']);
    expect(await world.readers('desk:in', 'ada', 'bob')).toEqual(['bob']);
    expect(await world.readers('desk:out', 'ada', 'bob')).toEqual(['ada']);
  });
});

describe('people', () => {
  test('whoever has no account is kept out by a deny of anybody who has one', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), group('board', 'user:bob'));
    await world.tell(
      'wiki',
      page(except(['public'], ['user:bob']), { key: 'one' }),
      page(except(['public'], ['group:board']), { key: 'all' }),
    );
    expect(await world.readers('wiki:one', 'ada', 'bob', 'una')).toEqual(['ada']);
    expect(await world.readers('wiki:all', 'ada', 'bob', 'una')).toEqual(['ada']);
  });

  test('whoever is a guest in one source and a member in another is everyone in the other alone', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('gus', { kind: 'guest' }), page(only('everyone')), page(only('user:gus'), { key: 'own' }));
    await world.tell('desk', account('gus'), page(only('everyone')));
    expect(await world.readers(PLAN, 'gus')).toEqual([]);
    expect(await world.readers('wiki:own', 'gus')).toEqual(['gus']);
    expect(await world.readers('desk:plan', 'gus')).toEqual(['gus']);
  });

  test('whoever is deactivated sees nothing by user, group or everyone from the next call on, and is kept out by every deny', async () => {
    const world = await aWorld();
    const acls: readonly [string, Acl][] = [
      ['user', only('user:liz')],
      ['group', only('group:crew')],
      ['everyone', only('everyone')],
      ['denied', except(['public'], ['user:bob'])],
      ['own-folder', only('audience:hers')],
    ];
    const seen = (): Promise<string[][]> => Promise.all(acls.map(([key]) => world.readers(`wiki:${key}`, 'liz')));
    await world.tell('wiki', account('liz'), account('bob'), group('crew', 'user:liz'), folder('hers', only('user:liz')));
    await world.tell('wiki', ...acls.map(([key, acl]) => page(acl, { key })));
    expect(await seen()).toEqual(acls.map(() => ['liz']));
    await world.tell('wiki', account('liz', { active: false }));
    expect(await seen()).toEqual(acls.map(() => []));
    await world.tell('wiki', account('liz'));
    expect(await seen()).toEqual(acls.map(() => ['liz']));
  });

  test('whoever a whole listing leaves out is deactivated', async () => {
    const world = await aWorld();
    await world.tellAll('wiki', account('liz'), account('bob'), page(only('user:liz')));
    expect(await world.readers(PLAN, 'liz')).toEqual(['liz']);
    await world.tellAll('wiki', account('bob'), page(only('user:liz')));
    expect(await world.readers(PLAN, 'liz')).toEqual([]);
  });

  test('two active accounts with one e-mail are nobody, and the first to be linked stays', async () => {
    const world = await aWorld();
    const both = [page(only('user:a1'), { key: 'a1' }), page(only('user:a2'), { key: 'a2' })];
    const second = account('a2', { emails: ['ada@acme.test'] });
    await world.tell('wiki', account('a1', { emails: ['ada@acme.test'] }), second, ...both);
    await world.tell('desk', account('a1', { emails: ['ada@acme.test'] }), ...both);
    expect([await world.readers('wiki:a1', 'ada'), await world.readers('wiki:a2', 'ada')]).toEqual([[], []]);
    expect([await world.readers('desk:a1', 'ada'), await world.readers('desk:a2', 'ada')]).toEqual([['ada'], []]);
    await world.tell('desk', second);
    expect([await world.readers('desk:a1', 'ada'), await world.readers('desk:a2', 'ada')]).toEqual([['ada'], []]);
  });

  test('an e-mail of a guest beside that of a member makes them no member', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('g', { emails: ['ada@acme.test'], kind: 'guest' }), page(only('everyone')));
    expect(await world.readers(PLAN, 'ada', 'una')).toEqual(['una']);
  });
});

/** The same address, a year later: the issuer gave it to somebody else. */
const HEIR: Identity = { issuer: 'idp', subject: 'ada-the-second', email: 'ada@acme.test' };

const inherited = async () => {
  const world = await aWorld();
  await world.tell(
    'wiki',
    account('u1', { emails: ['ada@acme.test'], name: 'The first Ada', kind: 'member' }),
    account('bob'),
    group('crew', 'user:u1'),
    folder('hers', only('user:u1')),
    page(only('user:u1'), { key: 'own' }),
    page(only('group:crew'), { key: 'crew' }),
    page(only('audience:hers'), { key: 'folder' }),
    page(only('user:u2'), { key: 'new' }),
    page(only('public'), { key: 'written', author: 'user:u1' }),
  );
  expect(await world.readers('wiki:own', 'ada')).toEqual(['ada']);
  await world.tell('wiki', account('u1', { emails: [], active: false, name: 'The first Ada' }));
  await world.tell('wiki', account('u2', { emails: ['ada@acme.test'], name: 'The second Ada', kind: 'guest' }));
  return world;
};

describe('an e-mail that goes from one account to another', () => {
  test.each(['own', 'crew', 'folder'])('brings nothing of what the old account saw by its %s', async (key) => {
    const world = await inherited();
    expect(await world.readers(`wiki:${key}`, 'ada', HEIR)).toEqual([]);
  });

  test('brings what the new account may see', async () => {
    const world = await inherited();
    expect(await world.readers('wiki:new', HEIR)).toEqual(['ada-the-second']);
  });

  test('leaves what was written to whoever wrote it, under their name and with their trust', async () => {
    const world = await inherited();
    const { metadata } = (await world.read(HEIR, 'wiki:written')) ?? {};
    expect(metadata).toMatchObject({ author: 'The first Ada', author_trust: 'member' });
  });

  test('says nothing to the deny of the old account, which the heir surely is not', async () => {
    const world = await inherited();
    await world.tell('wiki', page(except(['public'], ['user:u1']), { key: 'not-the-first' }));
    expect(await world.readers('wiki:not-the-first', 'bob', HEIR)).toEqual(['bob', 'ada-the-second']);
  });

  test('brings nothing back to the old account when that is reactivated under another address', async () => {
    const world = await inherited();
    await world.tell('wiki', account('u1', { emails: ['first@acme.test'] }));
    expect(await world.readers('wiki:own', 'ada', HEIR, 'first')).toEqual(['first']);
  });

  test('links nobody while both accounts carry it', async () => {
    const world = await aWorld();
    await world.tell(
      'wiki',
      account('u1', { emails: ['ada@acme.test'] }),
      page(only('user:u1')),
      page(only('user:u2'), { key: 'new' }),
    );
    await world.tell('wiki', account('u2', { emails: ['ada@acme.test'] }));
    expect([await world.readers(PLAN, HEIR), await world.readers('wiki:new', HEIR)]).toEqual([[], []]);
  });
});

describe('an account id that goes from one person to another', () => {
  test('takes the old person’s link away before it gives the new one theirs', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('u1', { emails: ['ada@acme.test'] }), page(only('user:u1')));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada']);
    await world.tell('wiki', account('u1', { emails: ['bob@acme.test'] }));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['bob']);
  });
});
