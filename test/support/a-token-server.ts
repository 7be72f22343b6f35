import { decodeJwt, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { expect } from 'vitest';

import type { TrustedIssuer } from '../../src/access/issuer-authority.ts';
import type { Bearer } from '../../src/access/token.ts';
import { createTokens } from '../../src/access/tokens.ts';
import type { Refusal } from '../../src/access/verifier.ts';
import type { Fetch } from '../../src/core/connector.ts';
import { tokenKeys } from './a-key-ring.ts';
import type { AnIssuer } from './an-issuer.ts';

/** Whom the tokens of these tests are for. */
export const AUDIENCE = 'https://castellan.acme.test/mcp';

const never = new AbortController().signal;

/** Who judges tokens, with its network and its clock. */
export interface ATokenServer {
  /** The paths it asked an issuer for. */
  readonly asked: readonly string[];
  /** Whose a token is, or why it was refused. */
  verify(token: string, signal?: AbortSignal): Promise<Bearer | Refusal>;
  ready(): Promise<void>;
  wait(ms: number): void;
  /** The network goes, and comes back. */
  lose(): void;
  find(): void;
}

/** One that trusts these issuers. */
export const aTokenServer = async (
  trusted: readonly (Pick<TrustedIssuer, 'issuer'> & Partial<TrustedIssuer>)[],
  network: Fetch = fetch,
): Promise<ATokenServer> => {
  const asked: string[] = [];
  const refused: Refusal[] = [];
  let later = 0;
  let down = false;
  const fetchHere: Fetch = async (input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : input).pathname);
    if (down) throw new TypeError('fetch failed');
    return network(input, init);
  };
  const tokens = createTokens({
    identity: {
      local: false,
      issuers: trusted.map((one) => ({ profile: 'generic' as const, authoritativeFor: [], ...one })),
    },
    audience: AUDIENCE,
    keys: await tokenKeys(1),
    fetch: fetchHere,
    now: () => Date.now() + later,
    onRefusal: (why) => refused.push(why),
  });
  return {
    asked,
    ready: () => tokens.ready(never),
    wait: (ms) => void (later += ms),
    lose: () => void (down = true),
    find: () => void (down = false),
    verify: async (token, signal = never) => {
      const before = refused.length;
      try {
        return await tokens.verify(token, signal);
      } catch (error) {
        const why = refused[before];
        if (why === undefined) throw error;
        expect(error).toMatchObject({
          code: 'unauthenticated',
          message: 'This token is not good here. Get a new one for this server, from an issuer that this server names.',
        });
        return why;
      }
    },
  };
};

/** A token its issuer would never make, signed with its own key unless another is given: `good`, with other claims. */
export const forge = async (
  issuer: AnIssuer,
  good: string,
  { claims = {}, header = {}, key = issuer.key() }: { readonly claims?: object; readonly header?: object; readonly key?: JWK },
): Promise<string> =>
  new SignJWT({ ...decodeJwt(good), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key().kid ?? '', ...header })
    .sign(await importJWK(key, 'ES256'));

/** A key that is nobody's. */
export const aStrangersKey = async (): Promise<JWK> =>
  exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
