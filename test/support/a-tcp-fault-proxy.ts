import { connect, createServer, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** What goes wrong with a connection, after so many bytes came from the server. */
export type TcpFault =
  | { readonly kind: 'reset'; readonly after: number }
  /** The end comes in the middle, as if that were all. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Nothing more comes, and the connection stays, until it is let go on. */
  | { readonly kind: 'hold'; readonly after: number }
  /** In pieces of a few bytes, a turn of the event loop between them. */
  | { readonly kind: 'slow'; readonly after: number; readonly bytes: number }
  /** No connection stands at all. */
  | { readonly kind: 'refuse' };

/** Stands before a server and passes bytes on, until it does to them what networks do. */
export interface ATcpFaultProxy {
  readonly port: number;
  /** Every connection from now on; undefined: all pass. */
  script(fault: TcpFault | undefined): void;
  /** How many connections were struck since. */
  readonly struck: number;
  /** Resolves when a connection is held. */
  holding(): Promise<void>;
  /** Lets go on what is held. */
  release(): void;
  /** How many bytes the server has sent since the script was given. */
  readonly passed: number;
}

/** Starts it before a port of this machine. Gone with the test. */
export const aTcpFaultProxy = async (to: number): Promise<ATcpFaultProxy> => {
  let fault: TcpFault | undefined;
  let struck = 0;
  let passed = 0;
  let held = Promise.withResolvers<void>();
  let released = Promise.withResolvers<void>();
  const open = new Set<Socket>();

  const pass = async (client: Socket, server: Socket, mine: TcpFault | undefined): Promise<void> => {
    let count = 0;
    let done = mine === undefined;
    for await (const piece of server) {
      let rest = Buffer.from(piece);
      passed += rest.byteLength;
      if (!done && mine && mine.kind !== 'refuse' && count + rest.byteLength > mine.after) {
        const before = rest.subarray(0, mine.after - count);
        rest = rest.subarray(before.byteLength);
        client.write(before);
        struck += count <= mine.after ? 1 : 0;
        if (mine.kind === 'slow') {
          await slowly(client, rest, mine.bytes);
          count += piece.length;
          continue;
        }
        done = true;
        if (mine.kind === 'hold') {
          held.resolve();
          await released.promise;
        } else {
          await new Promise<void>((resolve) => client.write('', () => resolve()));
          if (mine.kind === 'reset') client.resetAndDestroy();
          else client.end();
          server.destroy();
          return;
        }
      }
      count += rest.byteLength;
      client.write(rest);
    }
    client.end();
  };

  const proxy = createServer((client) => {
    client.on('error', () => undefined);
    if (fault?.kind === 'refuse') {
      struck += 1;
      client.resetAndDestroy();
      return;
    }
    const server = connect(to, '127.0.0.1');
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    client.pipe(server);
    client.on('close', () => server.destroy());
    pass(client, server, fault).catch(() => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
  const address = proxy.address();
  if (typeof address !== 'object' || !address) throw new Error('it listens nowhere');
  return {
    port: address.port,
    script(next) {
      fault = next;
      struck = 0;
      passed = 0;
      released.resolve();
      held = Promise.withResolvers();
      released = Promise.withResolvers();
    },
    get struck() {
      return struck;
    },
    get passed() {
      return passed;
    },
    holding: () => held.promise,
    release: () => released.resolve(),
  };
};

const slowly = async (client: Socket, bytes: Buffer, size: number): Promise<void> => {
  for (let at = 0; at < bytes.byteLength; at += size) {
    client.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
};
