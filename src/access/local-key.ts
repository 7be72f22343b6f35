import { createECDH } from 'node:crypto';

import { calculateJwkThumbprint, type CryptoKey, importJWK } from 'jose';

import type { KeyRing } from '../store/keys.ts';

/** How this server signs its own tokens. */
export const LOCAL_ALGORITHM = 'ES256';

/** A key of this server's own tokens. */
export interface LocalKey {
  /** The thumbprint of its public half (RFC 7638). */
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** The keys of this server's own tokens, made from their seeds: the first signs, all are accepted. */
export const localKeys = async ([first, ...rest]: KeyRing): Promise<readonly [LocalKey, ...LocalKey[]]> => [
  await localKey(first),
  ...(await Promise.all(rest.map(localKey))),
];

const localKey = async (seed: Uint8Array): Promise<LocalKey> => {
  const scalar = scalarOf(seed);
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey(); // 0x04, then x and y, 32 bytes each
  const publicJwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  } as const;
  return {
    kid: await calculateJwkThumbprint(publicJwk),
    privateKey: await importJWK({ ...publicJwk, d: scalar.toString('base64url') }, LOCAL_ALGORITHM),
    publicKey: await importJWK(publicJwk, LOCAL_ALGORITHM),
  };
};

/** The order of P-256 (SP 800-186). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** FIPS 186-5, A.2.1: more bits than the order has, reduced to 1 … order - 1, so that no scalar is likelier than another. */
const scalarOf = (seed: Uint8Array): Buffer => {
  const scalar = (BigInt(`0x${Buffer.from(seed).toString('hex')}`) % (ORDER - 1n)) + 1n;
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
};
