import type { Channel, Piece } from './terminal.ts';

/** How often a terminal is repainted, and how often a log gets a line. */
const REPAINT = 100;
const LOG = 5000;

/** Says how far a long work has come, without flooding a log. */
export interface ProgressLine {
  show(pieces: readonly Piece[]): void;
  done(): void;
}

/** Repaints one line on a terminal; elsewhere writes a plain line every few seconds. */
export const createProgressLine = (channel: Channel, now: () => number): ProgressLine => {
  const terminal = channel.columns !== undefined;
  const pause = terminal ? REPAINT : LOG;
  let last = now();
  return {
    show: (pieces) => {
      if (now() - last < pause) return;
      last = now();
      if (terminal) channel.status(pieces);
      else channel.line(...pieces);
    },
    done: () => channel.status(undefined),
  };
};
