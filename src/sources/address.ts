import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import ipaddr from 'ipaddr.js'; // CommonJS: its names are known to no loader

import { AppError } from '../core/errors.ts';

/** Finds all addresses of a name: `lookup` of node:dns does. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Whether an address is one of the public internet: neither of this machine, nor of a private network, a link, a carrier, a
 * group, or one that only wraps another (IPv4 within IPv6, NAT64, 6to4, Teredo). The ranges are IANA's special-purpose registries;
 * of IPv6 only what is given out at all (RFC 4291 §2.4: 2000::/3) is public. One with a zone is of a link, whatever its number.
 */
export const isPublic = (address: string): boolean => {
  if (isIP(address) === 0 || address === AZURE || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return !('parts' in parsed) || ((parsed.parts[0] ?? 0) & 0xe0_00) === 0x20_00;
};

/** Public by its number, and on Azure the machine's own host. */
const AZURE = '168.63.129.16';

/** A host of an address as a literal address, without its brackets; undefined for a name. */
export const literalOf = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[(.*)\]$/u, '$1');
  return isIP(bare) === 0 ? undefined : bare;
};

/** The refusal of a host that leads into a network the source may not reach. */
export const refusedHost = (hostname: string): AppError =>
  new AppError(
    'source_rejected',
    `${hostname.slice(0, 200)} is an address of this machine or of a private network. If the source is meant to be there, say so: private_network: true`,
  );

/**
 * Resolves a name at the moment of connecting, so that the address that was looked at is the one that is connected to. One
 * address that is not public refuses the name, whatever the others are.
 */
export const publicOnly =
  (resolve: Resolve): LookupFunction =>
  (hostname, { all, ...options }, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? []; // where it fails, there are none
      if (error || !first) callback(error ?? new Error(`${hostname} has no address`), []);
      else if (found.some(({ address }) => !isPublic(address))) callback(refusedHost(hostname), []);
      else if (all) callback(null, found);
      else callback(null, first.address, first.family);
    });
