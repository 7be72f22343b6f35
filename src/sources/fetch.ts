import type { Fetch } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';

/** The one `fetch` a connector gets. No source may reach a host yet, so it refuses them all. */
export const refuseEveryHost: Fetch = async (input) => {
  const address = input instanceof Request ? input.url : String(input);
  const host = URL.parse(address)?.host ?? address.slice(0, 200);
  throw new AppError(
    'config',
    `A connector asked for ${host}, and no connector may reach a host. Use a source that is read from this machine.`,
  );
};
