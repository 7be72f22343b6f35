import type { BigIntStats } from 'node:fs';
import { realpath, stat, statfs } from 'node:fs/promises';
import { sep } from 'node:path';

import type { Watched } from '../core/connector.ts';
import { pause } from './bell.ts';
import { printOf, treePrint } from './tree-print.ts';
import { type WatchedTree, watchTree } from './watch-tree.ts';

/** Between two looks, in ms. */
interface Pace {
  /** At a path itself: it may be replaced, be gone, or come back. */
  readonly look: number;
  /** At all of a tree that cannot be watched; or `LOOK_SHARE` times as long as a look takes. */
  readonly lookOver: number;
}

const PACE: Pace = { look: 1_000, lookOver: 2_000 };
const LOOK_SHARE = 9;
/** What was not watched by then is read without, in ms. */
const READY_MAX = 10_000;
/** Kinds of file systems, as `statfs` numbers them, in which others can change what the system does not tell us: NFS, SMB, AFS, 9p, FUSE, Ceph, shared folders. */
const SHARED = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x01021997, 0x65735546, 0x00c36400, 0x786f4256]);

export interface WatchPathOptions {
  readonly ring: () => void;
  /** Says to a person how the path is watched, where it is not as it should be. */
  readonly tell: (what: string) => void;
  /** Absolute; nothing below it is looked at. */
  readonly except: string;
  readonly signal: AbortSignal;
  /** As many folders are watched; in a larger tree everything is looked at now and then. */
  readonly foldersMax?: number;
  readonly pace?: Pace;
}

/** Rings when something at or below a path changes, until `signal` aborts. Resolves once it is watched. */
export const watchPath = async (watched: Watched, options: WatchPathOptions): Promise<void> => {
  const eyes = openEyes(watched, options);
  const first = await placeOf(watched.path);
  const over = new AbortController();
  await Promise.race([eyes.on(first), pause(READY_MAX, AbortSignal.any([options.signal, over.signal]))]);
  over.abort();
  void look(watched.path, first, eyes, options);
};

/** What stands at the path. */
interface Place {
  readonly print: string;
  /** Another text where the path is another folder than before; empty where it is none. */
  readonly folder: string;
  readonly real: string;
}

const placeOf = async (path: string): Promise<Place> => {
  try {
    const real = await realpath(path);
    const stats = await stat(real, { bigint: true });
    return { print: `${real} ${printOf(stats)}`, folder: folderOf(real, stats), real };
  } catch (error) {
    return { print: error instanceof Error && 'code' in error ? String(error.code) : String(error), folder: '', real: path };
  }
};

const folderOf = (real: string, stats: BigIntStats): string => (stats.isDirectory() ? `${real} ${stats.dev} ${stats.ino}` : '');

const look = async (path: string, first: Place, eyes: Eyes, { ring, signal, pace = PACE }: WatchPathOptions): Promise<void> => {
  let known = first;
  for (;;) {
    await pause(pace.look, signal);
    if (signal.aborted) break;
    const now = await placeOf(path);
    if (now.folder !== known.folder) await eyes.on(now);
    if (now.print !== known.print) ring();
    known = now;
  }
  eyes.close();
};

interface Eyes {
  /** Turns to the folder at this place, if there is one. */
  on(place: Place): Promise<void>;
  close(): void;
}

const openEyes = (
  { path, skips = () => false }: Watched,
  { ring, tell, except, signal, foldersMax, pace = PACE }: WatchPathOptions,
): Eyes => {
  const seen = { skips: (name: string, at: string) => at === except || at.startsWith(except + sep) || skips(name) };
  let tree: WatchedTree | undefined;
  let polling = new AbortController();
  let told = false;

  const poll = async (real: string, why: string): Promise<void> => {
    if (!told) tell(`${path} is looked over every few seconds, since ${why}.`);
    told = true;
    polling = new AbortController();
    await lookOver(real, { ...seen, ring, pace, signal: AbortSignal.any([signal, polling.signal]) });
  };
  const close = (): void => {
    tree?.close();
    polling.abort();
  };
  return {
    async on({ folder, real }) {
      close();
      if (folder === '') return;
      if (await isShared(real)) return poll(real, 'its file system does not tell what others change');
      const blind = (why: string): void => {
        void poll(real, why).then(ring); // for what was not seen meanwhile
      };
      tree = watchTree(real, { ...seen, ring, blind, ...(foldersMax === undefined ? {} : { foldersMax }) });
      await tree.ready;
    },
    close,
  };
};

const isShared = async (path: string): Promise<boolean> => {
  if (process.platform !== 'linux') return false;
  const found = await statfs(path).catch(() => undefined);
  return found !== undefined && SHARED.has(found.type);
};

interface LookOverOptions {
  readonly skips: (name: string, path: string) => boolean;
  readonly ring: () => void;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Resolves once it knows what is there; then it looks on until `signal` aborts. */
const lookOver = async (real: string, { skips, ring, pace, signal }: LookOverOptions): Promise<void> => {
  let took = 0;
  const look = async (): Promise<string | undefined> => {
    const began = performance.now();
    const print = await treePrint(real, { skips, signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
    took = performance.now() - began;
    return print;
  };
  const lookOn = async (first: string | undefined): Promise<void> => {
    let known = first;
    while (!signal.aborted) {
      await pause(Math.max(pace.lookOver, took * LOOK_SHARE), signal);
      const print = await look();
      if (print !== undefined && print !== known) ring();
      known = print;
    }
  };
  void lookOn(await look());
};
