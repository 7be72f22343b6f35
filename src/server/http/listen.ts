import { createServer, type RequestListener, type Server } from 'node:http';

import { getRequestListener } from '@hono/node-server';

import { AppError } from '../../core/errors.ts';
import { SECURITY } from './refusal.ts';
import { hasTwoMeanings } from './wire.ts';

/** What a connection may take before it is cut, in ms. */
export interface Patience {
  /** For the head of a request. */
  readonly head: number;
  /** For the whole of it. */
  readonly request: number;
  /** Between two requests. */
  readonly idle: number;
  /** Without a byte in either direction. */
  readonly silence: number;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly patience?: Patience;
}

/** A server that has its port. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Answers with this from now on; what came before waits. */
  serve(answer: Answer): void;
  /** Takes no more, finishes what it accepted for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

type Answer = (request: Request, bindings: object) => Response | Promise<Response>;

const PATIENCE: Patience = { head: 10_000, request: 30_000, idle: 60_000, silence: 120_000 };
/** Far above a token and what proxies add. */
const HEAD_BYTES_MAX = 16_384;
const HEADERS_MAX = 100;
const CONNECTIONS_MAX = 2000;
/** How often connections are held against the patience. */
const LOOK_MS = 1000;

/** Takes a port. Rejects with `unavailable` where that is not to be had. */
export const listen = async ({ host, port, patience = PATIENCE }: ListenOptions): Promise<Listening> => {
  const listener = Promise.withResolvers<RequestListener>();
  const server = createServer({
    maxHeaderSize: HEAD_BYTES_MAX,
    headersTimeout: patience.head,
    requestTimeout: patience.request,
    keepAliveTimeout: patience.idle,
    connectionsCheckingInterval: Math.min(LOOK_MS, patience.head),
    insecureHTTPParser: false,
    requireHostHeader: true,
  });
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(patience.silence);
  let closing = false;
  server.on('request', (request, response) => {
    if (closing) response.setHeader('connection', 'close');
    response.once('close', () => closing && server.closeIdleConnections());
    if (hasTwoMeanings(request)) {
      response.writeHead(400, { ...JSON_HEADERS, connection: 'close' }).end(MALFORMED);
      return;
    }
    listener.promise.then((answer) => answer(request, response)).catch(() => response.destroy());
  });
  const bound = await bind(server, host, port);
  return {
    host,
    port: bound,
    serve: (answer) =>
      // The global objects stay Node's own: this process does more than answer.
      listener.resolve(getRequestListener(answer, { overrideGlobalObjects: false, errorHandler: () => malformed() })),
    close: async (graceMs) => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
};

const MALFORMED = JSON.stringify({ error: { code: 'invalid_input', message: 'The request cannot be read.' } });
const JSON_HEADERS = { 'content-type': 'application/json', ...SECURITY };
const malformed = (): Response => new Response(MALFORMED, { status: 400, headers: JSON_HEADERS });

const bind = async (server: Server, host: string, port: number): Promise<number> => {
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen({ host, port }, listening.resolve);
  try {
    await listening.promise;
  } catch (cause) {
    throw new AppError('unavailable', whyNot(cause, host, port), { cause });
  }
  server.off('error', listening.reject);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
};

const whyNot = (cause: unknown, host: string, port: number): string => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} of ${host} is in use. Stop what uses it, or name another: --port <number>`;
  if (code === 'EACCES') return `Port ${port} of ${host} needs more rights. Name one above 1023: --port <number>`;
  return `${host}:${port} cannot be listened on (${String(code)}). Name an address of this machine: server.listen`;
};
