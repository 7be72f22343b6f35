import { Writable } from 'node:stream';

import type { Stream } from '../../src/cli/terminal.ts';

/** A stream that remembers what was written to it. */
export type RememberingStream = Stream & { readonly written: () => string };

interface StreamOptions {
  readonly columns?: number;
  /** Hears each piece once it is written. */
  readonly heard?: (piece: string) => void;
}

/** A pipe, or a terminal where `columns` is given. */
export const aStream = ({ columns, heard }: StreamOptions = {}): RememberingStream => {
  let written = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      written += String(chunk);
      heard?.(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { isTTY: columns !== undefined, columns: columns ?? 0, written: () => written });
};
