import { connectors } from '../connectors/index.ts';
import type { Place } from './cli/parts.ts';
import { loadConfig } from './config/config.ts';
import type { Machine } from './machine.ts';
import { addressOf, listeningAt } from './server/http/address.ts';

/** Where clients reach the server of a place: what its configuration says, or else where it listens. */
export const endpointOf = async ({ config }: Place, { env }: Machine): Promise<string> => {
  const { server } = await loadConfig({ path: config, env, connectors });
  const { host, port } = server.listen;
  return addressOf(server.publicUrl ?? listeningAt(host, port)).resource;
};
