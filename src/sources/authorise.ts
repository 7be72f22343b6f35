import { AppError } from '../core/errors.ts';

/** Headers that let a call in. */
export type SignedHeaders = Readonly<Record<string, string>>;

/** What lets a source's calls in. */
export interface Authorise {
  /**
   * Headers to be sent to the hosts of the source, and to no other. Asked for every call, and once more after the source answered
   * 401 to `refused`: then other ones, or undefined where there are none. Rejects with the `source_rejected` that names the remedy.
   */
  headers(options: { readonly refused?: SignedHeaders; readonly signal: AbortSignal }): Promise<SignedHeaders | undefined>;
  /** What mends a sign-in that the source does not accept, as a sentence. */
  readonly remedy: string;
}

/** For which source, and as whose password a token is sent: undefined, as a bearer token. */
interface SignedFor {
  readonly name: string;
  readonly as: string | undefined;
}

/** Headers with those that let a call in. What cannot be one is quoted by nobody: it would be the secret. */
export const signedWith = (headers: Headers, own: SignedHeaders, { name, as }: SignedFor): Headers => {
  const signed = new Headers(headers);
  try {
    for (const [key, value] of Object.entries(own)) signed.set(key, as === undefined ? value : passwordOf(as, value));
  } catch {
    throw new AppError(
      'config',
      `${name}: what it signs in with holds a character that cannot be sent, such as the end of a line. Set it anew. Nothing was sent.`,
    );
  }
  return signed;
};

/** A bearer token as the password of a user (RFC 7617); whatever else lets in stays as it is. */
const passwordOf = (user: string, value: string): string => {
  const [, token] = /^Bearer (.+)$/u.exec(value) ?? [];
  return token === undefined ? value : `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
};
