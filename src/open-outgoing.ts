import type { Config } from './config/config.ts';
import type { Fetch } from './core/connector.ts';
import type { Notice } from './core/notice.ts';
import type { WriteAction } from './core/write.ts';
import type { Authorise } from './sources/authorise.ts';
import { DEFAULT_RATE } from './sources/budget.ts';
import type { Outgoing, OutgoingParts } from './sources/outgoing.ts';

/** Opens the way out when something goes out, which most commands never do. */
export const openOutgoingLater = (parts: Pick<OutgoingParts, 'now' | 'random'>): Outgoing => {
  let opened: Promise<Outgoing> | undefined;
  const open = async (): Promise<Outgoing> => {
    const [{ openOutgoing }, { sleep }, { lookup }] = await Promise.all([
      import('./sources/outgoing.ts'),
      import('./sources/sleep.ts'),
      import('node:dns'),
    ]);
    return openOutgoing({ ...parts, sleep, resolve: lookup });
  };
  return {
    fetchFor: (errand) => {
      let fetch: Fetch | undefined;
      return async (input, init) => {
        fetch ??= (await (opened ??= open())).fetchFor(errand);
        return fetch(input, init);
      };
    },
    close: async () => (await opened)?.close(),
  };
};

/** The one `fetch` of a configured source: it reads, signed in where the source wants that. */
export const fetchOf = (
  { name, connector, settings, privateNetwork, rate }: Config['sources'][number],
  outgoing: Outgoing,
  authorise: Authorise | undefined,
  notice: (notice: Notice) => void = () => undefined,
): Fetch =>
  outgoing.fetchFor({
    name,
    hosts: connector.hosts(settings),
    operations: connector.operations,
    writes: false,
    privateNetwork,
    rate: { ...DEFAULT_RATE, ...rate },
    ...(authorise && { authorise }),
    notice,
  });

/** The way out for one action: to the operations it names, of those that write only where it is `writing`, and then each call once. */
export const writeFetchOf = (
  { name, connector, settings, privateNetwork, rate }: Config['sources'][number],
  { action, writing }: { readonly action: Pick<WriteAction, 'operations'>; readonly writing: boolean },
  outgoing: Outgoing,
  authorise: Authorise | undefined,
): Fetch =>
  outgoing.fetchFor({
    name,
    hosts: connector.hosts(settings),
    operations: connector.operations.filter((operation) => action.operations.includes(operation.name)),
    writes: writing,
    ...(writing && { tries: 1 }),
    again: 'propose it again',
    privateNetwork,
    rate: { ...DEFAULT_RATE, ...rate },
    ...(authorise && { authorise }),
  });
