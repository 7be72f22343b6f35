import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

/** Stands before a server and adds to each request what its client cannot say. Everything else passes as it is. */
export interface AHeaderProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it before this address. `headers` stand where the client sent none of that name. */
export const aHeaderProxy = async (to: string, headers: Readonly<Record<string, string>>): Promise<AHeaderProxy> => {
  const target = new URL(to);
  const proxy = createServer((request, response) => {
    const forwarded = send({ host: target.hostname, port: target.port, path: request.url, method: request.method }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    for (const [name, value] of Object.entries({ ...headers, ...request.headers })) {
      // A client that means the proxy means the server; a name that it made up must arrive there.
      const said = value === own ? target.host : value === `http://${own}` ? target.origin : value;
      if (said !== undefined) forwarded.setHeader(name, said);
    }
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const own = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url: `http://${own}${target.pathname}`,
    close: async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
};
