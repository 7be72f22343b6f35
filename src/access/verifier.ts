import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';

import { AppError } from '../core/errors.ts';
import type { Authority } from './authority.ts';
import type { Bearer, Tokens } from './token.ts';

/** Why a token was refused: for the operator's eyes, never for the bearer's. */
export type Refusal =
  | 'too_large'
  | 'malformed'
  | 'unknown_issuer'
  | 'algorithm'
  | 'unknown_key'
  | 'signature'
  | 'expired'
  | 'audience'
  | 'type'
  | 'claims'
  | 'client'
  | 'withdrawn';

export interface VerifierOptions {
  readonly authorities: readonly Authority[];
  /** ms since 1970. */
  readonly now: () => number;
  /** Hears why a token was refused. */
  readonly onRefusal: (why: Refusal) => void;
}

/** No header we accept holds more, and every client sends it with every request. */
const TOKEN_MAX = 8192;
/** Seconds. Older ones were meant for a session long over, whatever their `exp` says; and a token of the future is refused. */
const AGE_MAX = 24 * 60 * 60;
/** Seconds that the clock of an issuer may differ from ours. */
const CLOCK_TOLERANCE = 5;

/** Claims of the other things that the same keys sign: ID tokens (RFC 9068 §4 warns of them) and security events. */
const NOT_AN_ACCESS_TOKEN = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

/**
 * Says whose a token is, by the authority that it names as its issuer. Signatures are verified by WebCrypto,
 * whose work Node does on its thread pool: the event loop only parses at most 8 kB.
 */
export const createVerifier = ({ authorities, now, onRefusal }: VerifierOptions): Tokens => {
  const known = new Map(authorities.map((authority) => [authority.issuer, authority]));

  const judge = async (token: string, signal: AbortSignal): Promise<Bearer | Refusal> => {
    if (token.length > TOKEN_MAX) return 'too_large';
    const { iss } = decodeJwt(token);
    const authority = known.get(iss ?? '');
    if (!authority) return 'unknown_issuer'; // and nothing is fetched for whoever wrote that name into a token
    const { payload, protectedHeader } = await jwtVerify(token, keyOf(authority, signal), {
      algorithms: [...authority.algorithms],
      issuer: authority.issuer,
      audience: authority.audience,
      requiredClaims: ['sub', 'exp', 'iat'],
      maxTokenAge: AGE_MAX,
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(now()),
    });
    if (!isFor(payload, authority.audience)) return 'audience';
    if (!authority.types.includes(typeOf(protectedHeader.typ)) || isOther(payload)) return 'type';
    const read = authority.read(payload);
    if (!read || payload.exp === undefined) return 'claims';
    if (authority.clients && !authority.clients.includes(read.client)) return 'client';
    if (await authority.isWithdrawn?.(payload)) return 'withdrawn';
    return { ...read, expiresAt: payload.exp * 1000 };
  };

  return {
    verify: async (token, signal) => {
      const judged = await judge(token, signal).catch(refusalOf);
      if (typeof judged !== 'string') return judged;
      onRefusal(judged);
      throw new AppError(
        'unauthenticated',
        'This token is not good here. Get a new one for this server, from an issuer that this server names.',
        { cause: judged },
      );
    },
  };
};

const keyOf =
  (authority: Authority, signal: AbortSignal): Parameters<typeof jwtVerify>[1] =>
  async ({ alg, kid }: { alg: string; kid?: unknown }) => {
    const key = await authority.key({ alg, ...(typeof kid === 'string' ? { kid } : {}) }, signal);
    if (key) return key;
    throw new errors.JWKSNoMatchingKey();
  };

/** For this server and for no other: one that is good elsewhere too could be sent here by whoever got it there. */
const isFor = ({ aud }: JWTPayload, audience: string): boolean =>
  Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience;

/** What is no text is no type that anybody accepts. */
const typeOf = (typ: unknown): string | undefined => {
  if (typ === undefined) return undefined;
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//u, '') : '';
};

/** `cnf`: bound to a key whose possession we do not ask for, so from us a thief would get what the binding was to prevent. */
const isOther = (claims: JWTPayload): boolean =>
  [...NOT_AN_ACCESS_TOKEN, 'cnf'].some((claim) => Object.hasOwn(claims, claim)) ||
  (claims['token_use'] !== undefined && claims['token_use'] !== 'access');

const refusalOf = (error: unknown): Refusal => {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'aud' ? 'audience' : 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
};
