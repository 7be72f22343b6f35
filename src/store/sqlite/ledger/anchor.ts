import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import { z } from 'zod';

import { canonicalJson } from '../../../core/canonical-json.ts';
import { anchoredBytes } from './chain.ts';

/** The head of a chain at one moment. */
export interface Head {
  /** Of the ledger, hex. */
  readonly chain: string;
  readonly seq: number;
  /** Of row `seq`, hex. */
  readonly hash: string;
}

/** Ed25519 seeds: the first signs, all are accepted. */
type Seeds = readonly [Uint8Array, ...Uint8Array[]];

/** Signs a head: one line for an anchor file. It names every key accepted now, so that it vouches for the lines before a rotation. */
export const anchorLine = (head: Head, at: number, seeds: Seeds): string => {
  const unsigned = { v: 1, ...head, at, keys: seeds.map((seed) => publicKeyOf(seed)) };
  const signature = sign(null, anchoredBytes(canonicalJson(unsigned)), privateKeyOf(seeds[0])).toString('hex');
  return canonicalJson({ ...unsigned, signature });
};

/** What an anchor file vouches for: the hashes of a chain's rows, and the first line that vouches for nothing, with why. */
export interface Anchored {
  readonly hashes: ReadonlyMap<number, readonly string[]>;
  /** The highest row that is vouched for, 0 when none is. */
  readonly last: number;
  readonly wrong?: string;
}

/** Reads the lines of an anchor file. A signature is trusted when its key is ours, or when a trusted line names it. */
export const readAnchors = (lines: readonly string[], chain: string, seeds: Seeds): Anchored => {
  const anchors = lines.map(parseLine);
  const trusted = trustedKeys(anchors, seeds);
  const hashes = new Map<number, string[]>();
  let wrong: string | undefined;
  for (const [index, anchor] of anchors.entries()) {
    const why = anchor === 'torn' ? undefined : faultOf(anchor, chain, trusted);
    if (why) wrong ??= `line ${index + 1} of the anchor file ${why}`;
    else if (anchor && anchor !== 'torn') hashes.set(anchor.seq, [...(hashes.get(anchor.seq) ?? []), anchor.hash]);
  }
  const last = hashes.keys().reduce((highest, seq) => Math.max(highest, seq), 0);
  return { hashes, last, ...(wrong === undefined ? {} : { wrong }) };
};

const hex = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`, 'u'));
/** Two keys are accepted during a rotation. */
const anchorSchema = z.strictObject({
  v: z.literal(1),
  chain: hex(16),
  seq: z.number().int().positive(),
  hash: hex(32),
  at: z.number(),
  keys: z.tuple([hex(32)], hex(32)).refine((keys) => keys.length <= 2),
  signature: hex(64),
});
type Anchor = z.infer<typeof anchorSchema>;

/** A line that does not end in `}` was cut by a loss of power while it was written: it says nothing, as if it were not there. */
const parseLine = (line: string): Anchor | 'torn' | undefined => {
  if (!line.endsWith('}')) return 'torn';
  try {
    return anchorSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};

const faultOf = (anchor: Anchor | undefined, chain: string, trusted: ReadonlySet<string>): string | undefined => {
  if (!anchor) return 'is not an anchor';
  if (!trusted.has(anchor.keys[0])) return 'is signed by a key that is not ours';
  if (!isSigned(anchor)) return 'carries a signature that does not fit it';
  return anchor.chain === chain ? undefined : 'belongs to another ledger';
};

/** Newest first, so that a chain of rotations is followed back in one pass. */
const trustedKeys = (anchors: readonly (Anchor | 'torn' | undefined)[], seeds: Seeds): Set<string> => {
  const trusted = new Set(seeds.map((seed) => publicKeyOf(seed)));
  for (const anchor of anchors.toReversed()) {
    if (!anchor || anchor === 'torn' || !trusted.has(anchor.keys[0])) continue;
    if (anchor.keys.every((key) => trusted.has(key)) || !isSigned(anchor)) continue;
    for (const key of anchor.keys) trusted.add(key);
  }
  return trusted;
};

const isSigned = ({ signature, ...unsigned }: Anchor): boolean => {
  const x = Buffer.from(unsigned.keys[0], 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, anchoredBytes(canonicalJson(unsigned)), key, Buffer.from(signature, 'hex'));
};

/** What stands before an Ed25519 seed in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

/** The raw public key of a seed, hex. */
const publicKeyOf = (seed: Uint8Array): string => {
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
};
