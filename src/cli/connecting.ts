import type { Person } from '../sources/sign-in/connect.ts';
import type { Standing } from '../sources/sign-in/standing.ts';

/** How a source is to be connected, and how whoever sits at the keyboard is reached. */
export interface ConnectRequest {
  readonly person: Person;
  /** The address a browser was sent back to is pasted, instead of listened for. */
  readonly paste: boolean;
  /** A token is kept without being shown to the source. */
  readonly untried?: boolean;
  /** Where the browser comes back to; absent: any that is free. */
  readonly port?: number;
  readonly signal: AbortSignal;
}

/** How a source stands that was connected. */
export interface Connected extends Standing {
  /** Whether the source has seen the token, and accepted it. */
  readonly tried: boolean;
}

/** Where the owner of the data folder lets Castellan in at a source. It is in the audit before it is done. */
export interface Connecting {
  /** Rejects with `invalid_input` for a source that needs no sign-in, or is not configured. */
  connect(source: string, request: ConnectRequest): Promise<Connected>;
  /** Leaves nothing of it here. `revoked`: and its provider took it back. */
  forget(source: string, signal: AbortSignal): Promise<{ readonly kept: boolean; readonly revoked: boolean }>;
  /** Shows an address to whoever sits at this machine, if anybody does. */
  openBrowser(address: string): void;
  close(): Promise<void>;
}
