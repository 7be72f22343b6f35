import * as oauth from 'oauth4webapi';

import { AppError } from '../../core/errors.ts';
import type { SignIn } from '../../core/sign-in.ts';
import { understood } from './grant.ts';
import { refusedSettings } from './refusals.ts';
import { declaredScopes } from './scopes.ts';
import { type Asking, Denied, exchangeCode, type Granted, partsOf } from './token-endpoint.ts';

type OAuth = Extract<SignIn, { readonly kind: 'oauth' }>;

/** A sign-in that a person has to finish in a browser. */
export interface Authorization {
  /** Where they go. */
  readonly address: string;
  /** Whether what came back belongs to this sign-in: whatever else knocks is nobody's answer. */
  belongs(parameters: URLSearchParams): boolean;
  /** What was granted, once they came back. Rejects where they declined, or where it came from somewhere else. */
  finish(parameters: URLSearchParams): Promise<Granted>;
}

/** Begins a sign-in: PKCE (S256), a state of its own, and exactly the scopes that are declared. */
export const beginAuthorization = async (signIn: OAuth, redirectUri: string, asking: Asking): Promise<Authorization> => {
  const { source } = asking;
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const scopes = declaredScopes(source.connector.operations);
  const address = new URL(signIn.authorize);
  const asked = {
    ...signIn.parameters,
    response_type: 'code',
    client_id: signIn.clientId,
    redirect_uri: redirectUri,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  return {
    address: address.href,
    belongs: (parameters) => parameters.get('state') === state,
    finish: async (parameters) => {
      const validated = validate(signIn, parameters, state, asking);
      try {
        return await understood(source, () => exchangeCode(signIn, { parameters: validated, redirectUri, verifier }, asking));
      } catch (error) {
        throw error instanceof Denied ? refusedSettings(source, error.reason) : error;
      }
    },
  };
};

const validate = (signIn: OAuth, parameters: URLSearchParams, state: string, asking: Asking): URLSearchParams => {
  const { name } = asking.source;
  const { server, client } = partsOf(signIn, asking);
  const issuer = signIn.issuer ?? saidIssuer(signIn, parameters) ?? server.issuer;
  try {
    return oauth.validateAuthResponse({ ...server, issuer }, client, parameters, state);
  } catch (error) {
    const declined = error instanceof oauth.AuthorizationResponseError ? error.error : undefined;
    const why =
      declined === undefined
        ? 'What came back does not belong to this sign-in'
        : `The sign-in at ${name} was declined (${declined.slice(0, 60).replaceAll(/[^\w.-]/gu, '')})`;
    throw new AppError('source_rejected', `${why}. Nothing was kept. Begin again: castellan connect ${name}`);
  }
};

/** Where nobody declared how the provider calls itself, it may say so, but on its own host alone. */
const saidIssuer = ({ authorize }: OAuth, parameters: URLSearchParams): string | undefined => {
  const said = parameters.get('iss');
  return said !== null && URL.parse(said)?.origin === new URL(authorize).origin ? said : undefined;
};
