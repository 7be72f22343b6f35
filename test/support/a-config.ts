import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { type Config, loadConfig } from '../../src/config/config.ts';
import { type Connector, defineConnector, type Operation } from '../../src/core/connector.ts';
import { secret } from '../../src/core/secret.ts';
import type { WriteAction } from '../../src/core/write.ts';
import { aFolder } from './a-folder.ts';

const nothing = { cursor: z.null(), operations: [], hosts: () => [], sync: async function* () {} };
const never = async (): Promise<never> => Promise.reject(new Error('nothing is written in a test of the configuration'));
const aWrite = (name: string, more: Partial<WriteAction> = {}): WriteAction => ({
  name,
  title: name,
  description: name,
  input: z.unknown(),
  on: 'document',
  operations: [`${name.slice('wiki.'.length)} pages`],
  mayWrite: never,
  preview: never,
  commit: never,
  settle: never,
  ...more,
});
const anOperation = (name: string, access: 'read' | 'write'): Operation => ({
  name,
  access,
  scope: `pages:${access}`,
  calls: [],
});

/** A connector with plain settings. */
export const wiki = defineConnector({
  ...nothing,
  name: 'wiki',
  title: 'Wiki',
  settings: z.strictObject({
    root: z.string(),
    login: z.strictObject({ user: z.string(), pages: z.array(z.strictObject({ id: z.number() })) }).exactOptional(),
  }),
  operations: [
    anOperation('read pages', 'read'),
    ...['edit', 'create', 'remove'].map((what) => anOperation(`${what} pages`, 'write')),
  ],
  writes: [aWrite('wiki.edit'), aWrite('wiki.create'), aWrite('wiki.remove', { undoes: true })],
});
/** A connector with secrets. */
export const shop = defineConnector({
  ...nothing,
  name: 'shop',
  title: 'Shop',
  settings: z.strictObject({ token: secret(), mirrors: z.array(z.strictObject({ key: secret() })).default([]) }),
});
export const CONNECTORS: readonly Connector[] = [wiki, shop];

/** The part every file must have, and one with a source. */
export const BASE = 'organisation: { name: Acme, domains: [acme.test] }\n';
export const WIKI = 'sources: { wiki: { connector: wiki, root: ./wiki } }\n';
export const GOOD = BASE + WIKI;

/** Loads a file of this text. */
export const load = async (text: string | Uint8Array, env: Record<string, string> = {}): Promise<Config> => {
  const path = join(await aFolder(), 'castellan.yaml');
  await writeFile(path, text);
  return loadConfig({ path, env, connectors: CONNECTORS });
};
