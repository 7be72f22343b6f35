import { createHash } from 'node:crypto';

import type { Caller } from '../core/caller.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { AppError } from '../core/errors.ts';
import { type Bound, sealed, unsealed } from '../core/sealed.ts';
import type { Cursors, Place } from '../core/tool.ts';

export interface CursorOptions {
  /** AES-256-GCM: the first seals, all open. */
  readonly keys: readonly [Uint8Array, ...Uint8Array[]];
  readonly caller: Caller;
  readonly tool: string;
  readonly random: (size: number) => Uint8Array;
}

const DIGEST_BYTES = 16;
/** Nonce, offset, digest and tag: 48 bytes are 64 characters with no bit to spare, so that a cursor has one spelling. */
const CURSOR = /^[A-Za-z0-9_-]{64}$/u;

/** The cursors of one caller, client and tool; each opens only for the binding (the rest of the input) it was sealed for. */
export const cursorsFor =
  ({ keys, caller, tool, random }: CursorOptions) =>
  (binding: unknown): Cursors => {
    const bound = boundTo(caller, tool, binding);
    return {
      seal: (place) => seal(place, { key: keys[0], bound }, random),
      open: (cursor) => {
        const places = CURSOR.test(cursor) ? keys.map((key) => unseal(cursor, { key, bound })) : [];
        const place = places.find((opened) => opened !== undefined);
        if (!place) throw new AppError('invalid_input', 'This cursor was not made for this question. Search again without it.');
        return place;
      },
    };
  };

const seal = ({ offset, digest }: Place, by: Bound, random: CursorOptions['random']): string => {
  const digested = Buffer.from(digest, 'hex');
  if (digested.length !== DIGEST_BYTES) throw new Error(`A digest of ${DIGEST_BYTES} bytes in hex was expected`);
  return sealed(Buffer.concat([uint32(offset), digested]), by, random).toString('base64url');
};

const unseal = (cursor: string, by: Bound): Place | undefined => {
  const plain = unsealed(Buffer.from(cursor, 'base64url'), by);
  return plain && { offset: plain.readUInt32BE(), digest: plain.toString('hex', 4) };
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
