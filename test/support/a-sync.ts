import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import type { Connector, Due, Run } from '../../src/core/connector.ts';
import { runSync, type SyncEnd } from '../../src/ingest/runner.ts';
import type { Store } from '../../src/store/store.ts';

interface Given {
  readonly name?: string;
  readonly hosts?: readonly string[];
  readonly due?: Due;
  readonly maxDeleteRatio?: number;
  readonly acceptDeletions?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly onProgress?: Parameters<typeof runSync>[0]['onProgress'];
}

/** What a connector of a test does with its run. */
export type Says = (run: Run<object, number>) => AsyncIterable<Change<number>>;

/** A connector that says what it is told to. Its cursor is a number. */
const saying = (says: Says): Connector<object, number> => ({
  name: 'test',
  title: 'What a test says',
  settings: z.object({}),
  cursor: z.number(),
  operations: [],
  hosts: () => [],
  sync: says,
});

/** One run of a source that says these changes. */
export const aSync = (store: Store, says: Says | readonly Change<number>[], given: Given = {}): Promise<SyncEnd> => {
  const {
    name = 'wiki',
    hosts = [],
    due,
    maxDeleteRatio,
    acceptDeletions = false,
    signal = new AbortController().signal,
    now = () => 0,
  } = given;
  const connector = saying(typeof says === 'function' ? says : () => toStream(says));
  return runSync({
    store,
    connector,
    source: {
      name,
      settings: {},
      folder: '/',
      hosts,
      ...(due && { due }),
      ...(maxDeleteRatio !== undefined && { maxDeleteRatio }),
    },
    now,
    signal,
    acceptDeletions,
    ...(given.onProgress && { onProgress: given.onProgress }),
  });
};

async function* toStream<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
