import { issueLocalToken } from './access/local-token.ts';
import type { Issued, Place, TokenRequest } from './cli/parts.ts';
import { identityName } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import { reasonOf } from './core/reason.ts';
import { endpointOf } from './endpoint.ts';
import { type Machine, openPlace } from './machine.ts';
import { openAudit } from './server/audit.ts';
import { openKeys } from './store/keys.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';

/** Issues a token to the owner of the data folder, for whoever they say. Both are named in the audit before anybody has it. */
export const issueToken = async (place: Place, request: TokenRequest, machine: Machine): Promise<Issued> => {
  const { config, folder } = await openPlace(place, machine);
  const { local, tokenMinutes } = config.identity;
  if (!local) {
    throw new AppError(
      'config',
      'Tokens of this server’s own are off: identity.mode is resource. To use them: identity.allow_local: true',
    );
  }
  const { who, client, scopes, minutes = Math.min(MINUTES, tokenMinutes), port } = request;
  const reason = request.reason === undefined ? undefined : reasonOf(request.reason);
  if (minutes > tokenMinutes) {
    throw new AppError(
      'invalid_input',
      `A token lives at most ${tokenMinutes} minutes here. Ask for less, or raise identity.token_minutes.`,
    );
  }
  const { env, now, random, warn, requestId, operator } = machine;
  const { url: audience } = await endpointOf(place, port === undefined ? {} : { port }, machine);
  const keys = await openKeys({ folder, env, random });
  const id = requestId();
  const at = now();
  const actor = `os:${operator}`;
  const { token, identity, expiresAt } = await issueLocalToken(
    { who, client, scopes, minutes, actor, id, now: at },
    { keys: keys.tokens, audience },
  );
  await using opened = new AsyncDisposableStack();
  const ledger = opened.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  await audit.record({
    at,
    request: id,
    who: identityName(identity),
    actor,
    client: 'cli',
    tool: 'token',
    arguments: { client, scopes, minutes, ...(reason === undefined ? {} : { reason }) },
    documents: [],
    outcome: 'answered',
  });
  return { token, id, expiresAt, audience };
};

/** Unless asked for. */
const MINUTES = 15;
