import type { SourceDocument } from '../core/document.ts';
import { AppError, ERRORS, unreachable } from '../core/errors.ts';
import type { KnownDocument, NewDocument, SourceWriter, Write } from '../store/store.ts';
import { messageOf, type Sound } from './check.ts';
import { labelsOf, mayHaveMoved, type Preparing, prepare } from './prepare.ts';
import { orPause, PAUSE } from './steps.ts';
import type { Tally } from './tally.ts';

/** Documents looked up in the index at once. */
const DOCUMENTS = 1_000;
/** Other changes that wait for one commit. */
const CHANGES = 2_000;
/** Chunks in one commit: other writers wait for it, some 150 ms. The postings of one touch about as many pages as those of half as many. */
const CHUNKS = 1_000;
/** How long a change may wait for its commit, in ms. */
const LATENCY = 100;

/** A change that is written in order with others. What ends a listing or a run is judged outside. */
type Waiting = Exclude<Sound, { type: 'complete' | 'unchanged' }>;

/** Changes on their way into the index, in the order they came. */
export interface Batch {
  /** How long the oldest may still wait, in ms; undefined when none waits. */
  readonly wait: number | undefined;
  add(change: Waiting): Promise<void>;
  /** Writes all that waits. */
  flush(): Promise<void>;
}

interface Parts {
  readonly writer: SourceWriter;
  readonly tally: Tally;
  readonly preparing: Preparing;
  /** A clock that only runs forward, in ms. */
  readonly clock: () => number;
  /** Called after each commit: progress, and a breath for the event loop. */
  readonly committed: () => Promise<void>;
}

/** Gathers changes into commits that are large enough to be fast and small enough not to be waited for. */
export const createBatch = ({ writer, tally, preparing, clock, committed }: Parts): Batch => {
  let waiting: Waiting[] = [];
  let documents = new Set<string>(); // keys that will be looked up
  let others = new Set<string>(); // keys whose look-up would be out of date
  let since = 0;
  // Set once contents were told of that this run does not bring, or cannot now: a cursor past them would forget them.
  let passedOver = false;

  const commit = async (writes: readonly Write[]): Promise<void> => {
    if (writes.length === 0) return;
    tally.written(await writer.write(writes, 'waits'));
    await committed();
  };

  const flush = async (): Promise<void> => {
    const changes = waiting;
    const keys = [...documents.keys()];
    waiting = [];
    documents = new Set();
    others = new Set();
    const known = keys.length > 0 ? await writer.known(keys) : new Map<string, KnownDocument>();
    let writes: Write[] = [];
    let chunks = 0;
    let begun = clock();
    for (const change of changes) {
      const coming = writeOf(change, known);
      // A slow body does not keep the permissions before it waiting.
      if (isRead(change) && (await orPause(coming, LATENCY, preparing.signal)) === PAUSE) {
        await commit(writes);
        writes = [];
        chunks = 0;
      }
      const write = await coming;
      if (write.type === 'checkpoint' && passedOver) continue;
      writes.push(write);
      chunks += write.type === 'document' ? (write.document.text?.chunks.length ?? 0) : 0;
      if (chunks < CHUNKS && clock() - begun < LATENCY) continue;
      await commit(writes);
      writes = [];
      chunks = 0;
      begun = clock();
    }
    await commit(writes);
  };

  const writeOf = async (change: Waiting, known: ReadonlyMap<string, KnownDocument>): Promise<Write> => {
    switch (change.type) {
      case 'document': {
        const { document } = change;
        const stored = known.get(document.key);
        if (!preparing.due.content) {
          passedOver ||= document.revision === undefined || document.revision !== stored?.revision;
          return unreadOf(document);
        }
        const prepared = await tried(document.key, () => prepare(document, stored, preparing));
        if (prepared) return { type: 'document', document: prepared };
        return { ...unreadOf(document), ...(mayHaveMoved(document, stored, preparing) && { outdated: true }) };
      }
      case 'acl':
        return { ...change, ...(change.labels && { labels: labelsOf(change, preparing.hosts) }) };
      case 'seen':
      case 'listing':
      case 'container':
      case 'delete':
      case 'members':
      case 'account':
      case 'checkpoint':
        return change;
      default:
        return unreachable(change);
    }
  };

  /** What of a document is known without its text. */
  const unreadOf = (document: SourceDocument): Extract<Write, { type: 'unread' }> => {
    const { key, acl, parent } = document;
    return { type: 'unread', key, acl, labels: labelsOf(document, preparing.hosts), ...(parent !== undefined && { parent }) };
  };

  const tried = async (key: string, work: () => Promise<NewDocument>): Promise<NewDocument | undefined> => {
    try {
      const document = await work();
      tally.read();
      return document;
    } catch (error) {
      preparing.signal.throwIfAborted();
      passedOver ||= error instanceof AppError && ERRORS[error.code].retry;
      tally.problem({ key, message: error instanceof AppError ? error.message : `It could not be read: ${messageOf(error)}` });
      return undefined;
    }
  };

  return {
    get wait() {
      return waiting.length === 0 ? undefined : Math.max(0, LATENCY - (clock() - since));
    },
    flush,
    async add(change) {
      const key = keyOf(change);
      if (key !== undefined && (documents.has(key) || others.has(key))) await flush();
      if (waiting.length === 0) since = clock();
      waiting.push(change);
      if (key !== undefined) {
        if (change.type === 'document') documents.add(key);
        else others.add(key);
      }
      // A deletion may take a whole subtree with it, and what is known of that.
      const full = documents.size >= DOCUMENTS || waiting.length >= CHANGES || change.type === 'delete';
      if (full || clock() - since >= LATENCY) await flush();
    },
  };
};

const isRead = (change: Waiting): boolean => change.type === 'document' && change.document.body.kind === 'bytes';

const keyOf = (change: Waiting): string | undefined => {
  if (change.type === 'document') return change.document.key;
  return change.type === 'container' || change.type === 'acl' || change.type === 'delete' ? change.key : undefined;
};
