import { constants, existsSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { connectors } from '../connectors/index.ts';
import { createIssuerKeys, type IssuerKeys } from './access/issuer-keys.ts';
import type { Place } from './cli/parts.ts';
import type { Patient } from './cli/patient.ts';
import { type Config, loadConfig } from './config/config.ts';
import { AppError } from './core/errors.ts';
import { openProbes } from './embed/probe.ts';
import type { Machine } from './machine.ts';
import { modelOf } from './open-embedder.ts';
import { standingsOf } from './open-sign-ins.ts';
import { addressOf } from './server/http/address.ts';
import { issuerFetch } from './sources/issuer-fetch.ts';
import { readAnchors } from './store/anchor-file.ts';
import type { Census } from './store/census.ts';
import { type DataFolder, openDataFolder } from './store/data-folder.ts';
import { openKeys } from './store/keys.ts';
import { openCensus } from './store/sqlite/census.ts';
import { inspectLedger } from './store/sqlite/ledger/inspect.ts';
import { countUncertain } from './store/sqlite/ledger/uncertain.ts';

/** A server on this machine that does not answer in this time is not ours. */
const ANSWER_MS = 2000;
/** An issuer that is slower keeps people waiting at their first question. */
const ISSUER_MS = 5000;

/** Opens a place to look at it, and at nothing but what is there. */
export const openPatient = ({ config: path, data }: Place, { env, uid, random, now, outgoing }: Machine): Patient => {
  let loaded: Promise<Config> | undefined;
  let census: Promise<Census | undefined> | undefined;
  const configuration = (): Promise<Config> => (loaded ??= loadConfig({ path, env, connectors }));
  /** Opening would make it. */
  const folder = async (): Promise<DataFolder | undefined> => (existsSync(data) ? openDataFolder(data, { uid }) : undefined);
  const inFolder = async (name: 'index' | 'ledger' | 'key'): Promise<DataFolder | undefined> => {
    const found = await folder();
    return found && existsSync(found[name]) ? found : undefined;
  };
  const key: Patient['key'] = async () => {
    const kept = await inFolder('key');
    if (!kept && env['CASTELLAN_KEY'] === undefined) return undefined;
    await openKeys({ folder: kept ?? { key: join(data, 'key') }, env, random });
    return env['CASTELLAN_KEY'] === undefined ? 'file' : 'environment';
  };
  return {
    node: process.version,
    configuration,
    paths: async (name) => {
      const { sources, folder: base } = await configuration();
      const source = sources.find((one) => one.name === name);
      const watched = source?.connector.watches?.(source.settings, base) ?? [];
      return Promise.all(watched.map(({ path }) => reachable(path)));
    },
    dataFolder: async () => {
      const found = await folder();
      if (!found) return undefined;
      const { bavail, bsize } = await statfs(found.path);
      return { path: found.path, free: bavail * bsize };
    },
    key,
    index: () =>
      (census ??= inFolder('index').then((found) => {
        return found && openCensus(found.index);
      })),
    audit: async () => {
      const found = await inFolder('ledger');
      // Without the key nothing can be said of the anchors, and opening it would make one.
      if (!found || (await key()) === undefined) return undefined;
      const { audit } = await configuration();
      const keys = await openKeys({ folder: found, env, random });
      const anchors = await readAnchors(audit.anchor ?? found.anchor);
      return inspectLedger({ path: found.ledger, keys: keys.ledger, anchors });
    },
    uncertain: async () => {
      const found = await inFolder('ledger');
      try {
        return found ? countUncertain(found.ledger) : 0;
      } catch (error) {
        if (error instanceof AppError) return 0; // the audit is looked at by itself
        throw error;
      }
    },
    signIns: async () => {
      const { sources } = await configuration();
      try {
        return await standingsOf(sources, await folder(), { env, random, now, looks: true });
      } catch (error) {
        if (error instanceof AppError) return new Map(); // folder, key and ledger are looked at by themselves
        throw error;
      }
    },
    model: async () => {
      const { embedding } = await configuration();
      const model = modelOf(embedding, outgoing, openProbes(join(data, 'models'), { looksOnly: true }));
      const embedder = await model?.open();
      if (model?.sends) await embedder?.embed('castellan'); // opening it asked nobody
      await embedder?.close();
    },
    issuers: async () => {
      const { identity } = await configuration();
      const fetch = issuerFetch(
        outgoing,
        identity.issuers.map(({ issuer }) => issuer),
      );
      return Promise.all(
        identity.issuers.map(async ({ issuer }) => ({ issuer, ...(await faultOf(createIssuerKeys({ issuer, fetch, now }))) })),
      );
    },
    port: async () => {
      const { server } = await configuration();
      if (await isFree(server.listen)) return 'free';
      return (await isOurs(server)) ? 'ours' : 'taken';
    },
    close: async () => {
      const open = await census?.catch(() => undefined);
      open?.close();
    },
  };
};

const reachable = async (path: string): Promise<{ path: string; fault?: string }> => {
  try {
    await access(path, constants.R_OK);
    return { path };
  } catch (error) {
    return { path, fault: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
  }
};

/** What keeps us from reading the keys of an issuer. */
const faultOf = async (keys: IssuerKeys): Promise<{ fault?: string }> => {
  const late = AbortSignal.timeout(ISSUER_MS);
  try {
    await keys.ready(late);
    return {};
  } catch (error) {
    if (late.aborted) return { fault: `it did not answer within ${ISSUER_MS / 1000} s` };
    const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
    return { fault: cause instanceof Error ? cause.message : String(cause) };
  }
};

/** Listens for a moment, and for nobody. */
const isFree = async ({ host, port }: Config['server']['listen']): Promise<boolean> => {
  if (port === 0) return true;
  const probe = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.once('error', () => resolve(false));
  probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  return promise;
};

/** Asked under the name it is known by, since it answers under no other. */
const isOurs = async ({ listen: { host, port }, publicUrl }: Config['server']): Promise<boolean> => {
  const shown = host.includes(':') ? `[${host}]` : host;
  const known = new URL(addressOf(publicUrl ?? `http://${shown}:${port}`).resource);
  const path = known.pathname.replace(/\/mcp$/u, '/healthz');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = get({ host, port, path, headers: { host: known.host }, timeout: ANSWER_MS }, (response) => {
    response.resume();
    resolve(response.statusCode === 200 && response.headers['content-type']?.startsWith('application/json') === true);
  });
  asked.once('timeout', () => asked.destroy());
  asked.once('error', () => resolve(false));
  asked.once('close', () => resolve(false));
  return promise;
};
