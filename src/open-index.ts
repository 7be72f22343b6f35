import type { Index, Place } from './cli/parts.ts';
import type { Config } from './config/config.ts';
import type { Notice } from './core/notice.ts';
import { openProbes } from './embed/probe.ts';
import { createDrift } from './ingest/drift.ts';
import { runSync, type SyncEnd } from './ingest/runner.ts';
import { embedWaiting } from './ingest/vectors.ts';
import { type Machine, openPlace } from './machine.ts';
import { tellNotices } from './sources/tell-notices.ts';
import { openStore } from './store/sqlite/index-store.ts';
import { modelOf, type OpenableModel } from './open-embedder.ts';
import { secretOf } from './open-hooks.ts';
import { fetchOf } from './open-outgoing.ts';
import { openSignIns, type SignIns, standingsOf } from './open-sign-ins.ts';
import { withStandardInput } from './standard-input.ts';
import type { Store } from './store/store.ts';

/** Opens the index for the one who fills it. */
export const openIndex = async (place: Place, machine: Machine): Promise<Index> => {
  const { config, folder } = await openPlace(place, machine);
  const { now } = machine;
  const store = await openWhole(folder.index, now);
  const model = modelOf(config.embedding, machine.outgoing, openProbes(folder.models));
  const signIns = openSignIns(folder, machine);
  const named = (name: string): Source => {
    const source = config.sources.find((one) => one.name === name);
    if (!source) throw new Error(`No source ${name}`);
    return source;
  };
  const notices = new Map<string, (notice: Notice) => void>();
  const noticesOf = (name: string): ((notice: Notice) => void) => {
    const tell = notices.get(name) ?? tellNotices(name, machine.warn);
    notices.set(name, tell);
    return tell;
  };
  return {
    folder: folder.path,
    sources: config.rules.sources,
    embeds: model !== undefined,
    sync: async (name, { acceptDeletions, asked = 'changes', signal, onProgress }) => {
      const source = named(name);
      const drift = createDrift();
      const tell = noticesOf(name);
      const heard = (notice: Notice): void => {
        drift.notice(notice);
        tell(notice);
      };
      const run = (input?: string): Promise<SyncEnd> =>
        runSync({
          store,
          connector: source.connector,
          source: { ...source, asked, folder: config.folder, ...(input === undefined ? {} : { input }) },
          now,
          signal,
          onProgress,
          acceptDeletions,
          fetch: fetchOf(source, machine.outgoing, signIns.of(source), heard),
          notice: tell,
          drift,
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
    nextRun: (name) => store.nextRun(name),
    schedule: (name) => named(name).schedule,
    rung: (name) => (isRung(named(name)) ? () => store.rung(name) : undefined),
    telling: (name) => tellingOf(named(name), { store, machine, signIns, folder: config.folder }),
    embed: async ({ signal, onProgress }) => {
      // A model costs memory: it is opened where there is something to do. To ask for what waits completes a change of models.
      if (!model || (await store.waiting(model.fingerprint, 1)).length === 0) return;
      const embedder = await model.open();
      try {
        await embedWaiting({ store, embedder, signal, onProgress });
      } finally {
        await embedder.close();
      }
    },
    toSend: () => toSend(store, model),
    unembedded: async () => model?.unable(),
    tidy: () => store.scrub(),
    status: () => store.status([...config.rules.sources.keys()], config.rules.directory),
    signIns: () => standingsOf(config.sources, folder, machine),
    close: async () => {
      await signIns.close();
      await store.close();
    },
  };
};

/** OpenAI's own rule of thumb: four characters of English are a token. */
const CHARACTERS_PER_TOKEN = 4;

const toSend = async (store: Store, model: OpenableModel | undefined): ReturnType<Index['toSend']> => {
  if (!model?.sends) return undefined;
  const { fingerprint, sends } = model;
  const chunks = await store.waitingCount(fingerprint);
  if (chunks === 0) return undefined;
  const tokens = Math.ceil((await store.waitingCharacters(fingerprint)) / CHARACTERS_PER_TOKEN);
  const { host, model: name, price } = sends;
  return { chunks, tokens, host, model: name, ...(price !== undefined && { dollars: (tokens * price) / 1e6 }) };
};

type Source = Config['sources'][number];

interface TellingParts {
  readonly store: Store;
  readonly machine: Machine;
  readonly signIns: SignIns;
  readonly folder: string;
}

/** How a source tells that it has something new. A cursor that its connector cannot read any more is for a run to find. */
const tellingOf = (source: Source, { store, machine, signIns, folder }: TellingParts): ReturnType<Index['telling']> => {
  const { name, connector, settings } = source;
  if (!connector.awaitChange) return undefined;
  return {
    cursor: async () => connector.cursor.safeParse(await store.cursor(name)).data,
    awaitChange: async (cursor, signal) =>
      connector.awaitChange?.({
        source: name,
        settings,
        folder,
        cursor,
        due: { listing: false, permissions: true, content: true },
        fetch: fetchOf(source, machine.outgoing, signIns.of(source)),
        notice: () => undefined,
        now: () => new Date(machine.now()),
        signal,
      }),
  };
};

/** By its hook, or by whoever has just written in it. */
const isRung = (source: Source): boolean => secretOf(source) !== undefined || (source.connector.writes ?? []).length > 0;

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
