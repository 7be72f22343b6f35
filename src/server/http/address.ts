/** Where the world finds this server: everything it says of itself derives from one public address. */
export interface Address {
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** What stands before every path; empty where the server has a host of its own. */
  readonly prefix: string;
  /** What tokens are for: the address of `/mcp`. */
  readonly resource: string;
  /** Where a client learns how to get a token (RFC 9728), as an address and as the paths that answer. */
  readonly metadata: { readonly url: string; readonly paths: readonly string[] };
  /** What a request may name as its host. */
  readonly hosts: ReadonlySet<string>;
  /** The origins of these hosts. */
  readonly origins: ReadonlySet<string>;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Derives it all from a public address that the configuration has checked. */
export const addressOf = (publicUrl: string): Address => {
  const { origin, protocol, hostname, port, host, pathname } = new URL(publicUrl);
  const prefix = pathname === '/' ? '' : pathname;
  const path = `${WELL_KNOWN}${prefix}/mcp`;
  // Names of this machine are one another's, and no stranger's page is served under them.
  const hosts = LOOPBACK.includes(hostname) ? LOOPBACK.map((name) => (port === '' ? name : `${name}:${port}`)) : [host];
  return {
    publicUrl,
    prefix,
    resource: `${publicUrl}/mcp`,
    // The first is where RFC 9728 puts it; the second is where clients look that know only the host.
    metadata: { url: `${origin}${path}`, paths: prefix === '' ? [path, WELL_KNOWN] : [path] },
    hosts: new Set(hosts),
    origins: new Set(hosts.map((name) => `${protocol}//${name}`)),
  };
};

/** Where a server listens, as an address. */
export const listeningAt = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A host as it is compared: in lower case, without the port that its scheme implies. Undefined for what is none. */
export const hostOf = (written: string, publicUrl: string): string | undefined => {
  if (!/^[a-z0-9.:[\]_-]+$/iu.test(written)) return undefined;
  return URL.parse(`${new URL(publicUrl).protocol}//${written}`)?.host;
};
