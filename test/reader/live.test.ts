import { describe, expect, test } from 'vitest';

import type { Freshness } from '../../src/core/freshness.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { aLiveIndex, keysOf, LIVE, metadataOf, type Says } from '../support/a-live-index.ts';
import { aDocument, anAccount, except, only } from '../support/builders.ts';

const HOUR = 3_600_000;
const LATER = 2 * HOUR;

const NOT_FOUND = {
  error: {
    code: 'not_found',
    message: 'No document with this id is visible to you. Ids come from the results of search.',
    retry: false,
  },
};

/** An index whose one document is past its promise. */
const aged = async (options: Parameters<typeof aLiveIndex>[0] = {}, document = aDocument()) => {
  const index = await aLiveIndex(options);
  await index.sync([document]);
  index.clock.now += LATER;
  return index;
};

describe('what is within its promise', () => {
  test('is decided by what is stored, and the source hears nothing', async () => {
    const { sync, as, source, audited } = await aLiveIndex();
    await sync([aDocument()]);
    expect(metadataOf(await as('ada').fetch())).toMatchObject({ decided_by: 'stored', fresh: true });
    expect(keysOf(await as('ada').search())).toEqual(['plan']);
    expect(source.asked).toEqual([]);
    expect(audited.at(-1)?.documents).toEqual([expect.not.objectContaining({ decidedBy: 'live' })]);
  });

  test('is asked of the source all the same where a fetch says so', async () => {
    const { sync, as, source, clock } = await aLiveIndex();
    await sync([aDocument()]);
    clock.now += 1000;
    const instant = new Date(clock.now).toISOString();
    expect(metadataOf(await as('ada').fetch('plan', { live: true }))).toMatchObject({
      decided_by: 'live',
      permissions_synced_at: instant,
      synced_at: instant,
      fresh: true,
    });
    source.says.set('plan', 'gone');
    expect(await as('ada').fetch('plan', { live: true })).toEqual(NOT_FOUND);
    expect(metadataOf(await as('ada').fetch('plan', { live: false }))).toMatchObject({ decided_by: 'stored' });
  });
});

describe('what is past its promise', () => {
  test('is shown when its source lets it through, at the instant of the asking', async () => {
    const { as, source, clock, audited } = await aged();
    const instant = new Date(clock.now).toISOString();
    const live = { decided_by: 'live', permissions_synced_at: instant, synced_at: instant, fresh: true };
    expect(metadataOf(await as('ada').fetch())).toMatchObject(live);
    const result = await as('ada').search();
    expect(result).toMatchObject({ output: { results: [{ id: 'wiki:plan', metadata: live }] } });
    expect(source.asked.map(({ key }) => key)).toEqual(['plan', 'plan']);
    for (const { documents, outcome } of audited) {
      expect([documents, outcome]).toEqual([[expect.objectContaining({ id: 'wiki:plan', decidedBy: 'live' })], 'answered']);
    }
  });

  const REFUSING: readonly (readonly [string, Says])[] = [
    ['says that it is gone', 'gone'],
    ['says that it is forbidden', 'forbidden'],
    ['narrowed its acl', aDocument({ acl: only('person:bob@acme.test') })],
    ['denies who asks', aDocument({ acl: except(['everyone'], ['person:ada@acme.test']) })],
    ['does not know who may see it any more', aDocument({ acl: { unknown: 'lost' } })],
    ['put it below what nobody knows', aDocument({ acl: only('audience:nowhere') })],
    ['speaks of another document', aDocument({ key: 'other' })],
    ['answers with nonsense', aDocument({ updatedAt: new Date(Number.NaN) })],
    ['throws', () => Promise.reject(new Error('the source is down'))],
    [
      'answers with nothing that is a document',
      // oxlint-disable-next-line typescript/no-unsafe-return -- a source in plain JavaScript may do that
      async () => JSON.parse('{"key":"plan"}'),
    ],
  ];

  test.each(REFUSING)('is not there when its source %s', async (_, says) => {
    const { as, source, audited } = await aged();
    source.says.set('plan', says);
    expect(await as('ada').fetch()).toEqual(NOT_FOUND);
    expect(await as('ada').fetch()).toEqual(await as('ada').fetch('no-such'));
    expect(await as('ada').search()).toEqual({ output: { results: [], degraded: ['semantic_unavailable'] } });
    expect(audited[0]).toMatchObject({ outcome: 'refused', documents: [] });
  });

  test('is not there when its source does not answer in time, and what it says later changes nothing', async () => {
    const { as, source } = await aged({ deadlineMs: 60 });
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof aDocument>>();
    source.says.set('plan', () => promise);
    const since = performance.now();
    expect(await as('ada').fetch()).toEqual(NOT_FOUND);
    expect(performance.now() - since).toBeLessThan(1500);
    await expect.poll(() => source.asked[0]?.signal.aborted).toBe(true);
    resolve(aDocument());
    source.says.set('plan', 'gone');
    expect(await as('ada').fetch()).toEqual(NOT_FOUND);
  });

  test('is not there where no source can be asked', async () => {
    const { openIndex } = await import('../support/index-in-process.ts');
    const clock = { now: 0 };
    const rules = { ownedDomains: ['acme.test'], sources: new Map([['wiki', LIVE]]) };
    const index = await openIndex({ rules, now: () => clock.now });
    try {
      await index.sync('wiki', [{ type: 'document', document: aDocument() }]);
      clock.now = LATER;
      const ada = { issuer: 'idp', subject: 'ada', email: 'ada@acme.test' };
      expect(await index.ask(ada, 'fetch', { id: 'wiki:plan' })).toEqual(NOT_FOUND);
    } finally {
      await index.close();
    }
  });

  test('needs both: a source that now lets everybody in opens nothing that is stored as closed', async () => {
    const { as, source } = await aged({}, aDocument({ acl: only('person:bob@acme.test') }));
    source.says.set('plan', aDocument({ acl: only('public') }));
    expect(await as('ada').fetch('plan', { live: true })).toEqual(NOT_FOUND);
    expect(source.asked).toEqual([]);
    expect(metadataOf(await as('bob').fetch())).toMatchObject({ decided_by: 'live' });
  });

  test('stays behind for a client whose policy denies the label that it has now', async () => {
    const clients = new Map([['chat', { ...NO_POLICY, denyLabels: ['Restricted'] }]]);
    const { as, source } = await aged({ rules: { policies: { default: NO_POLICY, clients } } });
    expect(metadataOf(await as('ada', 'chat').fetch())).toMatchObject({ decided_by: 'live' });
    source.says.set('plan', aDocument({ labels: ['internal', 'rest\u200bRICTED '] }));
    expect(await as('ada', 'chat').fetch()).toEqual(NOT_FOUND);
    expect(keysOf(await as('ada', 'chat').search())).toEqual([]);
    expect(metadataOf(await as('ada', 'desk').fetch())).toMatchObject({ labels: [], decided_by: 'live' });
  });

  test('is revoked by a commit that comes while its source is asked', async () => {
    const index = await aLiveIndex({
      between: async ({ key }) => {
        if (key === 'plan') await index.sync([aDocument({ acl: only('person:bob@acme.test') })]);
      },
    });
    await index.sync([aDocument()]);
    index.clock.now += LATER;
    expect(await index.as('ada').fetch()).toEqual(NOT_FOUND);
  });
});

const bytesBy = (read: () => Promise<Uint8Array>) => ({ kind: 'bytes' as const, mediaType: 'text/plain', read });

describe('the time of an answer', () => {
  test('is that of a group that decided, however live the acl is', async () => {
    const { sync, as, clock } = await aLiveIndex();
    const before = new Date(clock.now).toISOString();
    await sync(
      [aDocument({ acl: only('group:eng') })],
      [
        { type: 'account', account: anAccount() },
        { type: 'members', group: 'eng', members: ['user:ada'] },
      ],
    );
    await as('ada').identify();
    clock.now += LATER;
    expect(metadataOf(await as('ada').fetch())).toMatchObject({
      decided_by: 'live',
      permissions_synced_at: before,
      fresh: false,
    });
  });

  test('says that the text is not fresh where the source has another, and shows the stored one', async () => {
    const { as, source } = await aged();
    const stored = metadataOf(await as('ada').fetch())['updated_at'];
    source.says.set('plan', aDocument({ body: { kind: 'text', text: 'We stay.', format: 'plain' } }));
    const result = await as('ada').fetch();
    expect(result).toMatchObject({ output: { text: 'We move in spring.' } });
    expect(metadataOf(result)).toMatchObject({
      decided_by: 'live',
      fresh: false,
      synced_at: '2026-01-05T00:00:00.000Z',
      permissions_synced_at: '2026-01-05T02:00:00.000Z',
      updated_at: stored,
    });
  });

  test.each([
    ['equal revisions', 'r1', 'Plan', true, 0],
    ['another revision but the same bytes', 'r2', 'Plan', true, 1],
    ['equal revisions but another title', 'r1', 'Plans', false, 1],
  ])('is the asking’s for a document of bytes with %s', async (_, revision, title, fresh, reads) => {
    let read = 0;
    const bytes = (given: object = {}) =>
      aDocument({
        revision: 'r1',
        body: {
          kind: 'bytes',
          mediaType: 'text/plain',
          read: async () => {
            read += 1;
            return new TextEncoder().encode('We move in spring.');
          },
        },
        ...given,
      });
    const { as, source } = await aged({}, bytes());
    source.says.set('plan', bytes({ revision, title }));
    read = 0;
    expect(metadataOf(await as('ada').fetch())).toMatchObject({ decided_by: 'live', fresh });
    expect(read).toBe(reads);
  });

  test('is not the asking’s where the bytes cannot be read', async () => {
    const { as, source } = await aged({}, aDocument({ body: bytesBy(async () => Buffer.from('We move in spring.')) }));
    source.says.set('plan', aDocument({ body: bytesBy(() => Promise.reject(new Error('no'))) }));
    expect(metadataOf(await as('ada').fetch())).toMatchObject({ decided_by: 'live', fresh: false });
  });

  test.each<[string, Freshness]>([
    ['content', { ...LIVE, permissions: { within: 24 * HOUR, onBreach: 'deny' } }],
    ['permissions', { ...LIVE, content: { within: HOUR, onBreach: 'label' } }],
  ])('is asked for where only the %s must be', async (_, freshness) => {
    const { as } = await aged({ freshness });
    expect(metadataOf(await as('ada').fetch())).toMatchObject({ decided_by: 'live', fresh: true });
  });
});
