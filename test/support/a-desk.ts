import { randomBytes, randomUUID } from 'node:crypto';

import { connectors } from '../../connectors/index.ts';
import { parseWho } from '../../src/access/identify.ts';
import { identifierOn } from '../../src/access/recognise.ts';
import type { Desk } from '../../src/cli/desk.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { AuditEvent } from '../../src/core/audit.ts';
import type { Caller } from '../../src/core/caller.ts';
import { policyFor } from '../../src/core/policy.ts';
import { openLocalEmbedderThread } from '../../src/embed/thread.ts';
import { openViews } from '../../src/reader/views.ts';
import { createCall } from '../../src/server/call.ts';
import { cursorsFor } from '../../src/server/cursors.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { explainAccessTool } from '../../src/tools/explain-access.ts';
import { fetchTool } from '../../src/tools/fetch.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { searchTool } from '../../src/tools/search.ts';
import { NO_WRITES } from './no-writes.ts';

/** The one path in this process, on an index that was synced before. */
export interface ADesk extends Desk {
  readonly audited: readonly AuditEvent[];
}

const now = (): number => Date.now();

/** Opens the desk as it is in the product: the store, the thread that answers, the embedded model. */
export const aDesk = async ({ config: path, index }: { readonly config: string; readonly index: string }): Promise<ADesk> => {
  const { rules, embedding } = await loadConfig({ path, env: {}, connectors });
  const store = await openStore({ path: index, now });
  const views = await openViews({
    indexPath: index,
    rules,
    now,
    ...(embedding.provider === 'local' && { embedder: openLocalEmbedderThread }),
  });
  const audited: AuditEvent[] = [];
  const key = randomBytes(32);
  const call = createCall({
    tools: [searchTool, fetchTool, listSourcesTool, explainAccessTool],
    audit: { record: async (event) => void audited.push(event) },
    viewOf: (caller) => ({ ...views.of(caller), ...NO_WRITES }),
    policyOf: ({ client }) => policyFor(rules, client),
    cursors: (caller, tool) => cursorsFor({ keys: [key], caller, tool, random: randomBytes }),
    now,
    requestId: randomUUID,
    onBug: (error) => {
      throw error;
    },
  });
  const people = identifierOn(store, rules, now);
  const callerOf = async (who: string): Promise<Caller> => {
    const identity = await people.recall(parseWho(who));
    return { identity, client: 'test', scopes: ['read'] };
  };
  return {
    audited,
    ask: ({ who, tool, input, signal }) => call(tool, input, () => callerOf(who), signal),
    identify: async (who) => {
      await callerOf(who);
    },
    serve: () => Promise.reject(new Error('this desk serves no client')),
    overdue: async () => [],
    pending: async () => [],
    decide: async () => undefined,
    uncertain: async () => [],
    settle: () => Promise.reject(new Error('this desk settles nothing')),
    link: async () => '',
    close: async () => {
      await views.close();
      await store.close();
    },
  };
};
