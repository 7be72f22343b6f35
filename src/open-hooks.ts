import type { Config } from './config/config.ts';
import type { Secret } from './core/secret.ts';
import { createHookRoute, type HookRoute, type Verify } from './server/http/hook-route.ts';
import { createRings } from './server/http/hook-rings.ts';
import type { Refusal } from './server/http/refusal.ts';
import type { DataFolder } from './store/data-folder.ts';
import { openRingThread } from './store/sqlite/ring-thread.ts';

type Source = Config['sources'][number];

/** What a source signs its deliveries with, where it has a hook and that is configured. */
export const secretOf = ({ connector, settings }: Pick<Source, 'connector' | 'settings'>): Secret | undefined =>
  connector.hook?.secret(settings);

/** Where sources say that something changed. */
export interface Hooks {
  readonly route: HookRoute;
  close(): Promise<void>;
}

export interface HooksOptions {
  readonly nothing: Refusal;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Opens it whether a source has a hook or not: what is not there is answered alike. */
export const openHooks = (
  { config, folder }: { readonly config: Pick<Config, 'sources'>; readonly folder: Pick<DataFolder, 'index'> },
  { nothing, now }: HooksOptions,
): Hooks => {
  const thread = openRingThread({ path: folder.index });
  const ring = createRings({ keep: thread.ring, now });
  return {
    route: createHookRoute({ hooks: new Map(config.sources.flatMap(hookOf)), ring, nothing, now }),
    close: () => thread.close(),
  };
};

const hookOf = (source: Source): [string, Verify][] => {
  const secret = secretOf(source);
  const { hook } = source.connector;
  return hook && secret ? [[source.name, (delivery, now) => hook.verify(delivery, secret.reveal(), now)]] : [];
};
