import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Reader } from '../../src/store/reader.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import type { Store, Write } from '../../src/store/store.ts';
import { aFolder } from './a-folder.ts';

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
  const path = join(await aFolder(), 'index.db');
  const store = await openStore({ path, now: () => 0 });
  onTestFinished(() => store.close());
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
      onTestFinished(() => reader.close());
      return reader;
    },
  };
};
