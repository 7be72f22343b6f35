import { createCipheriv, createDecipheriv } from 'node:crypto';

/** AES-256-GCM keys of the organisation: the first seals, all open. */
export type EnvelopeKeys = readonly [Uint8Array, ...Uint8Array[]];

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/**
 * Seals a text with a random key of its own, and that key with the organisation's. Both open only beside `bound`, and neither
 * passes for the other.
 */
export const sealEnvelope = (
  text: string,
  bound: string,
  { keys, random }: { readonly keys: EnvelopeKeys; readonly random: (size: number) => Uint8Array },
): Uint8Array => {
  const own = random(KEY_BYTES);
  return Buffer.concat([
    seal(own, keys[0], random(NONCE_BYTES), tagged('key', bound)),
    seal(Buffer.from(text), own, random(NONCE_BYTES), tagged('text', bound)),
  ]);
};

/** Opens what was sealed beside `bound`; `stale` where not with the first key. Undefined for whatever does not fit. */
export const openEnvelope = (
  sealed: Uint8Array,
  bound: string,
  keys: EnvelopeKeys,
): { readonly text: string; readonly stale: boolean } | undefined => {
  const sealedKey = sealed.subarray(0, SEALED_KEY_BYTES);
  for (const [place, key] of keys.entries()) {
    const own = unseal(sealedKey, key, tagged('key', bound));
    const text = own && unseal(sealed.subarray(SEALED_KEY_BYTES), own, tagged('text', bound));
    if (text) return { text: text.toString(), stale: place > 0 };
  }
  return undefined;
};

const tagged = (use: 'key' | 'text', bound: string): Buffer => Buffer.from(`castellan 1 credential ${use}\0${bound}`);

const seal = (plain: Uint8Array, key: Uint8Array, nonce: Uint8Array, bound: Uint8Array): Buffer => {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

const unseal = (sealed: Uint8Array, key: Uint8Array, bound: Uint8Array): Buffer | undefined => {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(bound)
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined; // the tag does not fit, or the key is none
  }
};
