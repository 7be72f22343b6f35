import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { openReader } from '../../src/store/sqlite/reader.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Reader } from '../../src/store/reader.ts';
import type { NewChunk, NewDocument, Store, Write } from '../../src/store/store.ts';
import { impactsOf } from '../../src/store/terms.ts';
import { only } from './builders.ts';

/** An index in a folder of its own, gone with the test. */
export interface AnIndex {
  readonly path: string;
  readonly store: Store;
  /** One complete run: a source says these things at this time. */
  sync(source: string, writes: readonly Write[], now?: number): Promise<void>;
  /** A connection of its own, closed with the test. */
  reader(): Reader;
}

/** Makes an empty index. */
export const anIndex = async (): Promise<AnIndex> => {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-'));
  const path = join(folder, 'index.db');
  const store = await openStore({ path, now: () => 0 });
  const readers: Reader[] = [];
  onTestFinished(async () => {
    for (const reader of readers) reader.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return {
    path,
    store,
    sync: async (source, writes, now = 0) => {
      const writer = await store.open(source, 'test', now);
      await writer.write(writes);
      await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, now);
    },
    reader: () => {
      const reader = openReader(path);
      readers.push(reader);
      return reader;
    },
  };
};

/** A chunk that is found by its words. */
export const aChunk = (given: Partial<NewChunk> = {}, title = 'Plan'): NewChunk => {
  const { text = 'We move in spring.' } = given;
  return { text, location: {}, stripped: 0, terms: impactsOf(title, text), embedded: `${title}\n${text}`, ...given };
};

/** A document as it is stored, of one chunk unless said otherwise; everyone may see it. */
export const aStoredDocument = ({ chunks, ...given }: Partial<NewDocument> & { chunks?: readonly NewChunk[] } = {}): Write => {
  const { title = 'Plan', key = 'plan' } = given;
  return {
    type: 'document',
    document: {
      key,
      title,
      type: 'page',
      url: `https://wiki.acme.test/${key}`,
      updatedAt: 0,
      acl: only('everyone'),
      labels: [],
      fields: {},
      parser: 'test',
      text: { contentHash: 'ab'.repeat(32), chunks: chunks ?? [aChunk({}, title)] },
      ...given,
    },
  };
};
