import { parseWho } from './access/identify.ts';
import { identityName } from './core/caller.ts';
import type { Machine, openPlace } from './machine.ts';
import { openAudit } from './server/audit.ts';
import { openKeys } from './store/keys.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';
import { openWithdrawnTokens } from './store/withdrawn-tokens.ts';

/**
 * Makes a token of this server's own good for nothing, at once and for every server on this data folder; then records that. Takes
 * the place as it was opened for the token: what became of the configuration since keeps nobody from withdrawing it.
 */
export const withdrawToken = async (
  { config, folder }: Awaited<ReturnType<typeof openPlace>>,
  { id, who }: { readonly id: string; readonly who: string },
  machine: Machine,
): Promise<void> => {
  const { env, now, random, warn, requestId, operator } = machine;
  await openWithdrawnTokens({ folder: folder.withdrawn, now }).withdraw(id);
  const keys = await openKeys({ folder, env, random });
  await using opened = new AsyncDisposableStack();
  const ledger = opened.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  await audit.record({
    at: now(),
    request: requestId(),
    who: identityName(parseWho(who)),
    actor: `os:${operator}`,
    client: 'cli',
    tool: 'token',
    arguments: { withdrawn: id },
    documents: [],
    outcome: 'answered',
  });
};
