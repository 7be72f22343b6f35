import type { Config } from './config/config.ts';
import type { Audit } from './core/audit.ts';
import type { Caller } from './core/caller.ts';
import { type ClientPolicy, policyFor, writePolicy } from './core/policy.ts';
import type { ReadView, View } from './core/view.ts';
import type { WriteAction } from './core/write.ts';
import type { Machine } from './machine.ts';
import { writeFetchOf } from './open-outgoing.ts';
import type { SignIns } from './open-sign-ins.ts';
import type { Views } from './reader/views.ts';
import type { DataFolder } from './store/data-folder.ts';
import type { Keys } from './store/keys.ts';
import { openProposals } from './store/sqlite/ledger/proposals.ts';
import { openRingThread } from './store/sqlite/ring-thread.ts';
import { createWrites } from './writes/create-writes.ts';
import type { WritableSource } from './writes/parts.ts';
import { readSince } from './writes/read-since.ts';
import type { Writes } from './writes/writes.ts';

export interface OpenWritesOptions {
  readonly config: Config;
  readonly folder: Pick<DataFolder, 'index' | 'ledger'>;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly views: Pick<Views, 'footing'>;
  readonly signIns: Pick<SignIns, 'of'>;
  /** Whether the sources are followed, so that what is written is read in a moment: then that is waited for. */
  readonly follows: boolean;
}

const NAME_BYTES = 16;
/** How long a run is waited for that reads what was written, in ms. */
const FOUND_MS = 5_000;

/** Opens what everything that is written in a source goes through. */
export const openWrites = (
  { config, folder, keys, audit, views, signIns, follows }: OpenWritesOptions,
  machine: Pick<Machine, 'outgoing' | 'now' | 'random' | 'requestId' | 'warn'>,
): Writes => {
  const { now, random, requestId, warn } = machine;
  const name = (): string => Buffer.from(random(NAME_BYTES)).toString('hex');
  const proposals = openProposals({ path: folder.ledger, holder: name() });
  const rings = openRingThread({ path: folder.index });
  const writes = createWrites({
    sources: new Map(config.sources.flatMap((source) => writableOf(source, config.folder, machine, signIns))),
    rules: config.writes,
    clientPolicy: (client) => policyFor(config.rules, client),
    footing: views.footing,
    proposals,
    audit,
    keys: keys.writes,
    hasten: async (source) => {
      const id = `write ${name()}`;
      await rings.ring(source, [{ id, digest: id }], now());
    },
    isReadSince: readSince({ latestRun: rings.latestRun, patienceMs: follows ? FOUND_MS : 0 }),
    now,
    random,
    requestId,
  });
  const stop = new AbortController();
  const settling = writes.settle(stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return;
    const why = error instanceof Error ? error.message : String(error);
    warn(`What became of the writes of a process that died is not known yet. ${why}`);
  });
  return {
    ...writes,
    close: async () => {
      stop.abort();
      await settling;
      await writes.close();
      await rings.close();
    },
  };
};

/** Whether anything at all may be written through a client under this policy. */
export const isAnythingWritable = ({ sources, writes }: Pick<Config, 'sources' | 'writes'>, policy: ClientPolicy): boolean =>
  sources.some(({ name, connector, settings }) =>
    connector.writes?.some(
      (action) =>
        !action.undoes &&
        action.offered?.(settings) !== false &&
        writePolicy({ action: action.name, source: name }, policy, writes) !== 'forbid',
    ),
  );

/** The view of one caller, with what they may write. */
export const writingView = (writes: Writes, caller: Caller, view: ReadView): View => ({
  ...view,
  writes: (signal) => writes.offered(caller, view, signal),
  propose: (request, signal) => writes.propose(caller, view, request, signal),
  undo: (proposal, signal) => writes.undoOf(caller, view, proposal, signal),
  commit: (confirmation, ask, signal) => writes.commit(caller, view, confirmation, ask, signal),
});

const writableOf = (
  source: Config['sources'][number],
  folder: string,
  { outgoing }: Pick<Machine, 'outgoing'>,
  signIns: Pick<SignIns, 'of'>,
): [string, WritableSource][] => {
  const { name, settings, connector } = source;
  const { writes: actions = [] } = connector;
  if (actions.length === 0) return [];
  const fetchFor = (action: WriteAction, writing: boolean): ReturnType<typeof writeFetchOf> =>
    writeFetchOf(source, { action, writing }, outgoing, signIns.of(source));
  return [[name, { name, settings, folder, actions, fetchFor }]];
};
