import type { Gateway } from './cli/parts.ts';
import type { Config } from './config/config.ts';
import type { Audit } from './core/audit.ts';
import { AppError } from './core/errors.ts';
import type { Secret } from './core/secret.ts';
import type { Machine } from './machine.ts';
import type { Limits } from './server/http/limits.ts';
import { createScimRoute, type ScimRoute } from './server/http/scim-route.ts';
import { openScimThread } from './server/scim/scim-thread.ts';
import type { DataFolder } from './store/data-folder.ts';

/** A provider sends its people one by one, as fast as it is answered. */
export const PUSHES = { perMinute: 6000, atOnce: 32 };

/** Where the one source is pushed to that is not read. */
export interface Scim {
  readonly route: ScimRoute;
  readonly pushed: Required<Gateway>['pushed'];
  close(): Promise<void>;
}

export interface ScimOptions {
  readonly audit: Audit;
  readonly publicUrl: string;
  readonly limits: Limits;
  readonly machine: Pick<Machine, 'now' | 'requestId' | 'warn'>;
}

/** Opens it where the configuration has one, and takes it over: whatever another connector left under its name ends. */
export const openScim = async (
  { config, folder }: { readonly config: Pick<Config, 'sources'>; readonly folder: Pick<DataFolder, 'index'> },
  { audit, publicUrl, limits, machine: { now, requestId, warn } }: ScimOptions,
): Promise<Scim | undefined> => {
  const found = pushedIn(config);
  if (!found) return undefined;
  const { source, connector, token } = found;
  const url = `${publicUrl}/scim/v2`;
  const thread = openScimThread({ indexPath: folder.index, source, connector, base: url });
  try {
    await thread.ask({ open: true, now: now() }, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(`${source} cannot be pushed to yet. ${error.message}`);
  }
  return {
    route: createScimRoute({ source, token, thread, limits, audit, now, newId: requestId }),
    pushed: { source, url },
    close: () => thread.close(),
  };
};

/** At most one: the configuration refuses a second. */
const pushedIn = ({
  sources,
}: Pick<Config, 'sources'>): { readonly source: string; readonly connector: string; readonly token: Secret } | undefined => {
  for (const { name, connector, settings } of sources) {
    const token = connector.pushedWith?.(settings);
    if (token) return { source: name, connector: connector.name, token };
  }
  return undefined;
};
