import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Random nonces: one key may seal 2^32 times before two of them are likely to meet (NIST SP 800-38D). */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** By how many bytes what is sealed is longer. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** Under which key of 32 bytes, and beside what it opens again. */
export interface Bound {
  readonly key: Uint8Array;
  readonly bound: Uint8Array;
}

/** Seals bytes: nonce, text, tag. */
export const sealed = (plain: Uint8Array, { key, bound }: Bound, random: (size: number) => Uint8Array): Buffer => {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

/** Opens them; undefined for what was changed, sealed with another key or beside something else, and for a key that is none. */
export const unsealed = (bytes: Uint8Array, { key, bound }: Bound): Buffer | undefined => {
  if (bytes.length < SEAL_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(bound)
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
};
