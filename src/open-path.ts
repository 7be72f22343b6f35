import { openIdentifier } from './access/identify-thread.ts';
import { type Identifier, identifierOn, isLate } from './access/recognise.ts';
import { type Overdue, overdue } from './cli/overdue.ts';
import type { Config } from './config/config.ts';
import type { Audit } from './core/audit.ts';
import type { Identity } from './core/caller.ts';
import { type ClientPolicy, NO_POLICY, offers, policyFor } from './core/policy.ts';
import type { Rules } from './core/rules.ts';
import type { Tool } from './core/tool.ts';
import { openProbes } from './embed/probe.ts';
import type { Machine } from './machine.ts';
import { formerModel, modelOf } from './open-embedder.ts';
import { openReadLive } from './open-live.ts';
import { openSignIns } from './open-sign-ins.ts';
import { isAnythingWritable, openWrites, writingView } from './open-writes.ts';
import { openViews } from './reader/views.ts';
import { openAudit } from './server/audit.ts';
import { type Call, createCall } from './server/call.ts';
import { cursorsFor } from './server/cursors.ts';
import type { DataFolder } from './store/data-folder.ts';
import type { Ledger } from './store/ledger.ts';
import { type Keys, openKeys } from './store/keys.ts';
import { openStore } from './store/sqlite/index-store.ts';
import type { Store } from './store/store.ts';
import { openStatusThread } from './store/sqlite/status-thread.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';
import { openLedgerThread } from './store/sqlite/ledger/ledger-thread.ts';
import { commitWriteTool } from './tools/commit-write.ts';
import { explainAccessTool } from './tools/explain-access.ts';
import { fetchTool } from './tools/fetch.ts';
import { listSourcesTool } from './tools/list-sources.ts';
import { proposeWriteTool } from './tools/propose-write.ts';
import { searchTool } from './tools/search.ts';
import type { Writes } from './writes/writes.ts';

/** What every skin stands on: the one path, on views of the index, with its audit. */
export interface Path {
  /** The tools that a client is offered. */
  readonly toolsFor: (client: string) => readonly Tool[];
  readonly call: Call;
  readonly audit: Audit;
  readonly keys: Keys;
  /** Whether anything can be written through any client. */
  readonly writable: boolean;
  /** What is written goes through here, for whoever decides and settles. */
  readonly writes: Writes;
  /** Records that somebody was seen and links them, as they are given: an e-mail that nobody vouches for now is not remembered. */
  readonly identify: (identity: Identity) => Promise<Identity>;
  /** The same for whom the owner of the data folder names: with the e-mail they were last seen with. */
  readonly recall: (identity: Identity) => Promise<Identity>;
  /** The sources that are older than they promised. Rejects where the index cannot be read. */
  readonly overdue: () => Promise<readonly Overdue[]>;
  /** Rejects with `unavailable` where the index cannot be read. */
  readonly readable: () => Promise<void>;
  /** Rejects with `unavailable` where the audit cannot be reached. */
  readonly auditable: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface PathOptions {
  /** May look on while events are recorded. */
  readonly watched?: (audit: Audit) => Audit;
  /** How many questions are answered at the same time. */
  readonly readers?: number;
  /** Whether the sources are followed meanwhile. */
  readonly follows?: boolean;
}

/** Opens the path to the index of a place. */
export const openPath = async (
  { config, folder }: { readonly config: Config; readonly folder: DataFolder },
  machine: Machine,
  { watched = (audit) => audit, readers = 1, follows = false }: PathOptions = {},
): Promise<Path> => {
  const { env, now, random, warn, requestId, onBug } = machine;
  const { rules, embedding } = config;
  const probes = openProbes(folder.models);
  const model = modelOf(embedding, machine.outgoing, probes);
  const keys = await openKeys({ folder, env, random });
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ path: folder.index, now }), (one) => one.close());
  const signIns = opened.adopt(openSignIns(folder, machine), (one) => one.close());
  const recorded = await recordRules(store, rules, warn);
  // One who asks alone waits for nobody else, and starts sooner without more threads; where many do, each work has its own.
  const alone = readers === 1;
  const counting = alone ? store : opened.adopt(openStatusThread({ path: folder.index }), (one) => one.close());
  const keeping = async (): Promise<Ledger> => {
    const kept = { path: folder.ledger, keys: keys.ledger };
    return alone ? openLedger({ ...kept, random }) : openLedgerThread(kept);
  };
  const knowing = async (): Promise<Identifier> =>
    alone ? identifierOn(store, rules, now) : openIdentifier({ indexPath: folder.index, rules, now });
  const opening = [
    keeping(),
    knowing(),
    openViews({
      indexPath: folder.index,
      rules,
      now,
      readLive: openReadLive(config, machine, signIns),
      threads: readers,
      ...(model && { embedder: model.open, formerEmbedder: formerModel(embedding, machine.outgoing, probes) }),
    }),
  ] as const;
  opened.defer(() => closeAll(opening));
  const [ledger, people, views] = await Promise.all(opening);
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = watched(opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close()));
  const writes = opened.adopt(openWrites({ config, folder, keys, audit, views, signIns, follows }, machine), (one) =>
    one.close(),
  );
  /** A client through which nothing can be written is offered nothing that writes. */
  const policyOf = (client: string): ClientPolicy => {
    const policy = policyFor(rules, client);
    return isAnythingWritable(config, policy) ? policy : { ...policy, writes: 'forbid' };
  };
  const call = createCall({
    tools,
    audit,
    ...(recorded === undefined ? {} : { rules: recorded }),
    viewOf: (caller) => writingView(writes, caller, views.of(caller)),
    policyOf: ({ client }) => policyOf(client),
    cursors: (caller, tool) => cursorsFor({ keys: keys.cursors, caller, tool, random }),
    now,
    requestId,
    onBug,
  });
  const closing = opened.move();
  return {
    writable: isAnythingWritable(config, NO_POLICY),
    toolsFor: (client) => tools.filter(({ scope }) => offers(policyOf(client), scope)),
    call,
    audit,
    keys,
    writes,
    identify: people.identify,
    recall: people.recall,
    overdue: async () => overdue(rules.sources, await counting.status([...rules.sources.keys()], rules.directory), now()),
    readable: () => views.check(),
    auditable: async () => {
      await ledger.append([]); // a commit without a row
    },
    close: () => closing.disposeAsync(),
  };
};

/** What the audit calls these rules. Without a record of them answers go on; their decisions cannot be made again later. */
const recordRules = async (store: Store, rules: Rules, warn: Machine['warn']): Promise<string | undefined> => {
  try {
    return await store.recordRules(rules);
  } catch (error) {
    if (!isLate(error)) throw error;
    warn(
      'The rules could not be recorded in the index, so what is decided now cannot be checked later. Start it again to record them.',
    );
    return undefined;
  }
};

const tools = [searchTool, fetchTool, listSourcesTool, explainAccessTool, proposeWriteTool, commitWriteTool];

/** Closes whatever could be opened. */
const closeAll = async (opening: readonly Promise<{ close(): Promise<void> }>[]): Promise<void> => {
  for (const one of await Promise.allSettled(opening)) if (one.status === 'fulfilled') await one.value.close();
};
