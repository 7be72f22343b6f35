import type { Probe } from '../../core/sign-in.ts';
import { AppError } from '../../core/errors.ts';
import type { Outgoing } from '../outgoing.ts';
import type { SigningSource } from './kept.ts';
import { scopesIn } from './scopes.ts';
import type { Granted } from './token-endpoint.ts';

/** More scopes than that are none. */
const SCOPES_MAX = 100;

/** Shows a token to its source once, before it is kept. Rejects with `source_rejected` where it is not good there. */
export const tryToken = async (
  source: SigningSource,
  { url, headers, scopes }: Probe,
  token: string,
  { outgoing, signal }: { readonly outgoing: Outgoing; readonly signal: AbortSignal },
): Promise<Granted> => {
  const { name, connector, hosts, privateNetwork } = source;
  const remedy = `Nothing was kept. Check the token, then: castellan connect ${name}`;
  const fetch = outgoing.fetchFor({
    name,
    hosts,
    operations: connector.operations,
    writes: false,
    privateNetwork,
    authorise: {
      headers: async ({ refused }) => (refused ? undefined : { authorization: `Bearer ${token}` }),
      remedy,
    },
  });
  const carried = { accept: 'application/json', 'user-agent': 'castellan', ...headers };
  const reply = await fetch(url, { headers: carried, signal }).catch((error: unknown) => {
    throw untried(name, error);
  });
  await reply.body?.cancel();
  if (!reply.ok) {
    const why = `${name} did not give what every good token may read (${reply.status})`;
    throw new AppError('source_rejected', `${why}. ${remedy}`);
  }
  const may = scopes === undefined ? null : reply.headers.get(scopes);
  const known = may === null ? undefined : scopesIn(may).slice(0, SCOPES_MAX);
  return { token, ...(known && { scopes: known.map((scope) => scope.replaceAll(/[^\w.:/-]/gu, '').slice(0, 100)) }) };
};

/** Nobody knows whether it is good: whoever is sure may keep it all the same. */
const untried = (name: string, error: unknown): unknown =>
  error instanceof AppError && UNKNOWN.has(error.code)
    ? new AppError(
        error.code,
        `${name} could not be asked whether it accepts this token. Nothing was kept. Try again later, or keep it untried: castellan connect ${name} --untried`,
        { cause: error },
      )
    : error;
const UNKNOWN: ReadonlySet<string> = new Set(['source_unavailable', 'source_rate_limited']);
