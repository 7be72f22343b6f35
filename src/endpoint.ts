import { connectors } from '../connectors/index.ts';
import type { Endpoint, Place } from './cli/parts.ts';
import { loadConfig } from './config/config.ts';
import { trustedIn } from './config/identifying.ts';
import { AppError } from './core/errors.ts';
import type { Machine } from './machine.ts';
import { addressOf, listeningAt } from './server/http/address.ts';

/** How clients reach the server of a place: where its configuration says, or else where it listens. */
export const endpointOf = async (
  { config }: Place,
  { port: wanted }: { readonly port?: number },
  { env }: Machine,
): Promise<Endpoint> => {
  const { server, identity } = await loadConfig({ path: config, env, connectors });
  const { publicUrl, listen } = server;
  if (publicUrl !== undefined && wanted !== undefined) {
    throw new AppError('invalid_input', 'Clients reach the server at server.public_url, whatever its port. Leave out --port.');
  }
  const port = wanted ?? listen.port;
  if (publicUrl === undefined && port === 0) {
    throw new AppError(
      'invalid_input',
      'server.listen takes any port that is free, so say which one the server took: --port <number>',
    );
  }
  return { url: addressOf(publicUrl ?? listeningAt(listen.host, port)).resource, issuers: trustedIn(identity) };
};
