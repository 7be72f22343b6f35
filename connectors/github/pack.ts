import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';

import { z } from 'zod';

/** What a pack is: `broken` where it is none, or only the beginning of one. */
export type Judged = 'whole' | 'too large' | 'too many' | 'broken';

/** What is unpacked at most. */
export interface Most {
  /** Of all of it, unpacked. */
  readonly bytes: number;
  /** Each takes its time, however small it is. */
  readonly objects: number;
}

/**
 * Looks at a pack of git before anybody unpacks it: whether it ends with the name of its own content (SHA-1), and whether all that
 * it holds, unpacked, is at most so much. It never has more than one object in memory, and none that is larger: what a few
 * bytes can blow up to is known before it happens.
 */
export const judgedPack = (pack: Uint8Array, { bytes, objects }: Most): Judged => {
  const end = pack.byteLength - NAME;
  if (end < HEADER || !createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) return 'broken';
  const count = new DataView(pack.buffer, pack.byteOffset).getUint32(HEADER - 4);
  if (count > objects) return 'too many';
  try {
    return isWithin(pack, count, bytes) ? 'whole' : 'too large';
  } catch {
    return 'broken';
  }
};

/** Bytes before the first object: "PACK", the version, the number of objects. */
const HEADER = 12;
/** Bytes of a name: of the pack, at its end, and of what a delta is to. */
const NAME = 20;
const OFS_DELTA = 6;
const REF_DELTA = 7;

const isWithin = (pack: Uint8Array, count: number, max: number): boolean => {
  const cursor = { at: HEADER };
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const { type, size } = headOf(pack, cursor);
    if (sum + size > max) return false;
    const { buffer, engine } = inflated(pack.subarray(cursor.at), size);
    cursor.at += engine.bytesWritten;
    sum += type === OFS_DELTA || type === REF_DELTA ? Math.max(size, resultOf(buffer)) : size;
    if (sum > max) return false;
  }
  return true;
};

/** What stands before the deflated bytes of an object. */
const headOf = (pack: Uint8Array, cursor: { at: number }): { readonly type: number; readonly size: number } => {
  let byte = byteAt(pack, cursor);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let unit = 16; byte & 128; unit *= 128) {
    byte = byteAt(pack, cursor);
    size += (byte & 127) * unit;
  }
  if (type === REF_DELTA) cursor.at += NAME;
  if (type === OFS_DELTA) while (byteAt(pack, cursor) & 128);
  return { type, size };
};

/** What a delta makes of what it is to: the second of the two sizes it begins with. */
const resultOf = (delta: Uint8Array): number => {
  const cursor = { at: 0 };
  sizeAt(delta, cursor);
  return sizeAt(delta, cursor);
};

const sizeAt = (bytes: Uint8Array, cursor: { at: number }): number => {
  let size = 0;
  for (let unit = 1; ; unit *= 128) {
    const byte = byteAt(bytes, cursor);
    size += (byte & 127) * unit;
    if (!(byte & 128)) return size;
  }
};

const byteAt = (bytes: Uint8Array, cursor: { at: number }): number => {
  const byte = bytes[cursor.at];
  if (byte === undefined) throw new RangeError('it breaks off');
  cursor.at += 1;
  return byte;
};

/** With `info`, node gives the engine along, which knows how many bytes it took; its types do not say so. */
const inflatedSchema = z.object({ buffer: z.instanceof(Uint8Array), engine: z.object({ bytesWritten: z.number() }) });
type Inflated = z.infer<typeof inflatedSchema>;

/** Throws for more than was said. */
const inflated = (bytes: Uint8Array, size: number): Inflated =>
  inflatedSchema.parse(inflateSync(bytes, Object.assign({ maxOutputLength: Math.max(1, size) }, { info: true })));
