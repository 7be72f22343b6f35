import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Config } from '../../src/config/config.ts';
import type { Fetch } from '../../src/core/connector.ts';
import { scheduleOf } from '../../src/core/schedule.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import { fetchOf, openOutgoingLater } from '../../src/open-outgoing.ts';
import { openCredentialParts, openSignIns, signingSource, standingsOf } from '../../src/open-sign-ins.ts';
import { connect, type Person } from '../../src/sources/sign-in/connect.ts';
import type { SigningSource } from '../../src/sources/sign-in/kept.ts';
import type { Standing } from '../../src/sources/sign-in/standing.ts';
import { type DataFolder, openDataFolder } from '../../src/store/data-folder.ts';
import { aFolder } from './a-folder.ts';
import { aMachine } from './a-machine.ts';
import { aPeer, type Arrived } from './a-peer.ts';
import type { AProvider } from './a-provider.ts';
import { pages, type PagesSettings } from './a-signing-source.ts';

/** A source with a sign-in, a data folder, and the real way from one to the other. */
export interface ASignedInSource {
  readonly folder: DataFolder;
  readonly clock: { now: number };
  /** What arrived at the pages. */
  readonly arrived: readonly Arrived[];
  readonly url: string;
  /** Connects it as a person would, who does at the pages of the provider what is wanted. */
  readonly connect: (person?: Partial<Person>) => Promise<void>;
  /** The way out of another process on this data folder, as far as memory goes. */
  readonly open: (settings?: Partial<PagesSettings>) => Opened;
  readonly standing: (settings?: Partial<PagesSettings>) => Promise<Standing>;
  /** As whoever signs in sees it. */
  readonly source: SigningSource;
  /** All files of the data folder, as bytes. */
  readonly bytes: () => Promise<Buffer>;
}

interface Opened {
  readonly fetch: Fetch;
  /** Asks for the pages: their status. */
  readonly ask: (signal?: AbortSignal) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface SignedInOptions {
  readonly provider?: AProvider;
  readonly settings: Pick<PagesSettings, 'by'> & Partial<PagesSettings>;
  /** Whether the pages accept what they are shown; by default whatever the provider says is good. */
  readonly accepts?: (header: string | undefined) => boolean | Promise<boolean>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes one, gone with the test. */
export const aSignedInSource = async ({ provider, settings, accepts, env = {} }: SignedInOptions): Promise<ASignedInSource> => {
  const asked = accepts ?? ((header: string | undefined) => provider?.accepts(header) ?? false);
  const peer = await aPeer(async ({ headers }, response) => {
    if (await asked(headers['authorization'])) response.writeHead(200).end('["plan"]');
    else response.writeHead(401).end();
  });
  const folder = await openDataFolder(join(await aFolder(), 'data'), { uid: process.getuid?.() });
  const clock = { now: Date.now() };
  const began = performance.now();
  const now = (): number => Math.floor(clock.now + performance.now() - began); // it goes on, as clocks do
  const outgoing = openOutgoingLater({ now, random: Math.random });
  onTestFinished(() => outgoing.close());
  const machine = aMachine({ now, outgoing, env, random: (size) => randomBytes(size) });
  const configured = (given: Partial<PagesSettings> = {}) =>
    configuredPages({ url: peer.url, provider: provider?.url ?? '', ...settings, ...given });
  const source = signing(configured());
  return {
    folder,
    clock,
    arrived: peer.arrived,
    url: peer.url,
    source,
    connect: async (person = {}) => {
      const parts = await openCredentialParts(folder, machine);
      try {
        await connect(source, { person: { ...browsing(provider), ...person }, paste: false, signal: NEVER }, parts);
      } finally {
        await parts.close();
      }
    },
    open: (given) => {
      const signIns = openSignIns(folder, machine);
      onTestFinished(() => signIns.close());
      const one = configured(given);
      const fetch = fetchOf(one, outgoing, signIns.of(one));
      const ask = async (signal = NEVER): Promise<number> => (await fetch(`${peer.url}/pages`, { signal })).status;
      return { fetch, ask, close: () => signIns.close() };
    },
    standing: async (given) => {
      const standing = (await standingsOf([configured(given)], folder, machine)).get('wiki');
      if (!standing) throw new Error('it does not sign in');
      return standing;
    },
    bytes: async () => {
      const names = await readdir(folder.path);
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder.path, name)))));
    },
  };
};

const NEVER = new AbortController().signal;

/** Somebody who does at once what a page wants. */
const browsing = (provider: AProvider | undefined): Person => ({
  show: (address) => void provider?.browse(address),
  askToken: () => Promise.reject(new Error('nobody was to be asked for a token')),
  askAddress: () => Promise.reject(new Error('nobody was to be asked for an address')),
});

/** The source `wiki`, as a configuration gives it. */
export const configuredPages = (settings: PagesSettings): Config['sources'][number] => ({
  name: 'wiki',
  connector: pages,
  settings,
  freshness: DEFAULT_FRESHNESS,
  schedule: scheduleOf(DEFAULT_FRESHNESS),
  maxDeleteRatio: 0.2,
  urlTemplate: 'castellan:<id>',
  hosts: [],
  privateNetwork: true,
  rate: { perSecond: 1000 },
  operations: pages.operations,
});

const signing = (configured: Config['sources'][number]): SigningSource => {
  const source = signingSource(configured);
  if (!source) throw new Error('it does not sign in');
  return source;
};
