import { describe, expect, test } from 'vitest';

import { createEngine, type Engine } from '../../../src/access/engine/engine.ts';
import type { Acl } from '../../../src/core/acl.ts';
import type { Identity } from '../../../src/core/caller.ts';
import { ROUNDS } from '../../../src/core/decide.ts';
import { DEFAULT_FRESHNESS } from '../../../src/core/freshness.ts';
import { carriedBy } from '../../../src/core/policy.ts';
import type { Principal } from '../../../src/core/principal.ts';
import type { PermissionRows } from '../../../src/store/permission-rows.ts';
import type { Reader, Reading } from '../../../src/store/reader.ts';
import type { Write } from '../../../src/store/store.ts';
import { anIndex } from '../../support/an-index.ts';
import { anAccount, except, only } from '../../support/builders.ts';
import { idsIn, person, rulesFor } from '../../support/looking.ts';
import { document } from '../../support/new-document.ts';
import { tamper } from '../../support/tampering.ts';

const RULES = rulesFor('wiki');
const DAY = DEFAULT_FRESHNESS.permissions.within;
const ADA = person('ada');
const NOBODY: Identity = { issuer: 'idp', subject: 'nobody' };

/** What an engine shows somebody; undefined where it leaves the answer to SQL. */
const shownBy = (engine: Engine, reader: Reader, as: Identity = ADA, now = 0): string[] | undefined =>
  reader.read((reading) => {
    const held = engine.hold(reading, as, now);
    return held && idsIn(reading.snapshot(held, carriedBy('test', RULES), now, {}));
  });

const members = (group: string, ...names: readonly string[]): Write => ({
  type: 'members',
  group,
  members: names.map((name) => `person:${name}@acme.test` as const),
});

const container = (key: string, who: Principal): Write => ({
  type: 'container',
  key,
  title: key,
  acl: only(who),
});

/** A reading whose rows are read in another way. */
const withRows = (reading: Reading, rows: Partial<PermissionRows>): Reading => ({
  ...reading,
  permissions: { ...reading.permissions, ...rows },
});

const anEngine = async (...writes: readonly Write[]) => {
  const index = await anIndex();
  await index.sync('wiki', writes);
  return { index, reader: index.reader(), engine: createEngine(RULES) };
};

describe('the engine follows', () => {
  test('a member who is taken out of a group, and one who comes', async () => {
    const { index, reader, engine } = await anEngine(members('eng', 'ada'), document({ acl: only('group:eng') }));
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    await index.sync('wiki', [members('eng', 'bob')]);
    expect([shownBy(engine, reader), shownBy(engine, reader, person('bob'))]).toEqual([[], ['wiki:plan']]);
    await index.sync('wiki', [members('eng', 'ada')]);
    expect([shownBy(engine, reader), shownBy(engine, reader, person('bob'))]).toEqual([['wiki:plan'], []]);
  });

  test('a container that is another one’s, gone, or there again', async () => {
    const top = container('top', 'person:ada@acme.test');
    const { index, reader, engine } = await anEngine(
      top,
      container('sub', 'audience:top'),
      document({ acl: only('audience:sub') }),
    );
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    await index.sync('wiki', [container('top', 'person:bob@acme.test')]);
    expect(shownBy(engine, reader)).toEqual([]);
    await index.sync('wiki', [top, { type: 'delete', key: 'sub' }]);
    expect(shownBy(engine, reader)).toEqual([]);
    await index.sync('wiki', [container('sub', 'audience:top')]);
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
  });

  test('a listing that failed: it ages from the last whole one on, whatever is confirmed', async () => {
    const { index, reader, engine } = await anEngine(members('eng', 'ada'), document({ acl: only('group:eng') }));
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    await index.sync('wiki', [{ type: 'members', group: 'eng', members: { unknown: '403' } }, { type: 'unchanged' }], DAY);
    expect(shownBy(engine, reader, ADA, DAY)).toEqual(['wiki:plan']);
    expect(shownBy(engine, reader, ADA, DAY + 1)).toEqual([]);
  });

  test('a run that found that all still stands', async () => {
    const { index, reader, engine } = await anEngine(members('eng', 'ada'));
    await index.sync('wiki', [document({ acl: only('group:eng') })], DAY);
    expect(shownBy(engine, reader, ADA, DAY + 1)).toEqual([]);
    await index.sync('wiki', [{ type: 'unchanged' }], DAY);
    expect(shownBy(engine, reader, ADA, DAY + 1)).toEqual(['wiki:plan']);
  });

  test('a whole listing that no longer names a group', async () => {
    const { index, reader, engine } = await anEngine(
      members('eng', 'ada'),
      document({ acl: only('group:eng') }),
      document({ key: 'other', acl: except(['everyone'], ['group:eng']) }),
    );
    expect(shownBy(engine, reader, person('bob'))).toEqual(['wiki:other']);
    const writer = await index.store.open('wiki', 'test', 0);
    await writer.write([{ type: 'listing' }, { type: 'seen', key: 'plan' }, { type: 'seen', key: 'other' }]);
    await writer.sweep({ ratio: 1, documents: 100, accept: true });
    expect([shownBy(engine, reader), shownBy(engine, reader, person('bob'))]).toEqual([[], []]);
  });
});

describe('the engine knows', () => {
  test('that a group which may hold anybody denies everybody', async () => {
    const { index, reader, engine } = await anEngine(document({ acl: except(['everyone'], ['group:never']) }));
    expect(shownBy(engine, reader)).toEqual([]);
    await index.sync('wiki', [members('never')]);
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
  });

  test('that somebody without an account may be any of them: whatever denies an account, or a group that holds one, denies them', async () => {
    const { index, reader, engine } = await anEngine(
      { type: 'members', group: 'gone', members: ['user:bob'] },
      { type: 'members', group: 'outer', members: ['group:gone'] },
      { type: 'members', group: 'empty', members: [] },
      document({ key: 'a', acl: except(['public'], ['user:bob']) }),
      document({ key: 'b', acl: except(['public'], ['group:outer']) }),
      document({ key: 'c', acl: except(['public'], ['group:empty']) }),
    );
    expect(shownBy(engine, reader, NOBODY)).toEqual(['wiki:c']);
    await index.sync('wiki', [{ type: 'members', group: 'gone', members: [] }]);
    expect(shownBy(engine, reader, NOBODY)).toEqual(['wiki:b', 'wiki:c']);
  });

  test('that the 64th container of a chain shows what is in it, and the next one does not', async () => {
    const chain = Array.from({ length: ROUNDS + 1 }, (_, at) => container(`k${at}`, at === 0 ? 'public' : `audience:k${at - 1}`));
    const { reader, engine } = await anEngine(
      ...chain,
      document({ key: 'last', acl: only(`audience:k${ROUNDS - 1}`) }),
      document({ key: 'beyond', acl: only(`audience:k${ROUNDS}`) }),
    );
    expect(shownBy(engine, reader)).toEqual(['wiki:last']);
  });

  test('that every term must hold', async () => {
    const [first, second] = [only('everyone'), only('group:eng')].flatMap((acl) => ('terms' in acl ? acl.terms : []));
    if (!first || !second) throw new Error('two terms');
    const { index, reader, engine } = await anEngine(members('eng'), document({ acl: { terms: [first, second] } }));
    expect(shownBy(engine, reader)).toEqual([]);
    await index.sync('wiki', [members('eng', 'ada')]);
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
  });
});

describe('the engine leaves to SQL', () => {
  test('what it has not read to the end', async () => {
    const { reader } = await anEngine(
      members('eng', 'ada', 'bob', 'eve'),
      document({ key: 'a', acl: only('group:eng') }),
      document({ key: 'b', acl: except(['everyone'], ['person:ada@acme.test']) }),
      container('top', 'public'),
    );
    const engine = createEngine(RULES, { slice: 2 });
    const answers = Array.from({ length: 20 }, () => shownBy(engine, reader));
    expect(answers[0]).toBeUndefined();
    expect(answers.at(-1)).toEqual(['wiki:a']);
    expect(answers.filter((shown) => shown !== undefined && shown.join() !== 'wiki:a')).toEqual([]);
    expect(reader.read((reading) => engine.advance(reading))).toBe(false);
  });

  test('what it is too far behind in, until it has caught up', async () => {
    const { index, reader } = await anEngine(members('eng', 'ada'), document({ acl: only('group:eng') }));
    const engine = createEngine(RULES, { slice: 8 });
    for (let slices = 0; slices < 20; slices++) reader.read((reading) => engine.advance(reading));
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    await index.sync('wiki', [members('big', ...Array.from({ length: 20 }, (_, at) => `p${at}`)), members('eng')]);
    expect(shownBy(engine, reader)).toBeUndefined();
    while (reader.read((reading) => engine.advance(reading)));
    expect(shownBy(engine, reader)).toEqual([]);
  });

  test('what the change log has forgotten, until it has read everything again', async () => {
    const { index, reader } = await anEngine(members('eng', 'ada'), document({ acl: only('group:eng') }));
    const engine = createEngine(RULES, { slice: 3 });
    while (reader.read((reading) => engine.advance(reading)));
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    await index.sync('wiki', [members('eng')]);
    tamperLog(index.path);
    const answers = Array.from({ length: 10 }, () => shownBy(engine, reader));
    expect([answers[0], answers.at(-1)]).toEqual([undefined, []]);
    expect(answers.filter((shown) => shown?.length === 1)).toEqual([]);
  });

  test('an index with ids that no array can hold', async () => {
    const { index, reader, engine } = await anEngine(document());
    tamper(index.path, `UPDATE acl_term SET id = 1 << 40; UPDATE acl_grant SET term = 1 << 40`);
    expect(shownBy(engine, reader)).toBeUndefined();
    expect(reader.read((reading) => engine.advance(reading))).toBe(false);
  });

  test('an index with principals of a kind that it does not know', async () => {
    const { index, reader, engine } = await anEngine(document({ acl: except(['everyone'], ['group:eng']) }));
    tamper(index.path, `UPDATE principal SET kind = 'guild' WHERE kind = 'group'`);
    expect(shownBy(engine, reader)).toBeUndefined();
  });
});

/** The log loses all it has, as when somebody stood too far behind it. */
const tamperLog = (path: string): void => tamper(path, 'DELETE FROM change_log');

const cut = (): never => {
  throw new Error('the disk died');
};

describe('the engine forgets', () => {
  test('what it knew of an index when it is asked about another one, alike as its log may be', async () => {
    const said = [members('eng', 'ada'), document({ acl: only('group:eng') })];
    const [one, other] = [await anEngine(...said), await anEngine(...said)];
    tamper(other.index.path, 'DELETE FROM member');
    expect(shownBy(one.engine, one.reader)).toEqual(['wiki:plan']);
    expect(shownBy(one.engine, other.reader)).toEqual([]);
    expect(shownBy(one.engine, one.reader)).toEqual(['wiki:plan']);
  });

  test('everything when the rows are fewer than it knew', async () => {
    const { index, reader, engine } = await anEngine(members('eng', 'ada'), document({ acl: only('group:eng') }));
    expect(shownBy(engine, reader)).toEqual(['wiki:plan']);
    tamper(
      index.path,
      `DELETE FROM member; DELETE FROM change_log; UPDATE sqlite_sequence SET seq = 0 WHERE name = 'change_log'`,
    );
    expect(shownBy(engine, reader)).toEqual([]);
  });

  test('what it had half followed when reading broke off', async () => {
    for (const broken of ['isMember', 'changes', 'principals', 'grants', 'audience'] as const) {
      const { index, reader, engine } = await anEngine(
        members('eng', 'ada'),
        document({ key: 'a', acl: only('group:eng') }),
        container('top', 'group:eng'),
        document({ key: 'b', acl: only('audience:top') }),
      );
      expect(shownBy(engine, reader)).toEqual(['wiki:a', 'wiki:b']);
      await index.sync('wiki', [
        members('ops', 'ada'),
        document({ key: 'c', acl: { terms: [...termsOf(only('group:ops')), ...termsOf(only('group:eng'))] } }),
        container('top', 'group:ops'),
        members('eng', 'bob'),
      ]);
      expect(() => reader.read((reading) => engine.hold(withRows(reading, { [broken]: cut }), ADA, 0))).toThrow('the disk died');
      expect(shownBy(engine, reader)).toEqual(['wiki:b']);
      expect(shownBy(engine, reader, person('bob'))).toEqual(['wiki:a']);
    }
  });
});

const termsOf = (acl: Acl) => {
  if (!('terms' in acl)) throw new Error('an acl that is known');
  return acl.terms;
};

test('an account that is linked stands out among its kind, as SQL says', async () => {
  const { index, reader, engine } = await anEngine(
    { type: 'account', account: anAccount() },
    { type: 'members', group: 'eng', members: ['user:ada'] },
    document({ key: 'a', acl: only('group:eng') }),
    document({ key: 'b', acl: except(['everyone'], ['user:bob']) }),
  );
  expect(shownBy(engine, reader)).toEqual([]);
  await index.store.link(ADA, { source: 'wiki', account: 'ada', method: 'email', evidence: { email: 'ada@acme.test' }, at: 0 });
  expect(shownBy(engine, reader)).toEqual(['wiki:a', 'wiki:b']);
});
