import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AuditRow } from '../../src/store/ledger.ts';
import { type HttpOptions, openHttp } from '../../src/open-http.ts';
import { openIndex } from '../../src/open-index.ts';
import { openTrail } from '../../src/open-trail.ts';
import { type AMachine, aMachine } from './a-machine.ts';
import { aToken, type Bearing } from './a-token.ts';
import { COMPANY } from './company.ts';

export interface HttpPlaceOptions extends HttpOptions {
  /** `server:` of the configuration, as YAML. */
  readonly server?: string;
  /** More of the configuration, as YAML. */
  readonly more?: string;
  /** Vectors only where a test is about them. */
  readonly provider?: 'local' | 'none';
  readonly env?: Readonly<Record<string, string>>;
  /** What is copied and served, with its configuration, instead of the company. */
  readonly folder?: string;
}

/** The made-up company behind a real server, on a port of this machine. */
export interface AnHttpPlace {
  /** Of `/mcp`. */
  readonly url: string;
  /** Where it listens, without a path. */
  readonly origin: string;
  readonly config: string;
  readonly data: string;
  readonly machine: AMachine;
  /** A good token for somebody. */
  token(who: string, bearing?: Bearing): Promise<string>;
  /** What was logged until now, a line an object. */
  logged(): readonly unknown[];
  /** The newest rows of the audit, newest first. */
  audited(limit?: number): Promise<readonly AuditRow[]>;
  /** Reads the sources again, after a file of the company was changed. */
  change(file: string, from: string, to: string): Promise<void>;
  /** Asks the server to stop, and waits until it has. */
  stop(): Promise<void>;
  /** Stops it, and leaves nothing. */
  remove(): Promise<void>;
}

/** Copies the company, reads it, and serves it. */
export const anHttpPlace = async ({
  server = '{ listen: "127.0.0.1:0" }',
  more = '',
  provider = 'none',
  env = {},
  folder: original = COMPANY,
  ...options
}: HttpPlaceOptions = {}): Promise<AnHttpPlace> => {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-http-'));
  await cp(original, folder, { recursive: true });
  const [config, data] = [join(folder, 'castellan.yaml'), join(folder, 'data')];
  const company = (await readFile(config, 'utf8')).replace('provider: local', `provider: ${provider}`);
  await writeFile(config, `${company}\nserver: ${server}\n${more}\n`);
  const machine = aMachine({ env });
  await readAll({ config, data }, machine);

  const lines: string[] = [];
  const gateway = await openHttp({ config, data }, machine, { log: { write: (line) => void lines.push(line) }, ...options });
  const stopping = new AbortController();
  const served = gateway.serve(stopping.signal);
  let stopped: Promise<void> | undefined;
  const place: AnHttpPlace = {
    url: `${gateway.listening}/mcp`,
    origin: gateway.listening,
    config,
    data,
    machine,
    token: (who, bearing) => aToken(who, { data, env, audience: `${gateway.publicUrl}/mcp`, ...bearing }),
    logged: () => lines.flatMap((line) => line.trimEnd().split('\n')).map((line): unknown => JSON.parse(line)),
    audited: async (limit = 100) => {
      const trail = await openTrail({ config, data }, machine);
      try {
        return await trail.list(limit);
      } finally {
        await trail.close();
      }
    },
    change: async (file, from, to) => {
      const path = join(folder, file);
      const text = await readFile(path, 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
      await writeFile(path, text.replace(from, to));
      await readAll({ config, data }, machine);
    },
    stop: () => {
      stopping.abort();
      stopped ??= served.then(() => gateway.close());
      return stopped;
    },
    remove: async () => {
      await place.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return place;
};

const readAll = async (place: { readonly config: string; readonly data: string }, machine: AMachine): Promise<void> => {
  const index = await openIndex(place, machine);
  try {
    const options = { acceptDeletions: false, signal: new AbortController().signal, onProgress: () => undefined };
    for (const source of index.sources.keys()) {
      const { status } = await index.sync(source, options);
      if (status !== 'complete') throw new Error(`${source} ended ${status}`);
    }
    await index.embed(options);
  } finally {
    await index.close();
  }
};
