import { cp, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';

import { connectors } from '../../connectors/index.ts';
import { parseWho } from '../../src/access/identify.ts';
import { identifierOn } from '../../src/access/recognise.ts';
import type { Identity } from '../../src/core/caller.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createAnswer } from '../../src/reader/answer.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import type { Place } from './place.ts';

/** Who reads what: for `person id` the hash of the text they get. */
export type Readings = ReadonlyMap<string, string>;

const PEOPLE = ['ada', 'bob', 'carol', 'dan', 'eve', 'finn', 'gita', 'iris', 'jonas', 'kira', 'leo', 'mira', 'nora'] as const;
const WHO = [...PEOPLE.map((name) => `${name}@acme.test`), 'visitor@elsewhere.test'];
/** In nearly every document. */
const BROAD = 'the a of and to is in for by who what Swap Alarm Question';

/** Fetches every document as everybody, and searches broadly; those who are not linked yet are, where that can be concluded. Rejects where the index is damaged. */
export const readings = async ({ config, index }: Place): Promise<Readings> => {
  const { rules } = await loadConfig({ path: config, env: {}, connectors });
  const now = Date.now();
  const store = await openStore({ path: index, now: () => now });
  const reader = openReader(index);
  const answer = createAnswer({ reader, rules });
  const people = identifierOn(store, rules, () => now);
  const found = new Map<string, string>();
  try {
    await store.check();
    const ids = documentIds(index);
    for (const who of WHO) {
      const identity: Identity = await people.recall(parseWho(who));
      for (const id of ids) {
        const given = answer({ kind: 'fetch', identity, client: 'test', now, id });
        if (given.kind === 'fetch' && typeof given.found === 'object')
          found.set(`${who} ${id}`, given.found.document.contentHash);
      }
      const request = { query: BROAD, limit: 50, offset: 0 };
      const given = answer({ kind: 'search', identity, client: 'test', now, request });
      if (given.kind !== 'search') continue;
      for (const { document } of given.found.hits) found.set(`${who} ${document.id}`, document.contentHash);
    }
    return found;
  } finally {
    reader.close();
    await store.close();
  }
};

/** The same of a copy, log and all: what was killed stays as it was found. */
export const readingsOfCopy = async (place: Place): Promise<Readings> => {
  if (!existsSync(place.index)) return new Map();
  const folder = await mkdtemp(join(tmpdir(), 'castellan-look-'));
  try {
    for (const file of ['index.db', 'index.db-wal']) {
      const path = join(place.data, file);
      if (existsSync(path)) await cp(path, join(folder, file));
    }
    return await readings({ ...place, index: join(folder, 'index.db') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** What somebody reads who reads it neither before nor after; and a new text, read by somebody who may not read it after. */
export const widened = (between: Readings, before: Readings, after: Readings): readonly string[] =>
  Array.from(between, ([reading, hash]) => {
    if (!before.has(reading) && !after.has(reading)) return `${reading} is read, and neither before nor after`;
    if (before.has(reading) && before.get(reading) !== hash && !after.has(reading)) return `${reading} is read in its new text`;
    return '';
  }).filter(Boolean);

const documentIds = (index: string): readonly string[] => {
  const db = new SQLite(index, { readonly: true });
  try {
    return db
      .prepare<[], string>(`
        SELECT source.name || ':' || item.key
        FROM document
        JOIN item ON item.id = document.item
        JOIN source ON source.id = item.source`)
      .pluck()
      .all();
  } finally {
    db.close();
  }
};
