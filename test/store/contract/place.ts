import { only } from '../../support/builders.ts';
import type { RunEnd, SourceWriter, Store, SweepLimit, Write } from '../../../src/store/store.ts';

/** How an index is opened: at what time, and by which process, this one unless given. */
interface Opening {
  readonly now?: () => number;
  readonly pid?: number;
  readonly processStarted?: string;
}

/** A place that holds one index, which can be opened again and again, by several at once. */
interface StorePlace {
  open(opening?: Opening): Promise<Store>;
}

/** An empty place for each test; it is removed when the test ends. */
export type MakePlace = () => Promise<StorePlace>;

/** A process that does not live: what it began was killed. No system gives out this id. */
export const KILLED = { pid: 4_194_305, processStarted: 'gone' };

export const COMPLETE: RunEnd = { status: 'complete', counts: { read: 1, changed: 1, deleted: 0, problems: 0 }, problems: [] };

/** The limit that is in force unless configured. */
export const LIMIT: SweepLimit = { ratio: 0.2, documents: 20, accept: false };

/** One whole run: opened, written, ended. */
export const sync = async (store: Store, batch: readonly Write[], { source = 'wiki', at = 1000 } = {}): Promise<void> => {
  const writer = await store.open(source, 'jsonl', at);
  await writer.write(batch);
  await writer.finish(COMPLETE, at + 1);
};

/** Which of these keys are stored documents. */
export const stored = async (writer: SourceWriter, ...keys: readonly string[]): Promise<string[]> => {
  const known = await writer.known(keys);
  return keys.filter((key) => known.has(key));
};

/** A container that everyone may see. */
export const folder = (key: string, parent?: string): Write => ({
  type: 'container',
  key,
  title: key,
  acl: only('everyone'),
  ...(parent !== undefined && { parent }),
});
