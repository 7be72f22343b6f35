import type { Change } from '../../src/core/change.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Store } from '../../src/store/store.ts';
import { say } from '../support/index-in-process.ts';

/** A process that lives beside the one that is asked, and writes into its index. */

/** One run of a source into the index at `path`. */
export interface Said {
  readonly path: string;
  readonly now: number;
  readonly source: string;
  readonly changes: readonly Change[];
  readonly cut: boolean;
}

let now = 0;
let open: { readonly path: string; readonly store: Store } | undefined;

const storeAt = async (path: string): Promise<Store> => {
  if (open?.path === path) return open.store;
  await open?.store.close();
  open = { path, store: await openStore({ path, now: () => now }) };
  return open.store;
};

process.on('SIGINT', () => undefined); // whoever started it says when it ends
process.on('message', (said: Said) => {
  now = said.now;
  void storeAt(said.path)
    .then((store) => say({ store, now: () => now, source: said.source, changes: said.changes, cut: said.cut }))
    .then((end) => process.send?.({ status: end.status, counts: end.counts, problems: end.problems }));
});
