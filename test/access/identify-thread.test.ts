import { mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { type IdentifierOptions, openIdentifier } from '../../src/access/identify-thread.ts';
import type { Identifier } from '../../src/access/recognise.ts';
import type { Identity } from '../../src/core/caller.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { anAccount } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { aFolder } from '../support/a-folder.ts';

const ADA = person('ada');
const BOB = person('bob');
const HOUR = 3_600_000;

const anIdentifier = async ({ path }: AnIndex, given: Partial<IdentifierOptions> = {}): Promise<Identifier> => {
  const people = await openIdentifier({ indexPath: path, rules: rulesFor('wiki'), now: () => 5, ...given });
  onTestFinished(() => people.close());
  return people;
};

/** An index that knows the accounts of these people. */
const anIndexOf = async (...names: readonly string[]): Promise<AnIndex> => {
  const index = await anIndex();
  await index.sync(
    'wiki',
    names.map((id) => ({ type: 'account', account: anAccount({ id, emails: [`${id}@acme.test`] }) })),
  );
  return index;
};

/** A sync that holds the index until it is told to go on. */
const heldBy = ({ path }: AnIndex): (() => void) => {
  const other = openDatabase({ path, migrations: new URL('../../src/store/sqlite/index/', import.meta.url) });
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  return () => void other.exec('ROLLBACK');
};

const linksOf = async ({ store }: AnIndex, identity: Identity): Promise<string[]> =>
  (await store.links(identity)).map(({ account }) => account);

describe('somebody who comes', () => {
  test('is linked when they come first, and later nothing is written', async () => {
    const index = await anIndexOf('ada');
    const reader = index.reader();
    const people = await anIdentifier(index);
    expect(await people.identify(ADA)).toEqual(ADA);
    expect(await linksOf(index, ADA)).toEqual(['ada']);
    const { version } = reader.read(({ basis }) => basis);
    await people.identify(ADA);
    expect(reader.read(({ basis }) => basis.version)).toBe(version);
  });

  test('is linked when their account comes after them', async () => {
    const index = await anIndexOf();
    const people = await anIdentifier(index);
    await people.identify(ADA);
    await index.sync('wiki', [{ type: 'account', account: anAccount({ id: 'ada', emails: ['ada@acme.test'] }) }]);
    await people.identify(ADA);
    expect(await linksOf(index, ADA)).toEqual(['ada']);
  });

  test('without an e-mail is given the remembered one only where that is asked for, and linked by it only there', async () => {
    const index = await anIndexOf('ada');
    const people = await anIdentifier(index);
    const subject = { issuer: 'idp', subject: '17' };
    await index.store.identify({ ...subject, email: 'ada@acme.test' }, 5);
    expect(await people.identify(subject)).toEqual(subject);
    expect(await linksOf(index, subject)).toEqual([]);
    expect(await people.recall(subject)).toEqual({ ...subject, email: 'ada@acme.test' });
    expect(await linksOf(index, subject)).toEqual(['ada']);
  });

  test('in great numbers at once is linked to their own', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `p${at}`);
    const index = await anIndexOf(...names);
    const people = await anIdentifier(index);
    await Promise.all(names.map((name) => people.identify(person(name))));
    expect(await Promise.all(names.map((name) => linksOf(index, person(name))))).toEqual(names.map((name) => [name]));
  });
});

describe('while a sync holds the index', () => {
  test('who is known waits for nothing, even behind somebody who is not', async () => {
    const index = await anIndexOf('ada', 'bob');
    const people = await anIdentifier(index, { busyMs: 1500 });
    await people.identify(ADA);
    const goOn = heldBy(index);
    const order: string[] = [];
    await Promise.all([people.identify(BOB).then(() => order.push('bob')), people.identify(ADA).then(() => order.push('ada'))]);
    goOn();
    expect(order).toEqual(['ada', 'bob']);
  });

  test('who comes first is let in without links, and linked by a later call', async () => {
    const index = await anIndexOf('ada');
    const people = await anIdentifier(index, { busyMs: 50, restMs: 0 });
    const goOn = heldBy(index);
    expect(await people.identify(ADA)).toEqual(ADA);
    expect(await people.recall(ADA)).toEqual(ADA);
    expect(await linksOf(index, ADA)).toEqual([]);
    goOn();
    await people.identify(ADA);
    expect(await linksOf(index, ADA)).toEqual(['ada']);
  });

  test('a visit that cannot be noted is not', async () => {
    const index = await anIndexOf('ada');
    let now = 5;
    const people = await anIdentifier(index, { busyMs: 50, restMs: 0, now: () => now });
    await people.identify(ADA);
    const goOn = heldBy(index);
    now += 2 * HOUR;
    expect(await people.identify(ADA)).toEqual(ADA);
    goOn();
    expect((await index.store.known(ADA, now)).due).toBe(true);
  });
});

test('an index that could not be opened for a while is written to afterwards', async () => {
  const index = await anIndexOf('ada');
  const people = await anIdentifier(index, { restMs: 0 }); // what writes opens it with the first write
  await rename(index.path, `${index.path}-away`);
  await mkdir(index.path);
  expect(await people.identify(ADA)).toEqual(ADA);
  await rmdir(index.path);
  await rename(`${index.path}-away`, index.path);
  await people.identify(ADA);
  expect(await linksOf(index, ADA)).toEqual(['ada']);
});

test('it opens no index that is none', async () => {
  const indexPath = join(await aFolder(), 'missing', 'index.db');
  await expect(openIdentifier({ indexPath, rules: rulesFor('wiki'), now: () => 0 })).rejects.toMatchObject({
    code: 'unavailable',
  });
});

test('a closed one knows nobody', async () => {
  const people = await anIdentifier(await anIndexOf('ada'));
  await people.close();
  await expect(people.identify(ADA)).rejects.toMatchObject({ code: 'unavailable' });
});
