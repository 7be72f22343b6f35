import { SEAL_BYTES, sealed, unsealed } from '../../core/sealed.ts';

/** AES-256-GCM keys of the organisation: the first seals, all open. */
export type EnvelopeKeys = readonly [Uint8Array, ...Uint8Array[]];

const KEY_BYTES = 32;
const SEALED_KEY_BYTES = KEY_BYTES + SEAL_BYTES;

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
    sealed(own, { key: keys[0], bound: tagged('key', bound) }, random),
    sealed(Buffer.from(text), { key: own, bound: tagged('text', bound) }, random),
  ]);
};

/** Opens what was sealed beside `bound`; `stale` where not with the first key. Undefined for whatever does not fit. */
export const openEnvelope = (
  envelope: Uint8Array,
  bound: string,
  keys: EnvelopeKeys,
): { readonly text: string; readonly stale: boolean } | undefined => {
  const sealedKey = envelope.subarray(0, SEALED_KEY_BYTES);
  for (const [place, key] of keys.entries()) {
    const own = unsealed(sealedKey, { key, bound: tagged('key', bound) });
    const text = own && unsealed(envelope.subarray(SEALED_KEY_BYTES), { key: own, bound: tagged('text', bound) });
    if (text) return { text: text.toString(), stale: place > 0 };
  }
  return undefined;
};

const tagged = (use: 'key' | 'text', bound: string): Buffer => Buffer.from(`castellan 1 credential ${use}\0${bound}`);
