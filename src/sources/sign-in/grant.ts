import { OperationProcessingError, UnsupportedOperationError } from 'oauth4webapi';

import { AppError, unreachable } from '../../core/errors.ts';
import { serviceGrant } from './assertion.ts';
import type { Facts, Kept, SigningSource } from './kept.ts';
import { declaredScopes } from './scopes.ts';
import { type Asking, clientGrant, type Granted, refresh } from './token-endpoint.ts';

/** Asks the provider for the next token. Undefined where only a person can: there is nothing to ask with. */
export const nextGrant = async (kept: Kept | undefined, asking: Asking): Promise<Granted | undefined> => {
  const { signIn, connector } = asking.source;
  const { kind } = signIn;
  const scopes = declaredScopes(connector.operations);
  switch (kind) {
    case 'token':
      return undefined;
    case 'oauth': {
      const token = kept?.refresh;
      return token === undefined ? undefined : understood(asking.source, () => refresh(signIn, token, asking));
    }
    case 'client_credentials':
      return understood(asking.source, () => clientGrant(signIn, scopes, asking));
    case 'service_account':
      return serviceGrant(signIn, scopes, asking);
    default:
      return unreachable(signIn);
  }
};

/** What was granted, as it is to be kept after `before`. `askedAt`: before the provider could begin to count, ms since 1970. */
export const keptAfter = (
  before: Pick<Kept, 'version'> & Partial<Kept>,
  granted: Granted,
  { source, askedAt, refusedAt }: { readonly source: SigningSource; readonly askedAt: number; readonly refusedAt?: number },
): Kept => {
  const { kind } = source.signIn;
  const next = granted.refresh ?? before.refresh;
  // Who does not say what was granted grants what was asked for (RFC 6749 §5.1); whoever pastes a token asked for nothing.
  const asked = kind === 'token' ? undefined : declaredScopes(source.connector.operations);
  const scopes = granted.scopes ?? before.facts?.scopes ?? asked;
  const facts: Facts = {
    kind,
    connectedAt: before.facts?.connectedAt ?? askedAt,
    obtainedAt: askedAt,
    ...(granted.lifetime !== undefined && { expiresAt: askedAt + granted.lifetime }),
    renews: kind === 'oauth' ? next !== undefined : kind !== 'token',
    ...(scopes && { scopes: [...scopes] }),
    ...(refusedAt !== undefined && { refusedAt }),
  };
  return { version: before.version + 1, facts, token: granted.token, ...(next !== undefined && { refresh: next }) };
};

/** What the library cannot make sense of is the provider's doing. Its error may hold what lets somebody in, and is not passed on. */
export const understood = async <T>(source: SigningSource, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperationProcessingError || error instanceof UnsupportedOperationError)) throw error;
    throw new AppError(
      'source_changed',
      `Where ${source.name} signs in, the answer is no token that is understood (${error.code ?? error.name}). Check the addresses under sources.${source.name}.`,
    );
  }
};
