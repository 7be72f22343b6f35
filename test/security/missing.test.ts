import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { loadConfig } from '../../src/config/config.ts';
import { type Connector, defineConnector } from '../../src/core/connector.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { runSync } from '../../src/ingest/runner.ts';
import { openPath } from '../../src/open-path.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { aFolder } from '../support/a-folder.ts';
import { aMachine } from '../support/a-machine.ts';
import { ORGANISATION } from '../support/a-place.ts';
import { aDocument, anAccount, only } from '../support/builders.ts';

const DAY = 24 * 3_600_000;
const MONDAY = Date.UTC(2026, 0, 5);
const ADA = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };

const DOCUMENTS: readonly SourceDocument[] = [
  aDocument({ key: 'seen', acl: only('user:ada') }),
  aDocument({ key: 'hidden', acl: only('user:bob') }),
  aDocument({ key: 'dark', acl: { unknown: '403' } }),
  aDocument({ key: 'denied', acl: { terms: [{ allow: ['public'], deny: ['user:ada'], from: 'page' }] } }),
  aDocument({ key: 'sealed', acl: only('public'), labels: ['sealed'] }),
];
const CHANGES: readonly Change<null>[] = [
  ...['ada', 'bob'].map((id): Change<null> => ({ type: 'account', account: anAccount({ id }) })),
  { type: 'container', key: 'folder', title: 'Folder', acl: only('user:ada') },
  ...DOCUMENTS.map((document): Change<null> => ({ type: 'document', document })),
];

/** A source that remembers what it was asked, and would show everybody everything. */
const remembering = (asked: string[]): Connector =>
  defineConnector<object, null>({
    name: 'remembering',
    title: 'A source that remembers',
    settings: z.strictObject({}),
    cursor: z.null(),
    operations: [],
    hosts: () => [],
    sync: async function* () {
      yield* CHANGES;
    },
    read: async (key) => {
      asked.push(key);
      return DOCUMENTS.find((one) => one.key === key) ?? 'gone';
    },
  });

/** A promise that is broken at once, so that the source is to be asked about whatever is shown. */
const CONFIGURATION = `${ORGANISATION}embedding: { provider: none }
clients: { default: { deny_labels: [sealed] } }
freshness:
  content: { within: 1s, on_breach: live }
  permissions: { within: 1s, on_breach: live }
sources: { wiki: { connector: remembering } }
`;

/** The whole path to an index that was read a day ago, and what its source was asked since. */
const aPathBehindTheSource = async () => {
  const asked: string[] = [];
  const connector = remembering(asked);
  const folder = await aFolder();
  const file = join(folder, 'castellan.yaml');
  await writeFile(file, CONFIGURATION);
  const config = await loadConfig({ path: file, env: {}, connectors: [connector] });
  const data = await openDataFolder(join(folder, 'data'), { uid: process.getuid?.() });
  const store = await openStore({ path: data.index, now: () => MONDAY });
  const signal = new AbortController().signal;
  await runSync({ store, connector, source: { name: 'wiki', settings: {}, folder }, now: () => MONDAY, signal });
  await store.close();
  const path = await openPath({ config, folder: data }, aMachine({ now: () => MONDAY + DAY }));
  onTestFinished(() => path.close());
  const callerOf = async () => ({ identity: await path.identify(ADA), client: 'test', scopes: ['read'] as const });
  return {
    asked,
    call: async (tool: string, input: object): Promise<unknown> =>
      path.call(tool, input, callerOf, signal, { request: randomUUID() }),
  };
};

const MISSING = ['hidden', 'dark', 'denied', 'sealed', 'folder', 'never', 'x'.repeat(1000), 'hidden ', '../hidden'];

test('a source is asked about what its caller may see, and never about what is forbidden or missing', async () => {
  const { asked, call } = await aPathBehindTheSource();
  expect(await call('fetch', { id: 'wiki:seen' })).toMatchObject({ output: { id: 'wiki:seen' } });
  expect(asked).toEqual(['seen']);
  asked.length = 0;
  const answers = new Set<string>();
  for (const key of MISSING) {
    for (const given of [{}, { live: true }]) {
      answers.add(JSON.stringify(await call('fetch', { id: `wiki:${key}`, ...given })));
    }
  }
  expect(asked).toEqual([]);
  expect([...answers]).toEqual([expect.stringContaining('not_found')]);
  await call('search', { query: 'spring', limit: 50 });
  expect(new Set(asked)).toEqual(new Set(['seen']));
});
