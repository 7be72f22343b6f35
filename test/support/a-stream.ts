import { Writable } from 'node:stream';

import type { Stream } from '../../src/cli/terminal.ts';

/** A stream that remembers what was written to it. */
export type RememberingStream = Stream & { readonly written: () => string };

/** A pipe, or a terminal where `columns` is given. */
export const aStream = ({ columns }: { readonly columns?: number } = {}): RememberingStream => {
  let written = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      written += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY: columns !== undefined, columns: columns ?? 0, written: () => written });
};
