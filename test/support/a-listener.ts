import { connect } from 'node:net';

import { onTestFinished } from 'vitest';

import { listen, type Listening, type Patience } from '../../src/server/http/listen.ts';
import { anHttpApp, type HttpAppOptions } from './an-http-app.ts';

interface ListenerOptions extends Omit<HttpAppOptions, 'publicUrl'> {
  readonly patience?: Partial<Patience>;
}

/** In ms: long enough for a busy machine, unless a test is about one of them. */
const PATIENT: Patience = { head: 10_000, request: 20_000, idle: 20_000, silence: 20_000 };

/** The app behind a port of this machine, closed with the test. */
export const aListener = async ({ patience = {}, ...options }: ListenerOptions = {}) => {
  const listening = await listen({ host: '127.0.0.1', port: 0, patience: { ...PATIENT, ...patience } });
  onTestFinished(() => listening.close(0));
  const origin = `http://127.0.0.1:${listening.port}`;
  const served = anHttpApp({ publicUrl: origin, ...options });
  listening.serve((request, bindings) => served.app.fetch(request, bindings));
  return { ...served, listening, origin, url: `${origin}/mcp` };
};

/** Bytes as they are written to a connection, and all that came back until the other side closed it. */
export const speak = async ({ port }: Pick<Listening, 'port'>, ...pieces: readonly string[]): Promise<string> => {
  const { socket, ended } = aConnection(port);
  for (const piece of pieces) socket.write(piece);
  return ended;
};

/** A connection, what it hears, and its end. */
export const aConnection = (port: number) => {
  const socket = connect({ host: '127.0.0.1', port });
  let heard = '';
  const ended = Promise.withResolvers<string>();
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (heard += text));
  socket.on('error', () => undefined); // a reset is an end like another
  socket.on('close', () => ended.resolve(heard));
  onTestFinished(() => void socket.destroy());
  return { socket, heard: () => heard, ended: ended.promise };
};

/** A request as it is written: method and path, headers, body. */
export const written = (
  start: string,
  headers: readonly string[],
  body = '',
  length: readonly string[] = [`content-length: ${Buffer.byteLength(body)}`],
): string => [`${start} HTTP/1.1`, ...headers, ...length, '', body].join('\r\n');
