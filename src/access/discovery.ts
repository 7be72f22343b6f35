import { isIP } from 'node:net';

import { z } from 'zod';

import type { Fetch } from '../core/connector.ts';
import { readJson } from './read-json.ts';

/** The address of an issuer's keys, by its own document: OpenID Connect's, or else RFC 8414's. */
export const discoverKeys = async (issuer: string, fetch: Fetch): Promise<URL> => {
  for (const address of documentsOf(new URL(issuer))) {
    const answer = await readJson(address, fetch);
    if (answer !== undefined) return keysAddress(document.parse(answer), issuer);
  }
  throw new Error(`${issuer} has neither a /.well-known/openid-configuration nor an oauth-authorization-server`);
};

const document = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** One stands behind the issuer's path, the other before it. Only there is a slash at its end dropped: the name itself is compared exactly. */
const documentsOf = ({ origin, pathname }: URL): readonly URL[] => {
  const path = pathname.replace(/\/$/u, '');
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  ];
};

const keysAddress = (found: z.infer<typeof document>, issuer: string): URL => {
  if (found.issuer !== issuer)
    throw new Error(`${issuer} calls itself ${found.issuer}: configure the name it uses, to the letter`);
  const keys = new URL(found.jwks_uri);
  if (isTrustworthy(keys, new URL(issuer))) return keys;
  throw new Error(`${issuer} has its keys at ${keys.href}, which is not an https address of a host with a name`);
};

/** On the issuer's own host as the issuer itself is reached, elsewhere with a certificate for a name: no address of our own network. */
const isTrustworthy = (keys: URL, issuer: URL): boolean => {
  if (keys.username !== '' || keys.password !== '') return false;
  if (keys.hostname === issuer.hostname) return keys.protocol === 'https:' || keys.protocol === issuer.protocol;
  return keys.protocol === 'https:' && keys.hostname.includes('.') && isIP(keys.hostname.replaceAll(/[[\]]/gu, '')) === 0;
};
