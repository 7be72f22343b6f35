import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

/** A call as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** A source on a port of this machine that answers as it is told, and remembers what arrived. Gone with the test. */
export const aPeer = async (
  answer: (arrived: Arrived, response: ServerResponse, nth: number) => void | Promise<void>,
): Promise<{ readonly host: string; readonly url: string; readonly arrived: Arrived[] }> => {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    void taken(request).then((call) => {
      arrived.push(call);
      return answer(call, response, arrived.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = addressOf(server.address());
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, arrived };
};

const taken = async (request: IncomingMessage): Promise<Arrived> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? '', path: request.url ?? '', headers, body: Buffer.concat(pieces).toString() };
};

const addressOf = (address: AddressInfo | string | null): AddressInfo => {
  if (typeof address === 'object' && address) return address;
  throw new Error('it listens nowhere');
};
