import { createHash } from 'node:crypto';

/** What a cursor remembers of the answer it was cut from: 16 bytes, hex. */
export const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
