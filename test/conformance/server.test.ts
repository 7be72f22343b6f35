import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type AHeaderProxy, aHeaderProxy } from '../support/a-header-proxy.ts';
import { type APlace, aPlace, synced } from '../support/a-place.ts';
import { type ARunningServer, aRunningServer } from '../support/a-running-server.ts';
import { ADA, LINES } from '../support/a-served-place.ts';
import { OF_THE_SERVER, REVISIONS, surprises } from './expected.ts';
import { runSuite } from './suite.ts';

let place: APlace;
let server: ARunningServer;
let proxy: AHeaderProxy;

beforeAll(async () => {
  place = await synced(await aPlace(LINES));
  server = await aRunningServer(place);
  proxy = await aHeaderProxy(server.url, { authorization: `Bearer ${await server.token(ADA)}` });
});

afterAll(async () => {
  await proxy.close();
  await server.close();
  await place.remove();
});

describe.each(REVISIONS)('the server, held to %s behind its own sign-in,', (revision) => {
  test('fails where it was expected to, and nowhere else', async () => {
    const { passed, failed } = await runSuite(proxy.url, revision);
    expect(surprises(failed, OF_THE_SERVER[revision])).toEqual([]);
    expect(passed.size).toBeGreaterThan(30); // a suite that ran nothing found nothing
    expect([...passed]).toEqual(
      expect.arrayContaining(['tools-list:tools-list', 'dns-rebinding-protection:localhost-host-rebinding-rejected']),
    );
  });
});

test('without a token the suite gets nowhere', async () => {
  const { passed } = await runSuite(server.url, '2026-07-28');
  expect([...passed].filter((check) => check.startsWith('tools-list'))).toEqual([]);
});

test('a failure that nobody expected is told, and one that ended', () => {
  const failed = new Map([
    ['ping:ping', 'no answer'],
    ['caching:a', ''],
  ]);
  expect(surprises(failed, [{ why: '', fail: ['caching:a', 'pin', 'gone'] }])).toEqual([
    'ping:ping fails: no answer',
    'pin no longer fails',
    'gone no longer fails',
  ]);
});
