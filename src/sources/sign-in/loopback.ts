import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { AppError } from '../../core/errors.ts';

const HOST = '127.0.0.1';
const PATH = '/callback';
/** A browser that has its page by then keeps its connection for nothing, in ms. */
const LEAVE = 500;

/** Where a browser comes back to after a sign-in. */
export const redirectUriAt = (port: number): string => `http://${HOST}:${port}${PATH}`;

/** Listens on this machine alone for a browser that comes back. */
export interface Loopback {
  readonly redirectUri: string;
  /** The first answer that belongs to the sign-in. Rejects with the signal's reason. */
  answer(belongs: (parameters: URLSearchParams) => boolean, signal: AbortSignal): Promise<URLSearchParams>;
  close(): Promise<void>;
}

/** `port` 0 is any that is free. */
export const openLoopback = async (port: number): Promise<Loopback> => {
  let hear: ((parameters: URLSearchParams) => boolean) | undefined;
  const server = createServer((request, response) => {
    const parameters = cameBack(request);
    if (!parameters) say(response, 404, 'There is nothing here.');
    else if (hear?.(parameters) === true) say(response, 200, 'You can close this page and go back to Castellan.');
    else say(response, 400, 'This does not belong to the sign-in that Castellan waits for.');
  });
  server.listen({ host: HOST, port, exclusive: true });
  await once(server, 'listening').catch((cause: unknown) => {
    throw new AppError('unavailable', `Port ${port} is taken by something else. Name another: --port <number>`, { cause });
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It listens nowhere');
  const own = `${HOST}:${address.port}`;
  /** A page of another name that leads here is not the browser coming back. */
  const cameBack = ({ method, url = '', headers }: IncomingMessage): URLSearchParams | undefined => {
    const asked = URL.parse(url, `http://${own}`);
    return method === 'GET' && headers.host === own && asked?.pathname === PATH ? asked.searchParams : undefined;
  };
  return {
    redirectUri: redirectUriAt(address.port),
    answer: async (belongs, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
      hear = (parameters) => {
        if (!belongs(parameters)) return false;
        resolve(parameters);
        return true;
      };
      const leave = (): void => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      return promise.finally(() => signal.removeEventListener('abort', leave));
    },
    close: async () => {
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), LEAVE);
      await once(server, 'close');
      clearTimeout(timer);
    },
  };
};

/** Nothing of the address goes onto the page, and the page leads nowhere. */
const say = (response: ServerResponse, status: number, words: string): void => {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'",
    connection: 'close',
  };
  response.writeHead(status, headers).end(`<!doctype html><title>Castellan</title><p>${words}</p>\n`);
};
