import { onTestFinished, describe, expect, test } from 'vitest';

import type { Fidelity } from '../../../src/access/fidelity/fidelity.ts';
import { verifySource, type VerifyOptions } from '../../../src/access/fidelity/verify-source.ts';
import { linksDue } from '../../../src/access/link.ts';
import type { Acl } from '../../../src/core/acl.ts';
import type { Said } from '../../../src/core/asked.ts';
import type { Change } from '../../../src/core/change.ts';
import { AppError } from '../../../src/core/errors.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../../src/core/freshness.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { openReader } from '../../../src/store/sqlite/reader.ts';
import { aDocument, anAccount, only } from '../../support/builders.ts';
import { openIndex } from '../../support/index-in-process.ts';

const START = Date.UTC(2026, 0, 5);
const PEOPLE = ['ada', 'bob', 'cyd', 'gus', 'liz'];

/** Who may see each page, at the source and when it was read. */
const ACLS: Readonly<Record<string, Acl>> = {
  'for-ada': only('user:ada'),
  'for-bob': only('user:bob'),
  'for-team': only('group:team'),
  'for-gus': only('user:gus'),
  'for-liz': only('user:liz'),
  'for-nobody': { unknown: '403' },
};

const account = (id: string): Change => ({
  type: 'account',
  account: anAccount({
    id,
    ...(id === 'gus' ? { kind: 'guest' } : {}),
    ...(id === 'liz' ? { active: false } : {}),
  }),
});

interface World {
  readonly clock: { now: number };
  /** What the source says of each page; what it was read as, unless a test says otherwise. */
  readonly says: Map<string, Said | AppError>;
  readonly asked: string[];
  readonly sync: (...changes: readonly Change[]) => Promise<void>;
  readonly verify: (given?: Partial<VerifyOptions>) => Promise<Fidelity>;
}

/** A source that was read, and answers as it is: by account where it is asked as one. */
const aWorld = async (freshness: Freshness = DEFAULT_FRESHNESS, pages: readonly string[] = Object.keys(ACLS)): Promise<World> => {
  const clock = { now: START };
  const rules: Rules = { ownedDomains: ['acme.test'], sources: new Map([['wiki', freshness]]) };
  const index = await openIndex({ rules, now: () => clock.now });
  const reader = openReader(index.path);
  onTestFinished(async () => {
    reader.close();
    await index.close();
  });
  const aclOf = (key: string): Acl => ACLS[key] ?? only('user:ada');
  const page = (key: string): Change => ({ type: 'document', document: aDocument({ key, acl: aclOf(key) }) });
  await index.sync('wiki', [
    { type: 'listing' },
    ...PEOPLE.map(account),
    { type: 'members', group: 'team', members: ['user:ada', 'user:cyd'] },
    ...pages.map(page),
    { type: 'complete' },
  ]);
  const says: World['says'] = new Map();
  const asked: string[] = [];
  const ask: VerifyOptions['ask'] = async (key, as) => {
    asked.push(`${as?.id ?? '-'} ${key}`);
    const said = says.get(key) ?? { acl: aclOf(key) };
    if (said instanceof AppError) throw said;
    if (typeof said === 'string' || !as || 'unknown' in said.acl) return said;
    if (!as.active) return 'forbidden';
    const team = ['ada', 'cyd'].includes(as.id);
    const named = said.acl.terms[0].allow;
    return named.includes(`user:${as.id}`) || (team && named.includes('group:team'))
      ? { acl: only(`user:${as.id}`) }
      : 'forbidden';
  };
  return {
    clock,
    says,
    asked,
    sync: async (...changes) => void (await index.sync('wiki', changes)),
    verify: (given = {}) =>
      verifySource({
        source: 'wiki',
        reader,
        rules,
        carried: { sources: rules.sources, deniedLabels: [] },
        ask,
        sample: 200,
        seed: 'test',
        concurrent: 3,
        now: () => clock.now,
        linksDue: (identity) => linksDue(index.store, identity, rules, clock.now),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        ...given,
      }),
  };
};

const told = ({ differences }: Fidelity): string[] =>
  differences.map(({ kind, email, id, said, stands }) => `${kind} ${email} ${id} ${said}${stands ? '' : ' once'}`).toSorted();

const widened = (key: string): readonly Change[] => [{ type: 'acl', key, acl: only('everyone') }];

describe('a source that is as it was read', () => {
  test('agrees in everything that is decided, of people of every kind', async () => {
    const { verify, asked } = await aWorld();
    expect(await verify()).toMatchObject({
      drawn: 30,
      asked: 30,
      agreeing: 25,
      undecided: 5, // nobody knows who may see one of the pages
      differences: [],
      fidelity: { share: 1, high: 1 },
      people: { member: 18, guest: 6, inactive: 6, none: 0 },
    });
    expect(asked).toContain('gus for-gus');
  });

  test('draws the same again by the same seed, and others by another', async () => {
    const { verify, asked } = await aWorld();
    const drawnBy = async (seed: string): Promise<string[]> => {
      asked.length = 0;
      await verify({ sample: 10, seed });
      return asked.toSorted();
    };
    const first = await drawnBy('one');
    expect(new Set(first).size).toBe(10);
    expect(await drawnBy('one')).toEqual(first);
    expect(await drawnBy('two')).not.toEqual(first);
  });

  test('is asked as nobody about somebody without an account, who is judged by whom it lets in', async () => {
    const { verify, asked, says, sync } = await aWorld();
    says.set('for-zoe', 'forbidden');
    await sync({ type: 'document', document: aDocument({ key: 'for-zoe', acl: only('person:zoe@acme.test') }) });
    const found = await verify();
    expect(found.people.none).toBe(7);
    expect(asked.filter((one) => one === '- for-ada')).toHaveLength(1);
    expect(told(found)).toEqual(['widening zoe@acme.test wiki:for-zoe forbidden']);
  });

  test('cannot be asked as somebody who has two accounts there, and that is said', async () => {
    const { verify, sync } = await aWorld();
    await sync({ type: 'account', account: anAccount({ id: 'ada2', emails: ['ada@acme.test'] }) });
    const found = await verify();
    expect(found).toMatchObject({ frame: { several: 1, people: 4 }, drawn: 24 });
  });
});

describe('what we show and the source does not', () => {
  test.each(['forbidden', 'gone'] as const)('is found where the source says %s', async (said) => {
    const { verify, says } = await aWorld();
    says.set('for-bob', said);
    const found = await verify();
    expect(found).toMatchObject({ widening: 1, narrowing: 0, fidelity: { share: 24 / 25 } });
    expect(found.differences).toMatchObject([
      { kind: 'widening', email: 'bob@acme.test', id: 'wiki:for-bob', said, as: 'bob', stands: true, ours: { way: 'user:bob' } },
    ]);
  });

  test('is found for each of them after a run that lies', async () => {
    const { verify, sync } = await aWorld();
    await sync(...widened('for-ada'));
    expect(told(await verify())).toEqual(['bob', 'cyd'].map((who) => `widening ${who}@acme.test wiki:for-ada forbidden`));
  });

  test('is drawn however rare it is: one page among hundreds, in the half that we allow', async () => {
    const { verify, sync } = await aWorld(DEFAULT_FRESHNESS, [
      ...Object.keys(ACLS),
      ...Array.from({ length: 600 }, (_, at) => `page-${at}`),
    ]);
    await sync(...widened('for-liz'));
    const found = await verify({ sample: 60 });
    expect(found.asked).toBe(60);
    expect(found.widening).toBeGreaterThan(0);
    const ofAll = 3 / found.frame.pairs; // ada, bob and cyd may see it by that run
    expect(1 - (found.weighed?.share ?? 0)).toBeLessThan(3 * ofAll);
    expect(1 - (found.weighed?.share ?? 0)).toBeGreaterThan(0);
    expect(1 - (found.fidelity?.share ?? 0)).toBeGreaterThan(ofAll);
  });

  test('is wider even where the source names what nobody here knows', async () => {
    const { verify, says } = await aWorld();
    says.set('for-bob', { acl: { unknown: 'the folder cannot be read' } });
    const found = await verify();
    expect(told(found)).toEqual(['widening bob@acme.test wiki:for-bob unclear']);
    expect(found.undecided).toBe(9); // the others see neither, and nobody knows whether that is right
  });

  test('says how old it is, and is told within its promise too', async () => {
    const { verify, says, clock } = await aWorld();
    says.set('for-bob', 'forbidden');
    clock.now += 3_600_000;
    expect((await verify()).differences).toMatchObject([{ age: 3_600_000, within: 24 * 3_600_000 }]);
  });

  test('cannot be where the source would be asked before it is shown', async () => {
    const { verify, says, clock } = await aWorld({ ...DEFAULT_FRESHNESS, permissions: { within: 1000, onBreach: 'live' } });
    says.set('for-bob', 'forbidden');
    clock.now += 3_600_000;
    const found = await verify();
    expect(found).toMatchObject({ widening: 0, left: 5, agreeing: 20 });
  });
});

describe('what the source shows and we do not', () => {
  test('is told, and by what we decided', async () => {
    const { verify, says } = await aWorld();
    says.set('for-bob', { acl: only('user:bob', 'user:cyd') });
    expect((await verify()).differences).toMatchObject([
      {
        kind: 'narrowing',
        email: 'cyd@acme.test',
        said: 'visible',
        ours: { verdict: 'denied', way: 'test allows only user:bob' },
      },
    ]);
  });

  test('is told of somebody whose account is linked to nobody', async () => {
    const { verify, sync } = await aWorld();
    await sync({ type: 'account', account: anAccount({ id: 'gus', kind: 'guest', emails: ['gus@other.test'] }) });
    expect(told(await verify())).toEqual(['narrowing gus@other.test wiki:for-gus visible']);
  });
});

describe('an answer that does not come', () => {
  test('is no agreement, and why is said without what only the source may say', async () => {
    const { verify, says, asked } = await aWorld();
    says.set('for-team', new AppError('source_unavailable', 'The wiki is down.'));
    const found = await verify();
    expect(found).toMatchObject({ errors: 5, agreeing: 20, fidelity: { share: 1 } });
    expect(found.failures).toHaveLength(5);
    expect(found.failures[0]).toMatchObject({ id: 'wiki:for-team', why: 'The wiki is down.' });
    expect(asked).toHaveLength(30);
    const broken = await verify({ ask: () => Promise.reject(new TypeError('secret words')) });
    expect(JSON.stringify(broken)).not.toContain('secret words');
  });

  test('of anything ends the asking, and nothing is known', async () => {
    const { verify } = await aWorld();
    const found = await verify({ ask: () => Promise.reject(new AppError('source_unavailable', 'Down.')), concurrent: 1 });
    expect(found).toMatchObject({ asked: 20, drawn: 30, errors: 20, agreeing: 0 });
    expect(found.fidelity).toBeUndefined();
  });
});

describe('what moves while it is asked', () => {
  test('is no difference: both are asked again', async () => {
    const { verify, says } = await aWorld();
    says.set('for-bob', 'forbidden');
    const found = await verify({ onProgress: (done, of) => void (done === of && says.delete('for-bob')) });
    expect(found).toMatchObject({ widening: 0, moved: 1, agreeing: 24, differences: [], fidelity: { share: 1 } });
  });

  test('in the index is decided again too', async () => {
    const { verify, says, sync } = await aWorld();
    says.set('for-bob', 'gone');
    let synced: Promise<void> | undefined;
    const ask: VerifyOptions['ask'] = async (key) => {
      synced ??= sync({ type: 'delete', key: 'for-bob' });
      await synced;
      return key === 'for-bob' ? 'gone' : 'forbidden';
    };
    const found = await verify({ ask, sample: 200 });
    expect(found.differences.map(({ id }) => id)).not.toContain('wiki:for-bob');
    expect(found.moved).toBe(1);
  });

  test('does not keep what was asked so far from being said, where it is broken off', async () => {
    const { verify, says } = await aWorld();
    says.set('for-bob', 'forbidden');
    const abort = new AbortController();
    const found = await verify({
      concurrent: 1,
      signal: abort.signal,
      onProgress: (done) => {
        if (done === 12) abort.abort();
      },
    });
    expect(found).toMatchObject({ asked: 12, drawn: 30 });
    expect(found.differences.every(({ stands }) => stands === undefined)).toBe(true);
  });
});

test('an empty source has nothing to be asked about', async () => {
  const { verify } = await aWorld(DEFAULT_FRESHNESS, []);
  expect(await verify()).toMatchObject({ drawn: 0, asked: 0, differences: [] });
});
