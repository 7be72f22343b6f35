import { describe, expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import { ROUNDS } from '../../src/core/decide.ts';
import { account, aWorld, folder, page } from '../support/a-world.ts';
import { only } from '../support/builders.ts';

const PLAN = 'wiki:plan';

describe('folders', () => {
  test('a folder that is moved takes all below it along, in both directions', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), folder('a', only('user:ada')), folder('b', only('user:bob')));
    await world.tell('wiki', folder('sub', only('audience:a'), 'a'), page(only('audience:sub'), { parent: 'sub' }));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada']);
    await world.tell('wiki', folder('sub', only('audience:b'), 'b'));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['bob']);
    await world.tell('wiki', { type: 'delete', key: 'a' }); // it holds nothing any more
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['bob']);
  });

  test('a folder that is deleted, or was never there, holds for nobody; an own grant beside it still does', async () => {
    const world = await aWorld();
    await world.tell('wiki', account('ada'), account('bob'), folder('a', only('user:ada')));
    await world.tell('wiki', page(only('audience:a', 'user:bob')), page(only('audience:never'), { key: 'lost' }));
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['ada', 'bob']);
    await world.tell('wiki', { type: 'delete', key: 'a' });
    expect(await world.readers(PLAN, 'ada', 'bob')).toEqual(['bob']);
    expect(await world.readers('wiki:lost', 'ada', 'bob')).toEqual([]);
  });

  test('folders that name each other add nothing, and an own grant among them still holds for both', async () => {
    const world = await aWorld();
    await world.tell(
      'wiki',
      account('ada'),
      folder('a', only('audience:b')),
      folder('b', only('audience:a')),
      page(only('audience:a')),
    );
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
    await world.tell('wiki', folder('b', only('audience:a', 'user:ada')));
    expect(await world.readers(PLAN, 'ada')).toEqual(['ada']);
    await world.tell('wiki', folder('a', only('audience:a')));
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
  });

  test('parents that hold each other are deleted together, and a delete of one ends', async () => {
    const world = await aWorld();
    await world.tell(
      'wiki',
      folder('a', only('public'), 'b'),
      folder('b', only('public'), 'a'),
      page(only('public'), { parent: 'b' }),
    );
    expect(await world.readers(PLAN, 'una')).toEqual(['una']);
    await world.tell('wiki', { type: 'delete', key: 'a' });
    expect(await world.readers(PLAN, 'una')).toEqual([]);
  });

  test(`folders ${ROUNDS} deep hold, and one more holds for nobody`, async () => {
    const world = await aWorld();
    const chain = Array.from({ length: ROUNDS + 1 }, (_, at) =>
      folder(`c${at + 1}`, at === 0 ? only('user:ada') : only(`audience:c${at}`)),
    );
    await world.tell('wiki', account('ada'), ...chain.toReversed());
    await world.tell(
      'wiki',
      page(only(`audience:c${ROUNDS}`), { key: 'deep' }),
      page(only(`audience:c${ROUNDS + 1}`), { key: 'deeper' }),
    );
    expect(await world.readers('wiki:deep', 'ada')).toEqual(['ada']);
    expect(await world.readers('wiki:deeper', 'ada')).toEqual([]);
  });

  test('two terms narrow: a folder and a restriction must both hold', async () => {
    const world = await aWorld();
    const both: Acl = {
      terms: [
        { allow: ['audience:a'], deny: [], from: 'folder' },
        { allow: ['user:bob', 'user:eve'], deny: [], from: 'restriction' },
      ],
    };
    await world.tell(
      'wiki',
      account('ada'),
      account('bob'),
      account('eve'),
      folder('a', only('user:ada', 'user:bob')),
      page(both),
    );
    expect(await world.readers(PLAN, 'ada', 'bob', 'eve')).toEqual(['bob']);
  });

  test('a document that becomes a folder is read by nobody, decides for others, and is a document again', async () => {
    const world = await aWorld();
    const below = page(only('audience:plan'), { key: 'below' });
    await world.tell('wiki', account('ada'), account('bob'), page(only('user:ada')), below);
    expect([await world.readers(PLAN, 'ada', 'bob'), await world.readers('wiki:below', 'ada', 'bob')]).toEqual([
      ['ada'],
      ['ada'],
    ]);
    await world.tell('wiki', folder('plan', only('user:bob')));
    expect([await world.readers(PLAN, 'ada', 'bob'), await world.readers('wiki:below', 'ada', 'bob')]).toEqual([[], ['bob']]);
    await world.tell('wiki', page(only('user:ada')));
    expect([await world.readers(PLAN, 'ada', 'bob'), await world.readers('wiki:below', 'ada', 'bob')]).toEqual([
      ['ada'],
      ['ada'],
    ]);
  });

  test('a document that is deleted and comes back has the permissions it comes back with', async () => {
    const world = await aWorld();
    await world.tell(
      'wiki',
      account('ada'),
      account('bob'),
      page(only('user:ada')),
      page(only('audience:plan'), { key: 'below' }),
    );
    await world.tell('wiki', { type: 'delete', key: 'plan' });
    expect(await world.readers('wiki:below', 'ada', 'bob')).toEqual([]);
    await world.tell('wiki', page(only('user:bob')));
    expect([await world.readers(PLAN, 'ada', 'bob'), await world.readers('wiki:below', 'ada', 'bob')]).toEqual([
      ['bob'],
      ['bob'],
    ]);
  });

  test('a folder of one source is no folder of another', async () => {
    const world = await aWorld();
    await world.tell('desk', account('ada'), folder('a', only('public')));
    await world.tell('wiki', account('ada'), page(only('audience:a')));
    expect(await world.readers(PLAN, 'ada')).toEqual([]);
  });
});
