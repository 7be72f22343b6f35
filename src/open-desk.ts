import { identifyLocal } from './access/identify.ts';
import { linkByEmail } from './access/link.ts';
import { overdue } from './cli/overdue.ts';
import type { Desk, Place } from './cli/parts.ts';
import type { Caller } from './core/caller.ts';
import { type Machine, openPlace } from './machine.ts';
import { openViews } from './reader/views.ts';
import { openAudit } from './server/audit.ts';
import { createCall } from './server/call.ts';
import { cursorsFor } from './server/cursors.ts';
import { serveOverStdio } from './server/stdio.ts';
import { openKeys } from './store/keys.ts';
import { openStore } from './store/sqlite/index-store.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';
import { fetchTool } from './tools/fetch.ts';
import { listSourcesTool } from './tools/list-sources.ts';
import { searchTool } from './tools/search.ts';

const tools = [searchTool, fetchTool, listSourcesTool];

/** Opens the place where people ask: the one path, on views of the index, with its audit. */
export const openDesk = async (place: Place, machine: Machine): Promise<Desk> => {
  const { config, folder } = await openPlace(place, machine);
  const { env, now, random, warn, requestId, onBug } = machine;
  const { rules, embedding } = config;
  const keys = await openKeys({ folder, env, random });
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ path: folder.index, now }), (one) => one.close());
  const ledger = opened.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  const views = opened.adopt(await openViews({ indexPath: folder.index, rules, embedder: embedding.provider, now }), (one) =>
    one.close(),
  );
  const call = createCall({
    tools,
    audit,
    viewOf: (caller) => views.of(caller),
    cursors: (caller, tool) => cursorsFor({ keys: keys.cursors, caller, tool, random }),
    now,
    requestId,
    onBug,
  });
  /** The owner of the data folder asks as somebody: both are named in the audit. */
  const callerOf = async (who: string, client: string): Promise<Caller> => {
    const identity = await identifyLocal(who, store, now());
    await linkByEmail(store, identity, rules, now());
    return { identity, client, scopes: ['read'], actor: `os:${machine.operator}` };
  };
  const onError = (error: Error): void => warn(`The client's connection: ${error.message}`);
  const closing = opened.move();
  return {
    ask: ({ who, tool, input, signal }) => call(tool, input, () => callerOf(who, 'cli'), signal),
    identify: async (who) => {
      await callerOf(who, 'stdio');
    },
    serve: async (who, signal) => {
      const { stdin, stdout, version } = machine;
      await serveOverStdio({ call, tools, callerOf: () => callerOf(who, 'stdio'), version, stdin, stdout, onError, signal });
    },
    overdue: async () => overdue(rules.sources, await store.status([...rules.sources.keys()]), now()),
    close: () => closing.disposeAsync(),
  };
};
