import type { Index, Place } from './cli/parts.ts';
import type { Config } from './config/config.ts';
import { LOCAL_FINGERPRINT, whyNoModel } from './embed/local.ts';
import { openLocalEmbedderThread } from './embed/thread.ts';
import { runSync, type SyncEnd } from './ingest/runner.ts';
import { embedWaiting } from './ingest/vectors.ts';
import { type Machine, openPlace } from './machine.ts';
import { openStore } from './store/sqlite/index-store.ts';
import { fetchOf } from './open-outgoing.ts';
import { withStandardInput } from './standard-input.ts';
import type { Store } from './store/store.ts';

/** Opens the index for the one who fills it. */
export const openIndex = async (place: Place, machine: Machine): Promise<Index> => {
  const { config, folder } = await openPlace(place, machine);
  const { now } = machine;
  const store = await openWhole(folder.index, now);
  const named = (name: string): Source => {
    const source = config.sources.find((one) => one.name === name);
    if (!source) throw new Error(`No source ${name}`);
    return source;
  };
  return {
    folder: folder.path,
    sources: config.rules.sources,
    embeds: config.embedding.provider !== 'none',
    sync: async (name, { acceptDeletions, signal, onProgress }) => {
      const source = named(name);
      const run = (input?: string): Promise<SyncEnd> =>
        runSync({
          store,
          connector: source.connector,
          source: { ...source, folder: config.folder, ...(input === undefined ? {} : { input }) },
          now,
          signal,
          onProgress,
          acceptDeletions,
          fetch: fetchOf(source, machine.outgoing),
        });
      if (!readsStandardInput(source)) return run();
      return withStandardInput({ stdin: machine.stdin, folder: folder.path, source: name, signal }, run);
    },
    watches: (name) => {
      const { connector, settings } = named(name);
      return connector.watches?.(settings, config.folder) ?? [];
    },
    readsStandardInput: (name) => readsStandardInput(named(name)),
    latestRun: (name) => store.latestRun(name),
    embed: async ({ signal, onProgress }) => {
      if (config.embedding.provider === 'none') return;
      if ((await store.waitingCount(LOCAL_FINGERPRINT)) === 0) return; // the model costs memory, and has nothing to do
      const embedder = await openLocalEmbedderThread();
      try {
        await embedWaiting({ store, embedder, signal, onProgress });
      } finally {
        await embedder.close();
      }
    },
    unembedded: async () => (config.embedding.provider === 'none' ? undefined : whyNoModel()),
    tidy: () => store.scrub(),
    status: () => store.status([...config.rules.sources.keys()], config.rules.directory),
    close: () => store.close(),
  };
};

type Source = Config['sources'][number];

const readsStandardInput = ({ connector, settings }: Source): boolean => connector.readsStandardInput?.(settings) === true;

/** Nothing is written to a damaged index, and nothing reported from it. */
const openWhole = async (path: string, now: () => number): Promise<Store> => {
  const store = await openStore({ path, now });
  try {
    await store.check();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
};
