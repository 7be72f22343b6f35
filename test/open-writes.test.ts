import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { type Connector, defineConnector, type Operation } from '../src/core/connector.ts';
import { defineWrite } from '../src/core/write.ts';
import { loadConfig } from '../src/config/config.ts';
import { writeFetchOf } from '../src/open-outgoing.ts';
import { openWrites } from '../src/open-writes.ts';
import type { Errand } from '../src/sources/outgoing.ts';
import { openDataFolder } from '../src/store/data-folder.ts';
import { openKeys } from '../src/store/keys.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';
import { aFolder } from './support/a-folder.ts';

const operation = (name: string, access: 'read' | 'write'): Operation => ({ name, access, calls: [`GET /${name}`] });
const never = async (): Promise<never> => Promise.reject(new Error('nothing is written here'));
const edit = defineWrite({
  name: 'board.edit',
  title: 'Edit',
  description: 'Edits.',
  input: z.strictObject({}),
  on: 'document',
  operations: ['look', 'put'],
  mayWrite: never,
  preview: never,
  commit: never,
  settle: never,
});
const board: Connector = defineConnector({
  name: 'board',
  title: 'Board',
  settings: z.strictObject({}),
  cursor: z.null(),
  operations: [operation('list', 'read'), operation('look', 'read'), operation('put', 'write'), operation('burn', 'write')],
  hosts: () => ['board.acme.test'],
  writes: [edit],
  sync: async function* () {},
});

const configured = async () => {
  const folder = await aFolder();
  const path = join(folder, 'castellan.yaml');
  await writeFile(
    path,
    'organisation: { name: Acme, domains: [acme.test] }\nsources: { board: { connector: board } }\nwrites: { board.edit: auto }\n',
  );
  const config = await loadConfig({ path, env: {}, connectors: [board] });
  return { config, folder: await openDataFolder(join(folder, 'data'), { uid: undefined }) };
};

test.each([
  [true, { writes: true, tries: 1 }],
  [false, { writes: false }],
])(
  'an action reaches the operations it names, and writes only where it is meant to (%s), each call once',
  async (writing, given) => {
    const errands: Errand[] = [];
    const outgoing = {
      fetchFor: (errand: Errand) => {
        errands.push(errand);
        return fetch;
      },
      close: async () => undefined,
    };
    const [source] = (await configured()).config.sources;
    if (!source) throw new Error('it is configured');
    writeFetchOf(source, { action: edit, writing }, outgoing, undefined);
    expect(errands).toMatchObject([{ ...given, hosts: ['board.acme.test'] }]);
    expect(errands[0]?.operations?.map(({ name }) => name)).toEqual(['look', 'put']);
    expect(errands[0]?.tries).toBe(writing ? 1 : undefined);
  },
);

test('it opens on a folder that has nothing yet, and closes with nothing left', async () => {
  const { config, folder } = await configured();
  const store = await openStore({ path: folder.index, now: Date.now });
  onTestFinished(() => store.close());
  const warned: string[] = [];
  const writes = openWrites(
    {
      config,
      folder,
      keys: await openKeys({ folder, env: {}, random: randomBytes }),
      audit: { record: never },
      views: { footing: never },
      signIns: { of: () => undefined },
      follows: false,
    },
    {
      outgoing: { fetchFor: () => fetch, close: async () => undefined },
      now: Date.now,
      random: randomBytes,
      requestId: randomUUID,
      warn: (message) => void warned.push(message),
    },
  );
  expect(await writes.pending()).toEqual([]);
  await expect(writes.decide('0'.repeat(32), { yes: true, through: 'cli', by: 'os:owner' })).rejects.toMatchObject({
    code: 'not_found',
  });
  await writes.close();
  expect(warned).toEqual([]);
});
