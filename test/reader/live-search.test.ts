import { describe, expect, test } from 'vitest';

import type { Freshness } from '../../src/core/freshness.ts';
import { aLiveIndex, cursorOf, keysOf, metadataOf, ranked } from '../support/a-live-index.ts';
import { aDocument, anAccount, only } from '../support/builders.ts';

const HOUR = 3_600_000;
const LATER = 2 * HOUR;

describe('a search', () => {
  test('leaves out what a source refuses, and fills its page with the next ones', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync(ranked(12));
    clock.now += LATER;
    for (const key of ['k00', 'k02', 'k04', 'k05']) source.says.set(key, 'gone');
    const first = await as('ada').search({ limit: 5 });
    expect(keysOf(first)).toEqual(['k01', 'k03', 'k06', 'k07', 'k08']);
    const second = await as('ada').search({ limit: 5, cursor: cursorOf(first) });
    expect(keysOf(second)).toEqual(['k09', 'k10', 'k11']);
    expect(cursorOf(second)).toBeUndefined();
  });

  test('says truly whether there is more, also when most of what was found is refused', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync(ranked(60));
    clock.now += LATER;
    for (const { key } of ranked(57)) source.says.set(key, 'gone');
    const first = await as('ada').search({ limit: 2 });
    expect(keysOf(first)).toEqual(['k57', 'k58']);
    const second = await as('ada').search({ limit: 2, cursor: cursorOf(first) });
    expect(keysOf(second)).toEqual(['k59']);
    expect(cursorOf(second)).toBeUndefined();
    expect(new Set(source.asked.map(({ key }) => key)).size).toBe(60);
  });

  test('asks for no more than its page when nothing is refused', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync(ranked(30));
    clock.now += LATER;
    expect(keysOf(await as('ada').search({ limit: 4 }))).toHaveLength(4);
    expect(source.asked.map(({ key }) => key)).toEqual(['k00', 'k01', 'k02', 'k03', 'k04']);
  });

  test('that goes on expires when a document before it is refused meanwhile', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync(ranked(12));
    clock.now += LATER;
    const first = await as('ada').search({ limit: 5 });
    source.says.set('k01', 'gone');
    const next = await as('ada').search({ limit: 5, cursor: cursorOf(first) });
    expect(next).toMatchObject({ error: { code: 'expired' } });
  });

  test('finds what is fresh beside what its source refuses', async () => {
    const fresh: Freshness = {
      content: { within: HOUR, onBreach: 'label' },
      permissions: { within: 24 * HOUR, onBreach: 'deny' },
    };
    const { sync, as, source, clock } = await aLiveIndex({ freshness: fresh });
    await sync(ranked(3));
    clock.now += LATER;
    source.says.clear();
    expect(keysOf(await as('ada').search())).toEqual(['k00', 'k01', 'k02']);
    expect(source.asked).toEqual([]);
  });
});

const accounts = (...given: readonly Parameters<typeof anAccount>[0][]) =>
  given.map((account) => ({ type: 'account' as const, account: anAccount(account) }));

describe('a source is asked as', () => {
  test('the caller’s account, where they have one', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync([aDocument()], accounts({ id: 'ada', name: 'Ada' }));
    await as('ada').identify();
    await as('eve').identify();
    clock.now += LATER;
    await as('ada').fetch();
    await as('eve').fetch();
    expect(source.asked.map((asked) => asked.as)).toEqual([
      { id: 'ada', name: 'Ada', emails: ['ada@acme.test'], active: true, kind: 'member' },
      undefined,
    ]);
  });

  test('nobody, where their account is inactive', async () => {
    const services = new Map([['local|job', { shared: [], accounts: new Map([['wiki', ['bot']]]) }]]);
    const { sync, as, source, clock } = await aLiveIndex({ rules: { services } });
    await sync([aDocument({ acl: only('public') })], accounts({ id: 'bot', active: false }));
    clock.now += LATER;
    expect(metadataOf(await as({ issuer: 'local', subject: 'job' }).fetch())).toMatchObject({ decided_by: 'live' });
    expect(source.asked.map((asked) => asked.as)).toEqual([undefined]);
  });

  test('nobody, where they have two accounts', async () => {
    const services = new Map([['local|job', { shared: [], accounts: new Map([['wiki', ['bot', 'bee']]]) }]]);
    const { sync, as, source, clock } = await aLiveIndex({ rules: { services } });
    await sync([aDocument({ acl: only('user:bee') })], accounts({ id: 'bot' }, { id: 'bee' }));
    clock.now += LATER;
    const job = { issuer: 'local', subject: 'job' };
    expect(metadataOf(await as(job).fetch())).toMatchObject({ decided_by: 'live' });
    expect(source.asked.map((asked) => asked.as)).toEqual([undefined]);
  });
});
