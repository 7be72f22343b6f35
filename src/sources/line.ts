import { Agent, type Dispatcher, fetch, type RequestInit } from 'undici';

import { AppError } from '../core/errors.ts';
import { isPublic, literalOf, publicOnly, refusedHost, type Resolve } from './address.ts';
import { capped } from './body.ts';

/** Until a connection stands, and until an answer begins or goes on, in ms. */
const CONNECT = 10_000;
const SILENCE = 30_000;
/** A larger answer is none that a connector should read at once, in bytes after decompression. */
const ANSWER_MAX = 52_428_800;
/** Connections that wait for the next call, in ms. */
const KEEP = 10_000;

/** One call as it goes onto the wire. */
export interface Sending {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** What it is called in errors. */
  readonly call: string;
  readonly privateNetwork: boolean;
  /** Until its answer begins or goes on, in ms, where that is not the usual. */
  readonly silence?: number;
}

/** A reply, and when no more of it is on the wire. */
export interface Sent {
  readonly response: Response;
  readonly over: Promise<void>;
}

/** The connections of this process to the outside. */
export interface Line {
  /** Follows no redirect. Rejects with `source_unavailable` where nothing, or half an answer, comes; with the signal's reason when it aborts. */
  send(sending: Sending, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}

/** Opens the line: one set of connections for the public internet, whose addresses are looked at, and one for private networks. */
export const createLine = ({ resolve }: { readonly resolve: Resolve }): Line => {
  const timeouts = { headersTimeout: SILENCE, bodyTimeout: SILENCE, keepAliveTimeout: KEEP };
  const open = new Agent({ ...timeouts, connect: { timeout: CONNECT, lookup: publicOnly(resolve) } });
  const inside = new Agent({ ...timeouts, connect: { timeout: CONNECT } });
  return {
    send: async ({ url, method, headers, body, call, privateNetwork, silence }, signal) => {
      const literal = literalOf(url.hostname);
      if (!privateNetwork && literal !== undefined && !isPublic(literal)) throw refusedHost(url.hostname);
      const init: RequestInit = {
        method,
        headers: [...headers],
        redirect: 'manual',
        dispatcher: waiting(privateNetwork ? inside : open, silence),
        signal,
        ...(body !== undefined && { body }),
      };
      const response = await fetch(url, init).catch((error: unknown) => {
        signal.throwIfAborted();
        throw failureOf(error, call);
      });
      if (response.status < 200 || response.status > 599) {
        throw new AppError('source_changed', `${call} answered with the status ${response.status}, which is none.`);
      }
      const replied = { status: response.status, statusText: response.statusText, headers: [...response.headers] };
      if (response.body === null || NO_BODY.has(response.status)) {
        return { response: new Response(null, replied), over: Promise.resolve() };
      }
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const stream = capped(response.body, { max: ANSWER_MAX, call, signal, over: end });
      return { response: new Response(stream, replied), over };
    },
    close: async () => {
      await Promise.all([open.destroy(), inside.destroy()]);
    },
  };
};

/** The same connections, on which an answer may be silent for so long. */
const waiting = (agent: Agent, silence: number | undefined): Dispatcher =>
  silence === undefined
    ? agent
    : agent.compose(
        (dispatch) => (options, handler) => dispatch({ ...options, headersTimeout: silence, bodyTimeout: silence }, handler),
      );

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** A refusal of ours stands where undici says "fetch failed". */
const failureOf = (error: unknown, call: string): AppError => {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  const own = causes.find((cause) => cause instanceof AppError);
  if (own instanceof AppError) return own;
  const why = causes.map((cause) => (cause instanceof Error && 'code' in cause ? String(cause.code) : undefined)).find(Boolean);
  return new AppError(
    'source_unavailable',
    `${call} could not be made (${why ?? 'the connection failed'}). It is made again by the next run.`,
    {
      cause: error,
    },
  );
};
