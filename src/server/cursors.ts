import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

import type { Caller } from '../core/caller.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { AppError } from '../core/errors.ts';
import type { Cursors, Place } from '../core/tool.ts';

export interface CursorOptions {
  /** AES-256-GCM: the first seals, all open. */
  readonly keys: readonly [Uint8Array, ...Uint8Array[]];
  readonly caller: Caller;
  readonly tool: string;
  readonly random: (size: number) => Uint8Array;
}

const CIPHER = 'aes-256-gcm';
/** Random: one key may seal 2^32 cursors before two nonces are likely to meet (NIST SP 800-38D). */
const NONCE_BYTES = 12;
const DIGEST_BYTES = 16;
const TAG_BYTES = 16;
/** Nonce, offset, digest and tag: 48 bytes are 64 characters with no bit to spare, so that a cursor has one spelling. */
const CURSOR = /^[A-Za-z0-9_-]{64}$/u;

/** The cursors of one caller, client and tool; each opens only for the binding (the rest of the input) it was sealed for. */
export const cursorsFor =
  ({ keys, caller, tool, random }: CursorOptions) =>
  (binding: unknown): Cursors => {
    const aad = boundTo(caller, tool, binding);
    return {
      seal: (place) => seal(place, keys[0], random(NONCE_BYTES), aad),
      open: (cursor) => {
        const places = CURSOR.test(cursor) ? keys.map((key) => unseal(cursor, key, aad)) : [];
        const place = places.find((opened) => opened !== undefined);
        if (!place) throw new AppError('invalid_input', 'This cursor was not made for this question. Search again without it.');
        return place;
      },
    };
  };

const seal = ({ offset, digest }: Place, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): string => {
  const digested = Buffer.from(digest, 'hex');
  if (digested.length !== DIGEST_BYTES) throw new Error(`A digest of ${DIGEST_BYTES} bytes in hex was expected`);
  const plain = Buffer.concat([uint32(offset), digested]);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

const unseal = (cursor: string, key: Uint8Array, aad: Uint8Array): Place | undefined => {
  const sealed = Buffer.from(cursor, 'base64url');
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return { offset: plain.readUInt32BE(), digest: plain.toString('hex', 4) };
  } catch {
    return undefined; // the tag does not fit: forged, damaged, or sealed for something else
  }
};

/** Each part with its length before it, so that no two lists of parts read alike. */
const boundTo = ({ identity, client }: Caller, tool: string, binding: unknown): Buffer => {
  const question = createHash('sha256').update(canonicalJson(binding)).digest('hex');
  const parts = ['castellan 1 cursor', identity.issuer, identity.subject, client, tool, question].map((part) =>
    Buffer.from(part),
  );
  return Buffer.concat(parts.flatMap((part) => [uint32(part.length), part]));
};

/** Refuses what does not fit into four bytes. */
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
