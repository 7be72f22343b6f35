import { AppError, unreachable } from '../../core/errors.ts';
import type { SignIn } from '../../core/sign-in.ts';
import { type Authorization, beginAuthorization } from './authorization.ts';
import { type CredentialParts, keepAnew, openCredential } from './credential.ts';
import { keptAfter } from './grant.ts';
import type { Kept, SigningSource } from './kept.ts';
import { openLoopback, redirectUriAt } from './loopback.ts';
import { revoke } from './token-endpoint.ts';
import { tryToken } from './try-token.ts';

/** A person who does not come back by then has gone, in ms. */
const COMES_BACK = 600_000;
/** Where a browser on another machine is sent back to when nobody says where: nothing listens there. */
const PASTE_PORT = 8976;
const TOKEN_MAX = 16_384;

/** How the person at the keyboard is reached. */
export interface Person {
  /** Shows them where to go. */
  show(address: string): void;
  /** What they type or pipe in, which is shown to nobody. */
  askToken(): Promise<string>;
  /** The address their browser was sent back to. */
  askAddress(): Promise<string>;
}

export interface ConnectOptions {
  readonly person: Person;
  /** Paste the address instead of listening for the browser. */
  readonly paste: boolean;
  /** A token is kept without being shown to the source. */
  readonly untried?: boolean;
  /** Where the browser comes back to. */
  readonly port?: number;
  readonly signal: AbortSignal;
}

/** Connects a source, by whatever its sign-in needs. What was there before is replaced once the new one is good. */
export const connect = async (source: SigningSource, options: ConnectOptions, parts: CredentialParts): Promise<Kept> => {
  const { signIn } = source;
  switch (signIn.kind) {
    case 'token':
      return connectToken(source, options, parts);
    case 'oauth':
      return connectOAuth(source, signIn, options, parts);
    case 'client_credentials':
    case 'service_account':
      await parts.credentials.forget(source.name); // so that what the settings say now is what is proven
      return openCredential(source, parts).ready(options.signal);
    default:
      return unreachable(signIn);
  }
};

const connectToken = async (
  source: SigningSource,
  { person, untried = false, signal }: ConnectOptions,
  parts: CredentialParts,
): Promise<Kept> => {
  const token = (await person.askToken()).trim();
  if (token.length === 0 || token.length > TOKEN_MAX || !/^[\x21-\x7e]+$/u.test(token)) {
    throw new AppError(
      'invalid_input',
      `That is no token: it is one line of at most ${TOKEN_MAX} letters, digits and signs. Nothing was kept. Run it again: castellan connect ${source.name}`,
    );
  }
  const askedAt = parts.now();
  const { probe } = source;
  const granted = probe && !untried ? await tryToken(source, probe, token, { outgoing: parts.outgoing, signal }) : { token };
  return keepAnew(source, (version) => keptAfter({ version }, granted, { source, askedAt }), parts);
};

type OAuth = Extract<SignIn, { readonly kind: 'oauth' }>;

const connectOAuth = async (
  source: SigningSource,
  signIn: OAuth,
  { person, paste, port, signal: left }: ConnectOptions,
  parts: CredentialParts,
): Promise<Kept> => {
  const { outgoing, now } = parts;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLate(source)), COMES_BACK);
  const signal = AbortSignal.any([left, late.signal]);
  const asking = { source, outgoing, now, signal };
  try {
    const [authorization, parameters] = await (paste
      ? pasted(await beginAuthorization(signIn, redirectUriAt(port ?? PASTE_PORT), asking), person)
      : cameBack(signIn, { person, port: port ?? 0, signal }, asking));
    const askedAt = now();
    const granted = await authorization.finish(parameters);
    return await keepAnew(source, (version) => keptAfter({ version }, granted, { source, askedAt }), parts);
  } finally {
    clearTimeout(timer);
  }
};

type CameBack = readonly [Authorization, URLSearchParams];

const cameBack = async (
  signIn: OAuth,
  { person, port, signal }: { readonly person: Person; readonly port: number; readonly signal: AbortSignal },
  asking: Parameters<typeof beginAuthorization>[2],
): Promise<CameBack> => {
  const loopback = await openLoopback(port);
  try {
    const authorization = await beginAuthorization(signIn, loopback.redirectUri, asking);
    person.show(authorization.address);
    return [authorization, await loopback.answer((parameters) => authorization.belongs(parameters), signal)];
  } finally {
    await loopback.close();
  }
};

const pasted = async (authorization: Authorization, person: Person): Promise<CameBack> => {
  person.show(authorization.address);
  const address = URL.parse((await person.askAddress()).trim());
  if (address) return [authorization, address.searchParams];
  throw new AppError(
    'invalid_input',
    'That is no address. Paste all that stands in the address bar after the sign-in, from http:// on.',
  );
};

const tooLate = ({ name }: SigningSource): AppError =>
  new AppError(
    'expired',
    `Nobody came back from the sign-in within ${COMES_BACK / 60_000} minutes. Begin again: castellan connect ${name}`,
  );

/** What became of a credential that was taken away here. */
export interface Forgotten {
  /** Whether there was one. */
  readonly kept: boolean;
  /** Whether the provider took it back: false where it failed or offers no such thing. */
  readonly revoked: boolean;
}

/** Takes a credential back at its provider where that can be asked, and then leaves nothing of it here whatever it said. */
export const forget = async (
  source: SigningSource,
  kept: Kept | undefined,
  signal: AbortSignal,
  { credentials, outgoing, now }: CredentialParts,
): Promise<Forgotten> => {
  const { signIn, name } = source;
  const token = kept?.refresh ?? kept?.token;
  let revoked = false;
  if (signIn.kind === 'oauth' && signIn.revoke !== undefined && token !== undefined) {
    const { revoke: endpoint } = signIn;
    revoked = await revoke({ ...signIn, revoke: endpoint }, token, { source, outgoing, now, signal }).then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
  }
  return { kept: await credentials.forget(name), revoked };
};
