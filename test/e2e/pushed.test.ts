import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import type { Gateway } from '../../src/cli/parts.ts';
import { openHttp } from '../../src/open-http.ts';
import { openIndex } from '../../src/open-index.ts';
import { openTrail } from '../../src/open-trail.ts';
import type { SyncEnd } from '../../src/ingest/runner.ts';
import { aMachine } from '../support/a-machine.ts';
import { whole } from '../support/a-place.ts';
import { aToken } from '../support/a-token.ts';
import { aclOf, documentLine, jsonLines } from '../support/json-lines.ts';
import { toolCall } from '../support/mcp-messages.ts';
import { aGroup, aUser, patch } from '../support/scim-messages.ts';

/** Threads start slowly on a machine that has much to do. */
const PATIENCE = 60_000;
const TOKEN = 'a-token-that-only-the-provider-has';
const SOURCES = `{ people: { connector: scim, token: "\${SCIM_TOKEN}" }, wiki: { connector: jsonl, path: ./wiki.jsonl } }`;

const machine = aMachine({ env: { SCIM_TOKEN: TOKEN } });
let folder: string;
let gateway: Gateway;
let stop: () => Promise<void>;

const place = () => ({ config: join(folder, 'castellan.yaml'), data: join(folder, 'data') });

const start = async (): Promise<void> => {
  gateway = await openHttp(place(), machine, { log: { write: () => undefined } });
  const stopping = new AbortController();
  const served = gateway.serve(stopping.signal);
  stop = async () => {
    stopping.abort();
    await served;
    await gateway.close();
  };
};

const sync = async (source: string): Promise<SyncEnd> => {
  const index = await openIndex(place(), machine);
  try {
    return await index.sync(source, {
      acceptDeletions: false,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
  } finally {
    await index.close();
  }
};

const push = async (path: string, { method = 'POST', body = {} }: { method?: string; body?: object } = {}) => {
  const response = await fetch(`${gateway.listening}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json' },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: z.looseObject({ id: z.string() }).parse(await response.json()) };
};

/** What Ada hears of a search. */
const search = async (): Promise<string> => {
  const token = await aToken('ada@acme.test', { data: place().data, audience: `${gateway.listening}/mcp` });
  const { body, headers } = toolCall('2026-07-28', 'search', { query: 'spring' });
  const response = await fetch(`${gateway.listening}/mcp`, {
    method: 'POST',
    body,
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  return response.text();
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'castellan-pushed-'));
  await writeFile(join(folder, 'wiki.jsonl'), jsonLines(whole([documentLine({ acl: aclOf(['org:Engineering']) })])));
  await writeFile(
    place().config,
    [
      'organisation: { name: Acme, domains: [acme.test] }',
      'identity: { mode: local, directory: people }',
      `sources: ${SOURCES}`,
      'embedding: { provider: none }',
      'server: { listen: "127.0.0.1:0" }\n',
    ].join('\n'),
  );
  await sync('wiki');
  await start();
}, PATIENCE);
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

test(
  'a directory is pushed to a server that was never asked for it before, outlives it, and decides at the very next call',
  async () => {
    expect(gateway.pushed).toEqual({ source: 'people', url: `${gateway.listening}/scim/v2` });
    const ada = (await push('/Users', { body: aUser('ada') })).body.id;
    await push('/Groups', { body: aGroup('Engineering', [ada]) });
    expect(await search()).toContain('wiki:plan');

    await stop();
    await start();
    expect(await sync('people')).toMatchObject({ status: 'complete' });
    expect(await push(`/Users/${ada}`, { method: 'GET' })).toMatchObject({ status: 200, body: { active: true } });
    expect(await search()).toContain('wiki:plan');
    expect(await push(`/Users/${ada}`, patch({ op: 'replace', path: 'active', value: false }))).toMatchObject({ status: 200 });
    expect(await search()).not.toContain('wiki:plan');

    const trail = await openTrail(place(), machine);
    expect((await trail.list(20)).filter(({ tool }) => tool === 'scim')).toHaveLength(4);
    expect(await trail.verify()).toMatchObject({ state: 'consistent' });
    await trail.close();
    expect(machine.bugs).toEqual([]);
  },
  PATIENCE,
);
