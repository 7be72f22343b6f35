import { createHash } from 'node:crypto';

/** What a document says, as one hash: SHA-256 of title and text, hex. */
export const contentHashOf = (title: string, text: string): string =>
  createHash('sha256')
    .update(JSON.stringify([title, text]))
    .digest('hex');
