import type { AppError } from '../../core/errors.ts';
import type { SignIn } from '../../core/sign-in.ts';
import type { CredentialRow } from '../../store/credentials.ts';
import { type Facts, factsOf, type Keeping, keptIn, needsPerson, type SigningSource } from './kept.ts';
import { comparedScopes, declaredScopes } from './scopes.ts';

/** How a source's sign-in stands, as far as this machine knows. Times are ms since 1970. */
export interface Standing {
  readonly kind: SignIn['kind'];
  /**
   * `given`: by the environment. `connected`: kept, and good as far as is known. `settings`: nothing is kept yet, and none is needed
   * to begin. `missing`: nobody connected it. `expired`: only a person can renew it. `dead`: the provider does not renew it any
   * more. `unreadable`: what is kept does not open.
   */
  readonly state: 'given' | 'connected' | 'settings' | 'missing' | 'expired' | 'dead' | 'unreadable';
  /** The environment variable it is given by, where that is known. */
  readonly from?: string;
  readonly connectedAt?: number;
  readonly expiresAt?: number;
  /** Whether it renews itself. */
  readonly renews: boolean;
  /** Absent: nobody said. */
  readonly scopes?: readonly string[];
  /** Declared, and not granted. */
  readonly missing: readonly string[];
  /** Granted, and not declared. */
  readonly beyond: readonly string[];
}

/** Without `keeping` nothing is opened: there is no key. */
export const standingOf = (
  source: SigningSource,
  row: CredentialRow | undefined,
  { keeping, now }: { readonly keeping: Pick<Keeping, 'keys'> | undefined; readonly now: number },
): Standing => {
  const { signIn } = source;
  const { kind } = signIn;
  const nothing = { kind, missing: [], beyond: [] };
  const given = kind === 'token' ? signIn.token : undefined;
  if (given) return { ...nothing, state: 'given', renews: false, ...(given.from !== undefined && { from: given.from }) };
  const facts = row && opens(source, row, keeping) ? factsOf(row) : undefined;
  if (!facts && !needsPerson(source)) return { ...nothing, state: 'settings', renews: true };
  if (!facts) return { ...nothing, state: row ? 'unreadable' : 'missing', renews: false };
  return standingBy(source, facts, now);
};

/** As its facts say. */
export const standingBy = ({ connector }: SigningSource, facts: Facts, now: number): Standing => {
  const { kind, connectedAt, expiresAt, renews, scopes, dead } = facts;
  const over = !renews && expiresAt !== undefined && expiresAt <= now;
  const compared = scopes ? comparedScopes(declaredScopes(connector.operations), scopes) : NOTHING;
  // What a token may be called otherwise than what is declared, and hold it: only what it may beyond that is known.
  const missing = kind === 'token' ? [] : compared.missing;
  return {
    kind,
    state: dead !== undefined ? 'dead' : over ? 'expired' : 'connected',
    connectedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    renews,
    ...(scopes && { scopes }),
    missing,
    beyond: compared.beyond,
  };
};

const NOTHING = { missing: [], beyond: [] };

const opens = (source: SigningSource, row: CredentialRow, keeping: Pick<Keeping, 'keys'> | undefined): boolean => {
  try {
    return keeping !== undefined && keptIn(source, row, keeping) !== undefined;
  } catch (error) {
    return isRejected(error) ? false : rethrow(error);
  }
};

const isRejected = (error: unknown): error is AppError =>
  error instanceof Error && 'code' in error && error.code === 'source_rejected';
const rethrow = (error: unknown): never => {
  throw error;
};
