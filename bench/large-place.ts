import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Connector, defineConnector } from '../src/core/connector.ts';
import type { Change } from '../src/core/change.ts';
import type { Embedder } from '../src/core/embedder.ts';
import { openLocalEmbedder } from '../src/embed/local.ts';
import { runSync } from '../src/ingest/runner.ts';
import { embedWaiting } from '../src/ingest/vectors.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';
import { diceOf } from '../test/property/dice.ts';
import { madeUpText } from './made-up-text.ts';
import { z } from 'zod';

/** A configuration and a data folder with 100,000 chunks. */
export interface LargePlace {
  readonly config: string;
  readonly data: string;
}

const DOCUMENTS = 25_000;
/** Made-up text of so many words becomes about four chunks. */
const WORDS = 570;
const GROUPS = 100;
/** Everybody is in so many of the groups, and so sees about a tenth. */
const MEMBERSHIPS = 10;

/** The person who sees everything. */
export const SEES_ALL = 'all@acme.test';
/** Those who see about a tenth each. */
export const PEOPLE: readonly string[] = Array.from({ length: 200 }, (_, at) => `p${at}@acme.test`);

/** Makes the place in this folder, unless it is there: one source, 100 groups, 201 people. Takes minutes. */
export const largePlace = async (folder: string, tell: (line: string) => void): Promise<LargePlace> => {
  const place = { config: join(folder, 'castellan.yaml'), data: join(folder, '.castellan') };
  if (existsSync(join(folder, 'made'))) return place;
  mkdirSync(place.data, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'wiki.jsonl'), '');
  writeFileSync(
    place.config,
    'organisation: { name: Acme, domains: [acme.test] }\nsources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\n' +
      'server: { limits: { per_minute: 1000000, at_once: 16 }, metrics_token: "${CASTELLAN_METRICS_TOKEN}" }\n',
  );
  const store = await openStore({ path: join(place.data, 'index.db'), now: Date.now });
  const signal = new AbortController().signal;
  tell('writing 25,000 documents');
  await runSync({
    store,
    connector: madeUp(),
    source: { name: 'wiki', settings: {}, folder, urlTemplate: 'castellan:<id>', hosts: [], maxDeleteRatio: 0.2 },
    now: Date.now,
    signal,
    onProgress: ({ read }) => (read % 5000 === 0 ? tell(`${read}`) : undefined),
  });
  tell('writing their vectors');
  await embedWaiting({ store, embedder: await noEmbedder(), signal, batch: 2000 });
  const [status] = await store.status(['wiki']);
  tell(`${status?.documents} documents, ${status?.chunks} chunks`);
  await store.close();
  writeFileSync(join(folder, 'made'), '');
  return place;
};

const madeUp = (): Connector =>
  defineConnector({
    name: 'jsonl',
    title: 'Made up',
    settings: z.object({}),
    cursor: z.null(),
    operations: [],
    hosts: () => [],
    async *sync() {
      yield* changes();
    },
  });

function* changes(): Iterable<Change<null>> {
  const dice = diceOf(11);
  yield { type: 'listing' };
  for (const email of [...PEOPLE, SEES_ALL]) {
    yield { type: 'account', account: { id: idOf(email), emails: [email], active: true, kind: 'member' } };
  }
  const groupsOf = PEOPLE.map(() => new Set(dice.some(groups, MEMBERSHIPS, MEMBERSHIPS)));
  for (const group of groups) {
    const members = PEOPLE.filter((_, at) => groupsOf[at]?.has(group)).map(idOf);
    yield { type: 'members', group, members: [...members, idOf(SEES_ALL)].map((id) => `user:${id}` as const) };
  }
  for (const group of groups) {
    const acl = { terms: [{ allow: [`group:${group}` as const], deny: [], from: `space ${group}` }] } as const;
    yield { type: 'container', key: `space-${group}`, title: group, acl };
  }
  for (let at = 0; at < DOCUMENTS; at++) {
    const space = `space-${groups[at % GROUPS]}`;
    yield {
      type: 'document',
      document: {
        key: `d${at}`,
        title: madeUpText(dice, 4),
        type: 'page',
        parent: space,
        updatedAt: new Date(),
        acl: { terms: [{ allow: [`audience:${space}`], deny: [], from: 'space' }] },
        body: { kind: 'text', text: madeUpText(dice, WORDS), format: 'plain' },
        revision: '1',
      },
    };
  }
  yield { type: 'complete' };
}

const groups = Array.from({ length: GROUPS }, (_, at) => `g${at}`);
const idOf = (email: string): string => email.replace(/@.*$/u, '');

/** Vectors of the real model's size and name, without its 10 ms a text: what is measured is finding them. */
const noEmbedder = async (): Promise<Embedder> => {
  const real = await openLocalEmbedder();
  await real.close();
  const { fingerprint, dimensions } = real;
  let seed = 0;
  return {
    fingerprint,
    dimensions,
    embed: async () => {
      const dice = diceOf(++seed);
      const vector = Float32Array.from({ length: dimensions }, () => dice.roll(2001) / 1000 - 1);
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    },
    close: async () => undefined,
  };
};
