import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';

import { onTestFinished } from 'vitest';

import {
  type Changed,
  cleared,
  emptied,
  looped,
  nextOf,
  type Paging,
  type Reply,
  shifted,
  spoilt,
  withPageBefore,
} from './a-spoilt-reply.ts';

/** What goes wrong with one reply. */
export type HttpFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Nothing comes, and the connection stays. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** Half of the body, under the length of the whole. */
  | { readonly kind: 'half' }
  /** A page for people, such as one that asks them to sign in. */
  | { readonly kind: 'html' }
  /** The same characters in UTF-16, said to be UTF-8. */
  | { readonly kind: 'encoding' }
  /** The elements of the page before come again, before those of this one. */
  | { readonly kind: 'page twice' }
  /** The page after stands in the place of this one; after the last, nothing. */
  | { readonly kind: 'page missing' }
  /** The next page is this one. */
  | { readonly kind: 'loop' }
  /** There is nothing, and there never was. */
  | { readonly kind: 'empty' }
  | Changed;

/** A fault, and which of the calls it strikes. */
export interface Strike {
  /** Method and path, where `*` is one segment: "GET /pages/*". */
  readonly on: string;
  /** Counted from 1 since the script was given. 1 unless said otherwise. */
  readonly nth?: number;
  /** How many from then on. 1 unless said otherwise. */
  readonly times?: number;
  readonly fault: HttpFault;
}

/** Stands before a real server, passes everything on, and does to some replies what networks and servers do to them. */
export interface AFaultProxy {
  readonly url: string;
  readonly host: string;
  /** Replaces the faults to come; none: everything passes. */
  script(strikes: readonly Strike[]): void;
  /** How many replies were spoilt since the script was given. */
  readonly struck: number;
  /** Resolves when a call hangs. */
  hanging(): Promise<void>;
}

/** Starts it before an origin. Gone with the test. */
export const aFaultProxy = async (to: string, paging: Paging): Promise<AFaultProxy> => {
  const target = new URL(to);
  let strikes: readonly Strike[] = [];
  let counts = new Map<Strike, number>();
  let before = new Map<string, Reply>(); // by path, the last whole reply of this script
  let struck = 0;
  let hung = Promise.withResolvers<void>();

  const faultOf = (method: string, path: string): HttpFault | undefined => {
    let found: HttpFault | undefined;
    for (const strike of strikes) {
      if (!matches(strike.on, method, path)) continue;
      const count = (counts.get(strike) ?? 0) + 1;
      counts.set(strike, count);
      const { nth = 1, times = 1, fault } = strike;
      if (count >= nth && count < nth + times) found ??= fault;
    }
    return found;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request);
    const [path = ''] = call.url.split('?');
    const fault = faultOf(call.method, path);
    const skew = fault?.kind === 'skew' ? fault.ms : 0;
    const ask = async (url: string): Promise<Reply> =>
      localised(await forwarded(target, { ...call, url: shifted(url, -skew) }), { from: target.origin, to: own });
    if (!fault) {
      const reply = await ask(call.url);
      before.set(path, reply);
      write(response, reply);
      return;
    }
    struck += 1;
    switch (fault.kind) {
      case 'hang':
        hung.resolve();
        return;
      case 'reset':
        request.socket.resetAndDestroy();
        return;
      case 'status':
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end('{"message":"no"}');
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>Sign in</title>');
        return;
      case 'page missing': {
        const reply = await ask(call.url);
        const next = nextOf(reply, paging);
        write(response, next === undefined ? cleared(reply, paging) : await ask(next.replace(own, '')));
        return;
      }
      case 'page twice':
        write(response, withPageBefore(await ask(call.url), before.get(path), paging));
        return;
      case 'loop':
        write(response, looped(await ask(call.url), `${own}${call.url}`, paging));
        return;
      case 'empty':
        write(response, emptied(await ask(call.url), paging));
        return;
      case 'half': {
        const { status, headers, body } = await ask(call.url);
        response.writeHead(status, { ...headers, 'content-length': body.byteLength });
        response.write(body.subarray(0, body.byteLength / 2), () => request.socket.destroy());
        return;
      }
      case 'encoding': {
        const reply = await ask(call.url);
        write(response, { ...reply, body: Buffer.from(reply.body.toString(), 'utf16le') });
        return;
      }
      default:
        write(response, spoilt(await ask(call.url), fault));
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const own = `http://${host}`;
  return {
    url: own,
    host,
    script(next) {
      strikes = next;
      counts = new Map();
      before = new Map();
      struck = 0;
      hung = Promise.withResolvers();
    },
    get struck() {
      return struck;
    },
    hanging: () => hung.promise,
  };
};

interface Call {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const matches = (pattern: string, method: string, path: string): boolean => {
  const [ofMethod = '', ofPath = ''] = pattern.split(' ');
  const [wanted, found] = [ofPath.split('/'), path.split('/')];
  return (
    method === ofMethod && wanted.length === found.length && wanted.every((step, index) => step === '*' || step === found[index])
  );
};

const callOf = async (request: IncomingMessage): Promise<Call> => ({
  method: request.method ?? '',
  url: request.url ?? '',
  headers: { ...headersOf(request), 'accept-encoding': 'identity' },
  body: await bodyOf(request),
});

const forwarded = ({ hostname, port }: URL, { method, url, headers, body }: Call): Promise<Reply> =>
  new Promise((resolve, reject) => {
    // The client's own Host goes along, so that a server that writes whole addresses leads back here.
    const request = send({ hostname, port, method, path: url, headers, agent: false }, (response) => {
      bodyOf(response).then(
        (whole) => resolve({ status: response.statusCode ?? 0, headers: plainHeaders(response), body: whole }),
        reject,
      );
    });
    request.on('error', reject);
    request.end(body);
  });

/** Whatever leads to the server itself leads here. */
const localised = ({ status, headers, body }: Reply, { from, to }: { readonly from: string; readonly to: string }): Reply => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll(from, to)])),
  body: body.includes(from) ? Buffer.from(body.toString().replaceAll(from, to)) : body,
});

const write = (response: ServerResponse, { status, headers, body }: Reply): void => {
  response.writeHead(status, { ...headers, 'content-length': body.byteLength }).end(body);
};

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

const plainHeaders = (response: IncomingMessage): Record<string, string> => {
  const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...headers } = headersOf(response);
  return headers;
};

const bodyOf = async (stream: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
};
