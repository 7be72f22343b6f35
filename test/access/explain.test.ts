import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { explainAccess, type Explained } from '../../src/access/explain.ts';
import { linksDue } from '../../src/access/link.ts';
import { whoCan, type WhoCanOptions } from '../../src/access/who-can.ts';
import { type Identity, identityName } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import { carriedBy, NO_POLICY } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import type { Reader } from '../../src/store/reader.ts';
import { aDocument, anAccount, except, only } from '../support/builders.ts';
import { type IndexInProcess, openIndex } from '../support/index-in-process.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const LATER = START + 2 * HOUR;
const RULES: Rules = {
  ownedDomains: ['acme.test'],
  sources: new Map([
    ['people', DEFAULT_FRESHNESS],
    ['wiki', DEFAULT_FRESHNESS],
    ['desk', { ...DEFAULT_FRESHNESS, content: { within: HOUR, onBreach: 'deny' } }],
    ['asked', { ...DEFAULT_FRESHNESS, permissions: { within: HOUR, onBreach: 'live' } }],
  ]),
  directory: 'people',
  services: new Map([['idp|robot', { shared: ['org:staff'], accounts: new Map([['wiki', ['bob']]]) }]]),
  policies: {
    default: NO_POLICY,
    clients: new Map([
      ['sealed', { ...NO_POLICY, denyLabels: ['secret'] }],
      ['desk only', { ...NO_POLICY, sources: ['desk'] }],
    ]),
  },
};
const CARRIED = { sources: RULES.sources, deniedLabels: [] };

const someone = (name: string, email = `${name}@acme.test`): Identity => ({ issuer: 'idp', subject: name, email });
const [ADA, BOB, GUS, LIZ, UNA] = [someone('ada'), someone('bob'), someone('gus'), someone('liz'), someone('una')];
const NED: Identity = { issuer: 'idp', subject: 'ned' };
const ROBOT: Identity = { issuer: 'idp', subject: 'robot' };
const EVERYBODY = [ADA, BOB, GUS, LIZ, UNA, NED, ROBOT];

const listing = (...changes: readonly Change[]): Change[] => [{ type: 'listing' }, ...changes, { type: 'complete' }];
const page = (key: string, acl: Parameters<typeof aDocument>[0], given: Parameters<typeof aDocument>[0] = {}): Change => ({
  type: 'document',
  document: aDocument({ key, title: `Canary ${key}`, ...acl, ...given }),
});
const account = (id: string, given: Parameters<typeof anAccount>[0] = {}): Change => ({
  type: 'account',
  account: anAccount({ id, name: `Canary ${id}`, ...given }),
});

const PEOPLE = listing(
  account('ada'),
  account('bob'),
  account('gus', { kind: 'guest' }),
  account('liz', { active: false }),
  { type: 'members', group: 'staff', members: ['group:core', 'user:bob'] },
  { type: 'members', group: 'core', members: ['user:ada'] },
);
const WIKI = listing(
  account('ada'),
  account('bob'),
  account('gus', { kind: 'guest' }),
  { type: 'members', group: 'eng', members: ['group:platform'] },
  { type: 'members', group: 'platform', members: ['user:ada', 'org:staff'] },
  { type: 'container', key: 'home', title: 'Canary home', acl: only('group:eng') },
  page('home-page', { acl: only('audience:home') }, { labels: ['Secret'] }),
  page('for-staff', { acl: only('org:staff') }),
  page('for-all', { acl: only('everyone') }),
  page('for-anybody', { acl: only('public') }),
  page('not-bob', { acl: except(['public'], ['user:bob']) }),
  page('not-unlisted', { acl: except(['public'], ['group:never']) }),
  page('by-mail', { acl: only('person:una@acme.test', 'person:zoe@partner.test') }),
  { type: 'members', group: 'partners', members: ['domain:partner.test'] },
  page('for-partners', { acl: only('group:partners') }),
  page('lost', { acl: only('audience:gone') }),
  page('dark', { acl: { unknown: '403 from the source' } }),
);

let index: IndexInProcess;
let reader: Reader;
let now = START;
beforeAll(async () => {
  index = await openIndex({ rules: RULES, now: () => now });
  await index.sync('people', PEOPLE);
  await index.sync('wiki', WIKI);
  await index.sync('desk', listing(page('stale', { acl: only('public') })));
  await index.sync('asked', listing(page('late', { acl: only('public') })));
  await index.sync('old', listing(page('plan', { acl: only('public') })));
  reader = openReader(index.path);
});
afterAll(async () => {
  reader.close();
  await index.close();
});

const explained = async (identity: Identity, id: string, client = 'any', at = START): Promise<Explained> => {
  const due = await linksDue(index.store, identity, RULES, at);
  return reader.read((reading) =>
    explainAccess(reading, { identity, rules: RULES, carried: carriedBy(client, RULES), now: at, due }, id),
  );
};
const doubts = ({ acl, containers }: Explained): unknown[] =>
  [...(acl ? [acl] : []), ...containers].flatMap(({ terms }) =>
    terms.flatMap(({ allows, denies }) => [...allows, ...denies].flatMap(({ doubt }) => (doubt === undefined ? [] : [doubt]))),
  );

const IDS = ['home-page', 'for-staff', 'for-all', 'for-anybody', 'not-bob', 'not-unlisted', 'by-mail', 'lost', 'dark', 'none']
  .map((key) => `wiki:${key}`)
  .concat('desk:stale', 'old:plan');

test('whoever never asked is told what they get when they ask, and that links would be made', async () => {
  const before = await Promise.all(EVERYBODY.flatMap((who) => IDS.map((id) => explained(who, id))));
  expect((await explained(ADA, 'wiki:home-page')).accounts).toMatchObject([
    { source: 'wiki', id: 'ada', presumed: true },
    { source: 'people', id: 'ada', presumed: true },
  ]);
  const got: boolean[] = [];
  const copy = await openIndex({ rules: RULES, now: () => now });
  await copy.sync('people', PEOPLE);
  await copy.sync('wiki', WIKI);
  await copy.sync('desk', listing(page('stale', { acl: only('public') })));
  for (const who of EVERYBODY) {
    await copy.identify(who);
    for (const id of IDS) got.push('output' in (await copy.ask(who, 'fetch', { id }, 'any')));
  }
  await copy.close();
  expect(before.map(({ verdict }) => verdict === 'allowed')).toEqual(got);
  expect(new Set(before.map(({ verdict }) => verdict))).toEqual(new Set(['allowed', 'denied', 'undecided', 'absent']));
});

test.each<[string, Identity, string, unknown[]]>([
  ['a group that was never listed', ADA, 'wiki:not-unlisted', ['never listed']],
  ['no account in the source', UNA, 'wiki:not-bob', ['no account']],
  ['a guest', GUS, 'wiki:for-all', ['guest']],
  ['nobody whom the directory knows', UNA, 'wiki:for-all', ['stranger to the directory']],
  ['nobody whom the directory calls active', LIZ, 'wiki:for-all', ['gone from the directory']],
  ['no e-mail that anybody vouches for', NED, 'wiki:by-mail', ['no e-mail', 'no e-mail']],
  ['a service for which that is not listed', ROBOT, 'wiki:for-all', ['not listed for the service']],
])('what is not known is named: %s', async (_, who, id, why) => {
  const told = await explained(who, id);
  expect(doubts(told)).toEqual(why);
  expect(told.verdict).not.toBe('allowed');
});

test.each<[string, string, string, number, unknown]>([
  ['its source is not configured', 'old:plan', 'any', START, ['source not configured']],
  ['the client may not carry its source', 'wiki:for-anybody', 'desk only', START, ['source not for this client']],
  ['the client may not carry its label', 'wiki:home-page', 'sealed', START, ['label not for this client']],
  ['its content is past its promise', 'desk:stale', 'any', LATER, ['content past its promise']],
  [
    'its permissions are past their promise',
    'wiki:for-anybody',
    'any',
    START + 25 * HOUR,
    expect.arrayContaining(['permissions past their promise']),
  ],
])('what shuts a document whatever its acl says is named: %s', async (_, id, client, at, shut) => {
  expect(await explained(ADA, id, client, at)).toMatchObject({ verdict: 'denied', shut });
});

test('an account that is inactive in the directory shuts everything', async () => {
  expect(await explained(LIZ, 'wiki:for-anybody')).toMatchObject({
    verdict: 'denied',
    shut: ['gone from the directory'],
    activity: 'gone',
  });
});

test('what is allowed only once its source was asked is not said to be simply allowed', async () => {
  expect(await explained(ADA, 'asked:late')).not.toHaveProperty('asksSource');
  expect(await explained(ADA, 'asked:late', 'any', LATER)).toMatchObject({ verdict: 'allowed', asksSource: true });
  expect(await whoCan('asked:late', options())).toMatchObject({ asksSource: false });
  expect(await whoCan('asked:late', options({ now: LATER }))).toMatchObject({ asksSource: true });
});

test('the chain goes through groups into the directory, and says since when and by which run each is so', async () => {
  now = LATER;
  await index.sync('wiki', [{ type: 'members', group: 'platform', members: ['org:staff', 'user:bob'] }]);
  now = START;
  const { acl, containers } = await explained(ADA, 'wiki:home-page');
  expect(acl).toMatchObject({
    terms: [{ allow: { principal: 'audience:home' } }],
    since: { at: START, run: { id: 2, status: 'complete' } },
  });
  const through = containers[0]?.terms[0]?.allow?.through;
  expect(through).toMatchObject([
    { principal: 'group:eng' },
    { principal: 'group:platform', since: { at: START, run: { id: 2 } } },
    { principal: 'org:staff', since: { at: START, run: { id: 2 } } },
    { principal: 'org:core', since: { at: START, run: { id: 1 } } },
    { principal: 'user:ada', since: { at: START, run: { id: 1 } } },
  ]);
  expect(through?.[0]?.since).toBeUndefined();
});

test('no title and no name is in what is said of a document', async () => {
  for (const who of EVERYBODY) {
    for (const id of IDS) {
      const { found: _, ...said } = await explained(who, id);
      expect(JSON.stringify(said)).not.toContain('Canary');
    }
  }
});

const options = (given: Partial<WhoCanOptions> = {}): WhoCanOptions => ({
  reader,
  rules: RULES,
  carried: CARRIED,
  now: START,
  limit: 100,
  linksDue: (identity) => linksDue(index.store, identity, RULES, START),
  signal: new AbortController().signal,
  onProgress: () => {},
  ...given,
});

describe('who can see it', () => {
  test('everybody is decided about as by the rule', async () => {
    await index.identify(NED);
    for (const id of IDS.filter((one) => one !== 'wiki:none')) {
      const audience = await whoCan(id, options());
      const said = new Map([...(audience?.can ?? [])].map(({ who, way }) => [who, way]));
      const named = ['idp|robot', 'idp|ned', ...['ada', 'bob', 'gus', 'una'].map((name) => `${name}@acme.test`)];
      for (const who of named.filter((one) => one !== 'una@acme.test' || id.startsWith('wiki:'))) {
        const [name = ''] = who.replace('idp|', '').split('@');
        const asked = who.includes('|') ? { issuer: 'idp', subject: name } : { issuer: 'local', subject: who, email: who };
        expect([id, who, said.has(who)]).toEqual([id, who, (await explained(asked, id)).verdict === 'allowed']);
      }
      expect(audience?.canCount).toBe(said.size);
    }
  });

  test('the way in is one line, with each container once', async () => {
    const audience = await whoCan('wiki:home-page', options());
    expect(audience?.can).toContainEqual({
      who: 'bob@acme.test',
      kind: 'person',
      way: 'audience:home; home: group:eng › group:platform › org:staff › user:bob',
    });
  });

  test('what is open to people who are known to nothing is said by itself', async () => {
    expect(await whoCan('wiki:for-anybody', options())).toMatchObject({
      public: true,
      anybodyElse: [{ domain: 'acme.test', can: true }],
    });
    expect(await whoCan('wiki:for-staff', options())).toMatchObject({
      public: false,
      anybodyElse: [{ domain: 'acme.test', can: false }],
    });
    const { anybodyElse } = (await whoCan('wiki:for-partners', options())) ?? {};
    expect(anybodyElse).toContainEqual({ domain: 'partner.test', can: true });
  });

  test('who cannot for want of knowledge is listed with what is not known', async () => {
    const audience = await whoCan('wiki:not-unlisted', options());
    expect(audience).toMatchObject({ canCount: 0, can: [] });
    expect(audience?.undecided).toContainEqual({
      who: 'ada@acme.test',
      kind: 'person',
      way: 'denies group:never (never listed)',
    });
  });

  test('lists are cut at the limit, and counts are whole', async () => {
    const whole = await whoCan('wiki:for-anybody', options());
    const cut = await whoCan('wiki:for-anybody', options({ limit: 1 }));
    expect(cut?.can).toHaveLength(1);
    expect(cut).toMatchObject({ canCount: whole?.can.length });
    expect(whole?.canCount).toBeGreaterThan(3);
  });

  test('all are decided about as of one state: an index that moves meanwhile is begun again', async () => {
    let moved = false;
    const moving = async (identity: Identity): Promise<[]> => {
      if (moved || identityName(identity) !== 'local|ada@acme.test') return [];
      moved = true;
      await index.sync('wiki', [{ type: 'members', group: 'late', members: ['user:ada'] }]);
      return [];
    };
    const { version } = reader.read(({ basis }) => basis);
    const audience = await whoCan('wiki:for-anybody', options({ linksDue: moving }));
    expect(audience?.basis.version).toBeGreaterThan(version);
    const never = whoCan('wiki:for-anybody', options({ linksDue: async (identity) => ((moved = false), moving(identity)) }));
    await expect(never).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('it stops when it is told to', async () => {
    await expect(whoCan('wiki:for-all', options({ signal: AbortSignal.abort() }))).rejects.toThrow('aborted');
  });

  test('of a document that is not there nothing is said', async () => {
    expect(await whoCan('wiki:none', options())).toBeUndefined();
  });
});
