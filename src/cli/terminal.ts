import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

import { cellsIn, fitting } from './cells.ts';

/** The few looks a word may have. */
export type Look = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** A piece of a line: its text is somebody else's until it is printed, so it is cleaned there, before any colour. */
export type Piece = string | { readonly text: string; readonly look: Look };

/** One of the two streams: stdout for results, stderr for everything else. */
export interface Channel {
  /** Prints one line. A piece cannot start another one, nor move the cursor. */
  line(...pieces: readonly Piece[]): void;
  /** Prints a value as one line of JSON. */
  json(value: unknown): void;
  /** Shows a line in place of the one shown before, where the stream is a terminal; `undefined` takes it away. */
  status(pieces: readonly Piece[] | undefined): void;
  /** How wide a terminal is; undefined where there is none. */
  readonly columns: number | undefined;
  /** Waits until all is written; gives what kept it from that. A reader that hung up is nothing of the kind. */
  flushed(): Promise<Error | undefined>;
}

export interface Terminal {
  readonly out: Channel;
  readonly err: Channel;
}

/** A stream as Node gives it. */
export type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The two streams of a process. `colour` is what the environment allows; a pipe gets none. */
export const createTerminal = (streams: { stdout: Stream; stderr: Stream; colour: boolean }): Terminal => ({
  out: createChannel(streams.stdout, streams.colour),
  err: createChannel(streams.stderr, streams.colour),
});

/** Makes a piece of a look. */
export const look = (kind: Look, text: string): Piece => ({ text, look: kind });

/** Text that cannot steer a terminal: control characters and those that turn the direction of writing are shown as �. */
export const printable = (text: string): string => text.replace(STEERING, '\uFFFD');

// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
const STEERING = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** `JSON.stringify` leaves these as they are, and some terminals obey them. */
const STEERING_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** Of a terminal that does not say how wide it is, or says 0. */
const COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

const createChannel = (stream: Stream, colour: boolean): Channel => {
  const coloured = colour && stream.isTTY === true;
  let shown = false;
  let open = true;
  let lost: Error | undefined;
  // A reader that hangs up early (`| head -1`) has what it wants; the command still ends as it would have.
  stream.on('error', (error) => {
    open = false;
    if (!('code' in error && error.code === 'EPIPE')) lost ??= error;
  });
  const write = (text: string): void => {
    if (open) stream.write((shown ? CLEAR_LINE : '') + text);
    shown = false;
  };
  return {
    line: (...pieces) => write(`${painted(pieces, coloured)}\n`),
    json: (value) => write(`${jsonLine(value)}\n`),
    status: (pieces) => {
      if (stream.isTTY !== true || (!pieces && !shown)) return;
      write(pieces ? painted(cut(pieces, (stream.columns || COLUMNS) - 1), coloured) : '');
      shown = pieces !== undefined;
    },
    get columns() {
      return stream.isTTY === true ? stream.columns || COLUMNS : undefined;
    },
    flushed: async () => {
      // Errors are told a moment after the writing that met them.
      if (open) await new Promise((resolve) => stream.write('', () => setImmediate(resolve)));
      return lost;
    },
  };
};

const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(
    STEERING_IN_JSON,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

const painted = (pieces: readonly Piece[], coloured: boolean): string =>
  pieces
    .map((piece) => {
      if (typeof piece === 'string') return printable(piece);
      const text = printable(piece.text);
      return coloured ? styleText(piece.look, text, { validateStream: false }) : text;
    })
    .join('');

/** A line that is wider than the terminal would wrap, and could not be repainted. */
const cut = (pieces: readonly Piece[], width: number): Piece[] => {
  let left = width;
  return pieces.map((piece) => {
    const whole = typeof piece === 'string' ? piece : piece.text;
    const text = whole.slice(0, fitting(whole, left));
    left = text === whole ? left - cellsIn(text) : 0;
    return typeof piece === 'string' ? text : { ...piece, text };
  });
};
