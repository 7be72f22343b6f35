import type { Secret } from './secret.ts';

/** What arrived at `POST /hooks/<source>`, as it arrived: a signature is over bytes. */
export interface Delivery {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A delivery that was signed, by what tells it from others. */
export interface Delivered {
  readonly id: string;
  /** SHA-256 of its body, hex: whoever has seen one delivery can send it again under any id, but with no other body. */
  readonly digest: string;
}

/** How a source tells that something changed. What a delivery says is never believed: it only hastens a run. */
export interface Hook<Settings> {
  /** What the source signs with. Undefined: no hook is configured, and none is taken. */
  secret(settings: Settings): Secret | undefined;
  /**
   * The id by which a repeated delivery is known, or undefined where it is not signed with `secret` (compared in constant
   * time), or is older than the source's own rule allows. The signature need not be over the id: the same body under another id is
   * known too, and rings again only after a minute.
   */
  verify(delivery: Delivery, secret: string, now: Date): string | undefined;
}
