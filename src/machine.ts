import { connectors as usual } from '../connectors/index.ts';
import type { Place } from './cli/parts.ts';
import { type Config, loadConfig } from './config/config.ts';
import type { Connector } from './core/connector.ts';
import type { Outgoing } from './sources/outgoing.ts';
import { type DataFolder, openDataFolder } from './store/data-folder.ts';

/** What the composition root knows of the machine it runs on. Only `main.ts` reads it; the rest is handed it. */
export interface Machine {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  /** Who sits at the keyboard. */
  readonly operator: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly outgoing: Outgoing;
  /** The kinds of sources there are; those that come with it, unless said otherwise. */
  readonly connectors?: readonly Connector[];
  /** ms since 1970. */
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
  readonly requestId: () => string;
  /** One sentence on stderr. */
  readonly warn: (message: string) => void;
  /** Hears of what is nobody's fault but ours, with the request it killed. */
  readonly onBug: (error: unknown, request: string) => void;
}

/** The configuration and the data folder of a place. */
export const openPlace = async (
  { config, data }: Place,
  { env, uid, connectors = usual }: Machine,
): Promise<{ readonly config: Config; readonly folder: DataFolder }> => ({
  config: await loadConfig({ path: config, env, connectors }),
  folder: await openDataFolder(data, { uid }),
});
