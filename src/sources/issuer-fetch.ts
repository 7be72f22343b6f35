import type { Fetch } from '../core/connector.ts';
import type { Outgoing } from './outgoing.ts';

/** Whoever asks an issuer waits for it and decides when to ask again. */
const ONCE = { tries: 1, rate: { perSecond: 0, concurrent: 16 } } as const;

/**
 * The way out to issuers and to their keys. The host of an issuer is configured, so it may be on a private network; where it says
 * its keys are is only said, so any other host must be a public one.
 */
export const issuerFetch = (outgoing: Outgoing, issuers: readonly string[]): Fetch => {
  const configured = new Set(issuers.map((issuer) => new URL(issuer).hostname));
  return async (input, init) => {
    const { host, hostname } = new URL(input instanceof Request ? input.url : input);
    const errand = {
      name: `the issuer at ${host}`,
      hosts: [host],
      writes: false,
      privateNetwork: configured.has(hostname),
      ...ONCE,
    };
    return outgoing.fetchFor(errand)(input, init);
  };
};
