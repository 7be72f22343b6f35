import { describe, expect, test } from 'vitest';

import { createVisibility, type Visibility } from '../../src/access/visibility.ts';
import type { Identity } from '../../src/core/caller.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import { carriedBy } from '../../src/core/policy.ts';
import type { HeldAcls, Reader } from '../../src/store/reader.ts';
import type { Write } from '../../src/store/store.ts';
import { anIndex } from '../support/an-index.ts';
import { anAccount, only } from '../support/builders.ts';
import { idsIn, person, rulesFor } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const RULES = rulesFor('wiki');
const DAY = DEFAULT_FRESHNESS.permissions.within;
const ADA = person('ada');

interface Asked {
  readonly reader: Reader;
  readonly visibility: Visibility;
}

/** What an identity is answered from: the same object means nothing was decided anew. */
const viewOf = ({ reader, visibility }: Asked, identity: Identity = ADA, now = 0): HeldAcls =>
  reader.read((reading) => visibility.of(reading, identity, now));

const shownTo = ({ reader, visibility }: Asked, identity: Identity, now = 0): string[] =>
  reader.read((reading) => idsIn(reading.snapshot(visibility.of(reading, identity, now), carriedBy('test', RULES), now, {})));

describe('a visibility is kept', () => {
  test('for one identity, and decided anew for another, or for the same with another e-mail', async () => {
    const index = await anIndex();
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const first = viewOf(asked);
    expect(viewOf(asked)).toBe(first);
    expect(viewOf(asked, person('bob'))).not.toBe(first);
    expect(viewOf(asked, { issuer: 'idp', subject: 'ada' })).not.toBe(first);
    expect(viewOf(asked, { ...ADA, issuer: 'other' })).not.toBe(first);
    expect(viewOf(asked)).toBe(first);
  });

  test('while only text moves', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const writer = await index.store.open('wiki', 'test', 1);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const first = viewOf(asked);
    await writer.write([document({ key: 'new' })]);
    expect(viewOf(asked)).toBe(first);
    expect(shownTo(asked, ADA)).toEqual(['wiki:new', 'wiki:plan']);
  });

  test('for so many callers; whoever asked longest ago goes first', async () => {
    const index = await anIndex();
    const asked = { reader: index.reader(), visibility: createVisibility(RULES, { callers: 2 }) };
    const [ada, bob] = [viewOf(asked, ADA), viewOf(asked, person('bob'))];
    expect(viewOf(asked, ADA)).toBe(ada);
    viewOf(asked, person('eve'));
    expect(viewOf(asked, ADA)).toBe(ada);
    expect(viewOf(asked, person('bob'))).not.toBe(bob);
  });

  test('for as many callers as hold so many acls together; whoever alone holds more is decided every time', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'a', acl: only('everyone') }),
      document({ key: 'b', acl: only('everyone', 'person:bob@acme.test') }),
      document({ key: 'c', acl: only('person:eve@acme.test') }),
    ]);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES, { acls: 4 }) };
    const [ada, bob] = [viewOf(asked, ADA), viewOf(asked, person('bob'))];
    expect([ada.acls.length, bob.acls.length]).toEqual([2, 2]);
    expect([viewOf(asked, ADA) === ada, viewOf(asked, person('bob')) === bob]).toEqual([true, true]);
    viewOf(asked, person('eve')); // holds three: Ada and Bob have to go
    expect([viewOf(asked, ADA) === ada, viewOf(asked, person('bob')) === bob]).toEqual([false, false]);
    const small = { ...asked, visibility: createVisibility(RULES, { acls: 1 }) };
    expect(viewOf(small)).not.toBe(viewOf(small));
  });
});

/** A folder that is one person's. */
const folder = (who: string): Write => ({
  type: 'container',
  key: 'top',
  title: 'Top',
  acl: only(`person:${who}@acme.test`),
});

describe('a visibility ends', () => {
  test('the moment a member is taken out of a group', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      { type: 'members', group: 'eng', members: ['person:ada@acme.test', 'person:bob@acme.test'] },
      document({ acl: only('group:eng') }),
    ]);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    expect(shownTo(asked, ADA)).toEqual(['wiki:plan']);
    const writer = await index.store.open('wiki', 'test', 1);
    await writer.write([{ type: 'members', group: 'eng', members: ['person:bob@acme.test'] }]);
    expect(shownTo(asked, ADA)).toEqual([]);
    expect(shownTo(asked, person('bob'))).toEqual(['wiki:plan']);
  });

  test('the moment a folder is moved, for the whole subtree', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      folder('ada'),
      { type: 'container', key: 'sub', title: 'Sub', acl: only('audience:top') },
      document({ acl: only('audience:sub') }),
    ]);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    expect([shownTo(asked, ADA), shownTo(asked, person('bob'))]).toEqual([['wiki:plan'], []]);
    await index.sync('wiki', [folder('bob')]);
    expect([shownTo(asked, ADA), shownTo(asked, person('bob'))]).toEqual([[], ['wiki:plan']]);
  });

  test('when the first promise it rests on runs out', async () => {
    const index = await anIndex();
    await index.sync('wiki', [{ type: 'members', group: 'eng', members: ['everyone'] }]);
    await index.sync('wiki', [document({ acl: only('group:eng') })], 10);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const first = viewOf(asked);
    expect(viewOf(asked, ADA, DAY)).toBe(first);
    expect(shownTo(asked, ADA, DAY)).toEqual(['wiki:plan']);
    expect(shownTo(asked, ADA, DAY + 1)).toEqual([]);
  });

  test('when a running sync confirms what had run past its promise, before the run ends', async () => {
    const index = await anIndex();
    const writes: Write[] = [
      { type: 'account', account: anAccount() },
      { type: 'members', group: 'eng', members: ['everyone'] },
      { type: 'container', key: 'top', title: 'Top', acl: only('group:eng') },
      document({ acl: only('audience:top') }),
    ];
    await index.sync('wiki', writes);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const later = 2 * DAY;
    expect(shownTo(asked, ADA, later)).toEqual([]);
    const writer = await index.store.open('wiki', 'test', later);
    for (const [at, write] of writes.entries()) {
      await writer.write([write]);
      expect(shownTo(asked, ADA, later)).toEqual(at === writes.length - 1 ? ['wiki:plan'] : []);
    }
  });

  test('when the clock is set back', async () => {
    const index = await anIndex();
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const later = viewOf(asked, ADA, 100);
    expect(viewOf(asked, ADA, 99)).not.toBe(later);
  });

  test('with the transaction that made it, when that failed', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const asked = { reader: index.reader(), visibility: createVisibility(RULES) };
    const failing = (): void =>
      asked.reader.read((reading) => {
        asked.visibility.of(reading, ADA, 0);
        throw new Error('later');
      });
    expect(failing).toThrow('later');
    expect(shownTo(asked, ADA)).toEqual(['wiki:plan']);
  });

  test('when a backup was restored in place of the index', async () => {
    const index = await anIndex();
    const { reader, visibility } = { reader: index.reader(), visibility: createVisibility(RULES) };
    const restored: Reader = {
      ...reader,
      read: (look) => reader.read((reading) => look({ ...reading, basis: { ...reading.basis, databaseId: 'restored' } })),
    };
    const first = viewOf({ reader, visibility });
    expect(viewOf({ reader, visibility })).toBe(first);
    expect(viewOf({ reader: restored, visibility })).not.toBe(first);
  });

  test('with the index it was decided on', async () => {
    const [one, other] = [await anIndex(), await anIndex()];
    const visibility = createVisibility(RULES);
    await one.sync('wiki', [document()]);
    await other.sync('wiki', [document({ acl: only('user:bob') })]);
    expect(shownTo({ reader: one.reader(), visibility }, ADA)).toEqual(['wiki:plan']);
    expect(shownTo({ reader: other.reader(), visibility }, ADA)).toEqual([]);
  });
});
