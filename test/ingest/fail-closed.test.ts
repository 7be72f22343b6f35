import { expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { check } from '../../src/ingest/check.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, anAccount, except, only } from '../support/builders.ts';
import { z } from 'zod';

/** A change as a connector without types could yield it. */
const broken = (change: object): Change<number> => JSON.parse(JSON.stringify(change), revive);
const revive = (key: string, value: unknown): unknown =>
  key === 'updatedAt' && typeof value === 'string' ? new Date(value) : value;

const aclOf = (index: AnIndex, key: string): Acl | undefined =>
  index.reader().read((reading) => reading.document('wiki', key)?.acl.value);
const DARK = { unknown: expect.any(String) };

const term = { allow: ['group:eng'], deny: ['user:bob'], from: 'page' };
const BROKEN_ACLS: readonly (readonly [string, unknown])[] = [
  ['is lost', undefined],
  ['is null', null],
  ['is empty', {}],
  ['has no terms', { terms: [] }],
  ['lost its allow', { terms: [{ deny: term.deny, from: '' }] }],
  ['lost its deny', { terms: [{ allow: term.allow, from: '' }] }],
  ['has a null deny', { terms: [{ ...term, deny: null }] }],
  ['denies an audience', { terms: [{ ...term, deny: ['audience:x'] }] }],
  ['allows a typo', { terms: [{ ...term, allow: ['everybody'] }] }],
  ['allows nobody with a name', { terms: [{ ...term, allow: ['user:'] }] }],
  ['denies a typo', { terms: [{ ...term, deny: ['usr:bob'] }] }],
  ['has a second term that is broken', { terms: [term, { ...term, deny: 'user:bob' }] }],
  ['says something more', { terms: [term], except: ['user:eve'] }],
  ['is a text', 'everyone'],
];

test.each(BROKEN_ACLS)('a document whose acl %s is seen by nobody', async (_, acl) => {
  const index = await anIndex();
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  const end = await aSync(index.store, [broken({ type: 'document', document: { ...aDocument(), acl } })]);
  expect(end).toMatchObject({ status: 'partial', counts: { problems: 1 }, problems: [{ key: 'plan' }] });
  expect(aclOf(index, 'plan')).toEqual(DARK);
});

test.each(BROKEN_ACLS)('an acl that %s, told alone, darkens its document', async (_, acl) => {
  const index = await anIndex();
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  expect(await aSync(index.store, [broken({ type: 'acl', key: 'plan', acl })])).toMatchObject({ status: 'partial' });
  expect(aclOf(index, 'plan')).toEqual(DARK);
});

test.each(BROKEN_ACLS)('a container whose acl %s holds for nobody', async (_, acl) => {
  const { changes, problem } = check(broken({ type: 'container', key: 'f', title: 'F', acl }), z.number());
  expect(changes).toEqual([{ type: 'acl', key: 'f', acl: DARK }]);
  expect(problem?.key).toBe('f');
});

test.each([
  ['an invalid date', { updatedAt: 'soon' }],
  ['no date', { updatedAt: null }],
  ['no type', { type: '' }],
  ['no body', { body: null }],
  ['a body of an unknown kind', { body: { kind: 'scroll' } }],
  ['an address that runs', { url: 'javascript:alert(1)' }],
  ['an author who is a group', { author: 'group:eng' }],
  ['fields within fields', { fields: { a: { b: 1 } } }],
  ['a word nobody knows', { visibility: 'private' }],
])('a document with %s is a problem, and its new acl holds all the same', async (_, given) => {
  const index = await anIndex();
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  const acl = except(['group:eng'], ['user:bob']);
  const end = await aSync(index.store, [broken({ type: 'document', document: { ...aDocument({ acl }), ...given } })]);
  expect(end).toMatchObject({ status: 'partial', counts: { read: 0, problems: 1 }, problems: [{ key: 'plan' }] });
  expect(aclOf(index, 'plan')).toEqual(acl);
});

test.each([
  ['are a text', 'restricted'],
  ['are too many', Array.from({ length: 101 }, (_, number) => `label ${number}`)],
  ['hold one that is too long', ['restricted', 'x'.repeat(201)]],
])('a document whose labels %s is seen by nobody: one of them may keep it from a client', async (_, labels) => {
  const index = await anIndex();
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  await aSync(index.store, [broken({ type: 'document', document: { ...aDocument(), labels } })]);
  expect(aclOf(index, 'plan')).toEqual(DARK);
});

test('a document that is a problem has its new labels all the same, and keeps those it had where it names none', async () => {
  const index = await anIndex();
  const labels = () => index.reader().read((reading) => reading.document('wiki', 'plan')?.labels);
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  const bad = { ...aDocument(), updatedAt: 'soon' };
  await aSync(index.store, [broken({ type: 'document', document: { ...bad, labels: ['Restricted', '\u200b'] } })]);
  expect(labels()).toEqual(['Restricted']);
  await aSync(index.store, [broken({ type: 'document', document: { ...bad, lables: [] } })]);
  expect(labels()).toEqual(['Restricted']);
  await aSync(index.store, [broken({ type: 'acl', key: 'plan', acl: only('everyone'), labels: [] })]);
  expect(labels()).toEqual(['Restricted']);
  await aSync(index.store, [broken({ type: 'document', document: { ...bad, acl: 'everyone', labels: ['Secret'] } })]);
  expect(labels()).toEqual(['Secret']); // whoever mends the acl alone shows it under these
  await aSync(index.store, [broken({ type: 'container', key: 'plan', title: 'Plan', acl: only('everyone'), labels: 7 })]);
  expect(labels()).toEqual(['Secret']);
});

test('a document whose parent is broken is seen by nobody: a deletion could miss it', async () => {
  const index = await anIndex();
  await aSync(index.store, [{ type: 'document', document: aDocument() }]);
  await aSync(index.store, [broken({ type: 'document', document: { ...aDocument(), parent: 7 } })]);
  expect(aclOf(index, 'plan')).toEqual(DARK);
});

test.each([
  ['an empty key', ''],
  ['a key of control characters', 'a\nb'],
  ['a key of half a character', '\ud800'],
  ['a key that is too long', 'k'.repeat(1_001)],
  ['a key that is a number', 7],
])('%s is a problem without a key: nobody can say what was lost', (_, key) => {
  const changes = [
    { type: 'document', document: { ...aDocument(), key } },
    { type: 'container', key, title: 'F', acl: only('everyone') },
    { type: 'acl', key, acl: only('everyone') },
    { type: 'delete', key },
    { type: 'listing', of: key },
    { type: 'complete', of: key },
    { type: 'problem', key, error: new Error('x') },
  ];
  for (const change of changes) {
    const { changes: done, problem } = check(
      { ...broken(change), ...(change.type === 'problem' && { error: new Error('x') }) },
      z.number(),
    );
    expect(done).toEqual([]);
    expect(problem).toBeDefined();
    expect(problem?.key).toBeUndefined();
  }
});

test.each([
  ['are lost', { group: 'eng' }],
  ['are null', { group: 'eng', members: null }],
  ['hold what is no member', { group: 'eng', members: ['user:ada', 'public'] }],
  ['hold an audience', { group: 'eng', members: ['audience:f'] }],
  ['have a page that is no page', { group: 'eng', members: [], more: 'yes' }],
])('members that %s make the group unknown', (_, given) => {
  const { changes, problem } = check(broken({ type: 'members', ...given }), z.number());
  expect(changes).toEqual([{ type: 'members', group: 'eng', members: DARK }]);
  expect(problem?.message).toMatch(/eng/u);
});

test('members of a group without a name are a problem', () => {
  expect(check(broken({ type: 'members', group: '', members: [] }), z.number())).toMatchObject({ changes: [], problem: {} });
});

test.each([
  ['its kind is lost', { kind: undefined }, { kind: 'guest', active: true }],
  ['its kind is a typo', { kind: 'memeber' }, { kind: 'guest', active: true }],
  ['nobody knows whether it is active', { active: 'yes' }, { kind: 'member', active: false }],
])('an account counts as less where %s, and keeps its e-mails', (_, given, less) => {
  const { changes, problem } = check(broken({ type: 'account', account: { ...anAccount(), ...given } }), z.number());
  expect(changes).toEqual([{ type: 'account', account: { id: 'ada', name: 'ada', emails: ['ada@acme.test'], ...less } }]);
  expect(problem).toBeDefined();
});

test.each([{ emails: null }, { emails: [7] }, { id: '' }])('an account with %o is a problem without a key', (given) => {
  const { changes, problem } = check(broken({ type: 'account', account: { ...anAccount(), ...given } }), z.number());
  expect(changes).toEqual([]);
  expect(problem?.key).toBeUndefined();
});

test('a checkpoint its connector could not read again, and a change nobody knows, are problems', async () => {
  const { store } = await anIndex();
  const end = await aSync(store, [broken({ type: 'checkpoint', cursor: 'x' }), broken({ type: 'grant' })]);
  expect(end).toMatchObject({ status: 'partial', counts: { problems: 2 } });
});

test('a message from a source stays one line of text', async () => {
  const { store } = await anIndex();
  const end = await aSync(store, [{ type: 'problem', error: new Error(`bad\u001b[31m\nline${'!'.repeat(1_000)}`) }]);
  expect(end.problems[0]?.message).toMatch(/^bad \[31m line!+$/u);
  expect(end.problems[0]?.message).toHaveLength(500);
});

test('100 problems are kept and all are counted', async () => {
  const { store } = await anIndex();
  const end = await aSync(
    store,
    Array.from({ length: 150 }, (): Change<number> => ({ type: 'problem', error: new Error('x') })),
  );
  expect(end.problems).toHaveLength(100);
  expect(end.counts.problems).toBe(150);
});
