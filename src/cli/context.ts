import type { Parts, Place } from './parts.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface Context {
  readonly parts: Parts;
  readonly terminal: Terminal;
  /** Aborts when the person asks for it to stop. */
  readonly signal: AbortSignal;
  /** Lets the command end with exit code 1 although it said all it had to say. */
  readonly fail: () => void;
  /** Lets it end with exit code 0 although it was asked to stop. */
  readonly settle: () => void;
}

/** The options every command takes. */
export interface GlobalOptions extends Place {
  readonly json?: boolean;
  readonly verbose?: boolean;
}
