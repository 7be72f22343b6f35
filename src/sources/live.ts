import type { Connector, Fetch, Run } from '../core/connector.ts';
import type { SourceDocument } from '../core/document.ts';
import type { LiveNeed, LiveSays, ReadLive } from '../core/live.ts';

/** A configured source that can be asked about one document. */
export interface LiveSource {
  readonly connector: Connector;
  readonly settings: unknown;
  /** Where relative paths of the settings start. */
  readonly folder: string;
  readonly fetch: Fetch;
}

/** How what a source says is understood: as a sync would. */
export interface Understanding {
  /** Undefined for what is not as a document should be. */
  document(source: string, said: SourceDocument): SourceDocument | undefined;
  labels(source: string, document: SourceDocument): readonly string[];
  /** Of title and body. Rejects where it cannot be read, within size and time. */
  bodyHash(document: SourceDocument, signal: AbortSignal): Promise<string>;
}

export interface ReadLiveOptions {
  readonly sources: ReadonlyMap<string, LiveSource>;
  readonly understand: Understanding;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Asks sources by what their connectors offer. A source says what it says of one key, and is believed about no other. */
export const createReadLive =
  ({ sources, understand, now }: ReadLiveOptions): ReadLive =>
  async (need, signal) => {
    const { id, source, key, as } = need;
    const at = now();
    const from = sources.get(source);
    if (!from?.connector.read) return { id, at };
    const said = await from.connector.read(key, runToRead(source, from, { now, signal }), as);
    const document = said === 'gone' || said === 'forbidden' ? undefined : understand.document(source, said);
    if (document?.key !== key) return { id, at };
    return { id, at, says: await saysOf(document, need, understand, signal) };
  };

/** What a connector gets to read one document. */
export const runToRead = (
  source: string,
  { settings, folder, fetch }: LiveSource,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): Run<unknown, never> => ({
  source,
  settings,
  folder,
  due: { listing: false, permissions: true, content: true },
  fetch: (input, init) => fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal }),
  notice: () => undefined,
  now: () => new Date(now()),
  signal,
});

const saysOf = async (
  document: SourceDocument,
  { source, known }: LiveNeed,
  understand: Understanding,
  signal: AbortSignal,
): Promise<LiveSays> => {
  const { acl, title, revision, body } = document;
  const says = { acl, title, labels: understand.labels(source, document), ...(revision === undefined ? {} : { revision }) };
  const same = body.kind === 'bytes' && revision !== undefined && revision === known.revision && title === known.title;
  if (same) return says;
  // A text that cannot be read is not known to be the stored one, and that is what is said of it.
  const bodyHash = await understand.bodyHash(document, signal).catch(() => UNREADABLE);
  return { ...says, bodyHash };
};

/** No hash is this. */
const UNREADABLE = '';
