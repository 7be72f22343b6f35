import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { Due } from '../../src/core/connector.ts';
import { decide } from '../../src/core/decide.ts';
import type { Principal } from '../../src/core/principal.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, anAccount, except, only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';

const CONTENT: Due = { listing: false, permissions: false, content: true };
const DAY = 24 * 3_600_000;

const group = (name: string, ...members: readonly `person:${string}`[]): Change<number> => ({
  type: 'members',
  group: name,
  members,
});
const ADA = 'person:ada@acme.test';
const BOB = 'person:bob@acme.test';
const folder = (...allow: readonly Principal[]): Change<number> => ({
  type: 'container',
  key: 'folder',
  title: 'Folder',
  acl: only(...allow),
});
const plan = (acl = only('group:g')): Change<number> => ({ type: 'document', document: aDocument({ acl }) });
const account = (given: Parameters<typeof anAccount>[0]): Change<number> => ({ type: 'account', account: anAccount(given) });
const marked = (cursor: number): Change<number> => ({ type: 'checkpoint', cursor });
const LOST: Change<number> = { type: 'problem', error: new Error('a page is missing') };

/** A source that says this much, and then no more. */
const dying = (...changes: readonly Change<number>[]) =>
  async function* () {
    yield* changes;
    throw new Error('It died.');
  };

/** Who of ada and bob sees the plan. */
const seers = (index: AnIndex, now = 0): string[] =>
  index.reader().read((reading) => {
    const acl = reading.document('wiki', 'plan')?.acl.value;
    return ['ada', 'bob'].filter((name) => acl && decide(acl, reading.facts('wiki', person(name), rulesFor('wiki'), now)));
  });

/** An index that was read once. */
const told = async (...changes: readonly Change<number>[]): Promise<AnIndex> => {
  const index = await anIndex();
  await aSync(index.store, [...changes, marked(1)]);
  return index;
};

test('who joined a group does not see what was closed to it before they joined, though the run dies before it says so', async () => {
  const index = await told(group('g', ADA), plan());
  expect(seers(index)).toEqual(['ada']);
  await aSync(index.store, dying(group('g', ADA, BOB)));
  expect(seers(index)).toEqual(['ada']);
  await aSync(index.store, [group('g', ADA, BOB), group('h', ADA), plan(only('group:h'))]);
  expect(seers(index)).toEqual(['ada']);
});

test('what waits holds when the run has ended, and what narrows at once', async () => {
  const index = await told(group('g', ADA), plan());
  await aSync(index.store, dying(group('g', BOB)));
  expect(seers(index)).toEqual([]);
  await aSync(index.store, [group('g', BOB)]);
  expect(seers(index)).toEqual(['bob']);
});

test('a cursor may pass what waits: it is kept, and holds when a later run has ended', async () => {
  const index = await told(group('g', ADA), plan());
  await aSync(index.store, dying(group('g', ADA, BOB), marked(2)));
  expect(await index.store.cursor('wiki')).toBe(2);
  await aSync(index.store, [{ type: 'unchanged' }]);
  expect(seers(index)).toEqual(['ada', 'bob']);
});

test('a run that was aborted lets nothing hold that waits', async () => {
  const index = await told(group('g', ADA), plan());
  const abort = new AbortController();
  const end = await aSync(
    index.store,
    async function* () {
      yield group('g', ADA, BOB);
      abort.abort();
      yield plan(only('group:h'));
    },
    { signal: abort.signal },
  );
  expect([end.status, seers(index)]).toEqual(['partial', ['ada']]);
});

test('a run for contents alone lets nothing hold that waits', async () => {
  const index = await told(group('g', ADA), plan());
  await aSync(index.store, dying(group('g', ADA, BOB)));
  await aSync(index.store, [plan()], { due: CONTENT });
  expect(seers(index)).toEqual(['ada']);
});

test('a run that lost something lets nothing hold that waits, until a day later all is past the usual promise', async () => {
  const index = await told(group('g', ADA), plan());
  await aSync(index.store, [group('g', ADA, BOB), LOST], { now: () => 1_000 });
  expect(seers(index)).toEqual(['ada']);
  await aSync(index.store, [group('g', ADA, BOB), plan(), LOST], { now: () => DAY + 1_000 });
  expect(seers(index, DAY + 1_000)).toEqual(['ada', 'bob']);
});

test('who left a group that is denied is not let in before the run has ended', async () => {
  const index = await told(group('g', BOB), plan(except(['everyone'], ['group:g'])));
  expect(seers(index)).toEqual(['ada']);
  await aSync(index.store, dying(group('g')));
  expect(seers(index)).toEqual([]); // while anything waits nobody can say who is surely not in it
  await aSync(index.store, [group('g')]);
  expect(seers(index)).toEqual(['ada', 'bob']);
});

test('a folder that opens waits with all below it, and one that closes does not', async () => {
  const index = await told(folder(ADA), plan(only('audience:folder')));
  await aSync(index.store, dying(folder(BOB)));
  expect(seers(index)).toEqual([]);
  await aSync(index.store, [folder(BOB)]);
  expect(seers(index)).toEqual(['bob']);
});

test('a folder that comes back waits where something still names it', async () => {
  const index = await told(folder(ADA, BOB), plan(only('audience:folder')));
  await aSync(index.store, [{ type: 'delete', key: 'folder' }]);
  await aSync(index.store, dying(folder(ADA, BOB)));
  expect(seers(index)).toEqual([]);
  await aSync(index.store, [folder(ADA, BOB)]);
  expect(seers(index)).toEqual(['ada', 'bob']);
});

test('an account that changed hands is nobody’s until the run has ended, and nobody is linked to it', async () => {
  const index = await told(account({ id: 'u1', emails: ['ada@acme.test'] }), plan(only('user:u1')));
  await aSync(index.store, dying(account({ id: 'u1', emails: ['bob@acme.test'] })));
  expect(await index.store.matches(person('bob'))).toEqual([]);
  expect(await index.store.matches(person('ada'))).toEqual([]);
  await aSync(index.store, [account({ id: 'u1', emails: ['bob@acme.test'] })]);
  expect(await index.store.matches(person('bob'))).toMatchObject([{ account: 'u1', active: true }]);
});

test('an e-mail that a second account comes to carry links nobody to the first before the run has ended', async () => {
  const u1 = (email: string): Change<number> => account({ id: 'u1', emails: [email] });
  const u2 = account({ id: 'u2', emails: ['bob@acme.test'] });
  const index = await told(u1('ada@acme.test'), u2, plan());
  expect(await index.store.matches(person('bob'))).toMatchObject([{ account: 'u2' }]);
  await aSync(index.store, dying(u1('bob@acme.test')));
  expect(await index.store.matches(person('bob'))).toEqual([]);
  await aSync(index.store, [u1('bob@acme.test'), u2]);
  expect(await index.store.matches(person('bob'))).toMatchObject([{ account: 'u1' }, { account: 'u2' }]);
});

test('a group of the source that is called like what waits lets in nobody', async () => {
  const index = await told(group('g', ADA), plan());
  const reserved = group('members that wait for the end of a run', BOB);
  await aSync(index.store, [reserved]);
  await aSync(index.store, dying(group('g', ADA, BOB), reserved));
  expect(seers(index)).toEqual(['ada']);
});

test('where nothing was stored before, nothing waits', async () => {
  const index = await anIndex();
  await aSync(index.store, dying(group('g', ADA), plan()));
  expect(seers(index)).toEqual(['ada']);
});

test('two sources at once land each what is theirs, and one whose lease is taken lands nothing', async () => {
  const index = await told(group('g', ADA), plan());
  await aSync(index.store, [group('g', ADA), plan()], { name: 'desk' });
  const [wiki, desk] = await Promise.all([index.store.open('wiki', 'test', 0), index.store.open('desk', 'test', 0)]);
  const joined = [{ type: 'members', group: 'g', members: [ADA, BOB] }] as const;
  await wiki.write(joined, 'waits');
  await desk.write(joined, 'waits');
  await desk.land();
  expect(seers(index)).toEqual(['ada']);
  await desk.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, 0);
  await wiki.finish({ status: 'failed', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, 0);
  await expect(wiki.land()).rejects.toThrow(/Another run holds this source/u);
  expect(seers(index)).toEqual(['ada']);
});

test('whether it waits hangs on nothing that is stored: what nobody may see moves nothing that others see', async () => {
  const seen: string[][] = [];
  for (const hidden of [[], [plan(only('user:nobody'))]] as const) {
    const index = await told(group('g', ADA), ...hidden);
    await aSync(index.store, dying(group('g', ADA, BOB)));
    const holds = index
      .reader()
      .read((reading) =>
        ['ada', 'bob'].filter((name) => decide(only('group:g'), reading.facts('wiki', person(name), rulesFor('wiki'), 0))),
      );
    seen.push(holds);
  }
  expect(seen).toEqual([['ada'], ['ada']]);
});
