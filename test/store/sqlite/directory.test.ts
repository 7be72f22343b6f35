import { expect, test } from 'vitest';

import { createVisibility } from '../../../src/access/visibility.ts';
import type { Acl } from '../../../src/core/acl.ts';
import type { Identity } from '../../../src/core/caller.ts';
import { DEFAULT_FRESHNESS } from '../../../src/core/freshness.ts';
import { carriedBy } from '../../../src/core/policy.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type { Write } from '../../../src/store/store.ts';
import { type AnIndex, anIndex } from '../../support/an-index.ts';
import { anAccount, except, only } from '../../support/builders.ts';
import { document } from '../../support/new-document.ts';

const RULES: Rules = {
  ownedDomains: ['acme.test'],
  sources: new Map([
    ['wiki', DEFAULT_FRESHNESS],
    ['people', DEFAULT_FRESHNESS],
  ]),
  directory: 'people',
};
const ADA: Identity = { issuer: 'idp', subject: '17', email: 'ada@acme.test' };
const STAFF: Write = { type: 'members', group: 'staff', members: ['user:ada'] };

/** A wiki with a page for each of these acls, and a directory that Ada is linked in. */
const aPlace = async (acls: Readonly<Record<string, Acl>>, ...directory: readonly Write[]): Promise<AnIndex> => {
  const index = await anIndex();
  await index.sync(
    'wiki',
    Object.entries(acls).map(([key, acl]) => document({ key, acl })),
  );
  await index.sync('people', [{ type: 'account', account: anAccount() }, ...directory, { type: 'unchanged' }], 1);
  const evidence = { email: 'ada@acme.test' };
  await index.store.link(ADA, { source: 'people', account: 'ada', method: 'email', evidence, at: 1 });
  return index;
};

const shownTo = (index: AnIndex, identity: Identity): string[] =>
  index.reader().read((reading) => {
    const held = reading.holdAcls(identity, RULES, 2);
    const snapshot = reading.snapshot(held, carriedBy('test', RULES), 2, {});
    const chunks = snapshot.postings('spring').map(({ chunk }) => chunk);
    return snapshot
      .places(chunks)
      .map(({ documentId }) => documentId.replace('wiki:', ''))
      .toSorted();
  });

test('a group of the directory shows what names it in another source, through groups that hold it there', async () => {
  const index = await aPlace(
    { named: only('org:staff'), held: only('org:company'), other: only('org:board'), denied: except(['public'], ['org:staff']) },
    STAFF,
    { type: 'members', group: 'company', members: ['org:staff'] },
    { type: 'members', group: 'board', members: [] },
  );
  expect(shownTo(index, ADA)).toEqual(['held', 'named']);
});

test('a group that the directory never listed shows nothing, and denied it hides all', async () => {
  const index = await aPlace({ never: only('org:never'), denied: except(['public'], ['org:never']), open: only('public') });
  expect(shownTo(index, ADA)).toEqual(['open']);
});

test('whoever is deactivated in the directory sees nothing, also when it forgets their e-mail with that', async () => {
  const index = await aPlace({ open: only('public'), hers: only('person:ada@acme.test') }, STAFF);
  expect(shownTo(index, ADA)).toEqual(['hers', 'open']);
  await index.sync('people', [{ type: 'account', account: anAccount({ active: false, emails: [] }) }], 1);
  expect(shownTo(index, ADA)).toEqual([]);
});

test('whoever the directory does not know sees what the sources say of them', async () => {
  const index = await aPlace({ open: only('public'), all: only('everyone') }, STAFF);
  expect(shownTo(index, { ...ADA, subject: '18', email: 'sam@acme.test' })).toEqual(['open']);
});

test('nobody sees anything before the directory was read to its end', async () => {
  const index = await anIndex();
  await index.sync('wiki', [document({ key: 'open', acl: only('public') })]);
  expect(shownTo(index, ADA)).toEqual([]);
  await index.sync('people', [{ type: 'account', account: anAccount() }]);
  expect(shownTo(index, ADA)).toEqual([]);
  await index.sync('people', [{ type: 'unchanged' }], 1);
  expect(shownTo(index, ADA)).toEqual(['open']);
});

test('a directory that another connector reads from now on was never read, and whoever asks in between is decided anew', async () => {
  const index = await aPlace({ open: only('public') });
  const writer = await index.store.open('read', 'test', 0);
  await writer.write([{ type: 'listing' }, { type: 'account', account: anAccount() }]);
  await writer.sweep({ ratio: 1, documents: 0, accept: false });
  await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, 0);
  const rules: Rules = { ...RULES, sources: new Map([...RULES.sources, ['read', DEFAULT_FRESHNESS]]), directory: 'read' };
  const visibility = createVisibility(rules);
  const reader = index.reader();
  const held = (): number => reader.read((reading) => visibility.of(reading, { ...ADA, email: 'sam@acme.test' }, 2).acls.length);

  expect(held()).toBe(1);
  await index.store.open('read', 'another', 0);
  expect(held()).toBe(0);
});
