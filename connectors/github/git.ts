import { addRemote, fetch as fetchPack, getRemoteInfo2, type HttpClient, readBlob, readCommit, readObject } from 'isomorphic-git';

import { AppError } from '../../src/core/errors.ts';
import type { Caller, Refusal } from './api.ts';
import { memoryFiles } from './memory-files.ts';
import { judgedPack } from './pack.ts';
import { treeEntries } from './tree.ts';

/** Of what a repository holds at one commit, in bytes: as it is sent, and unpacked. Text is far less; a wiki full of pictures may be more. */
const PACK_MAX = 32 * 1_048_576;
const UNPACKED_MAX = 128 * 1_048_576;
/** Entries of one tree with all that is below it. */
const ENTRIES_MAX = 20_000;
/** Folders whose path is longer are not gone into, in characters: no page in them could have a name. */
const PATH_MAX = 1_000;
/** Each file and each folder is one, and so is the commit. */
const OBJECTS_MAX = ENTRIES_MAX + 1;
const FOLDER = '/git';
/** Old programs wrote the second. */
const FOLDERS: ReadonlySet<string> = new Set(['40000', '040000']);

/** A repository of git, in words and by its address. */
export interface Remote {
  readonly what: string;
  readonly url: string;
}

/** The commit a visitor sees; empty where nothing was ever written. */
export const headOf = async (caller: Caller, remote: Remote): Promise<string | Refusal> =>
  asking(caller, remote, async (http) => {
    const { refs = [] } = await getRemoteInfo2({ http, url: remote.url, protocolVersion: 1 });
    return refs.find(({ ref }) => ref === 'HEAD')?.oid ?? '';
  });

/** All files of a repository at one commit. */
export interface Snapshot {
  readonly head: string;
  /** When the commit was made. */
  readonly at: Date;
  readonly files: readonly SnapshotFile[];
  /** Whether there are folders that were not gone into. */
  readonly deep: boolean;
}

export interface SnapshotFile {
  readonly path: string;
  /** Its content's own name. */
  readonly sha: string;
  readonly read: () => Promise<Uint8Array>;
}

/** Fetches the commit a visitor sees, without its past, and keeps it in memory; undefined where nothing was ever written. */
export const snapshotOf = async (caller: Caller, remote: Remote): Promise<Snapshot | undefined | Refusal> =>
  asking(caller, remote, async (http) => {
    const kept = { fs: memoryFiles(checked(remote)), gitdir: FOLDER, cache: {} };
    await addRemote({ ...kept, remote: 'origin', url: remote.url });
    const { fetchHead } = await fetchPack({ ...kept, http, ref: 'HEAD', depth: 1, singleBranch: true });
    if (fetchHead === null) return undefined;
    const { commit } = await readCommit({ ...kept, oid: fetchHead });
    const files: SnapshotFile[] = [];
    let deep = false;
    const folders: { readonly oid: string; readonly below: string }[] = [{ oid: commit.tree, below: '' }];
    for (const { oid, below } of folders) {
      caller.signal.throwIfAborted();
      const { object, type } = await readObject({ ...kept, oid, format: 'content' });
      if (type !== 'tree' || !(object instanceof Uint8Array)) throw new Error('this is no tree');
      for (const entry of treeEntries(object)) {
        const path = `${below}${entry.name}`;
        const isFolder = FOLDERS.has(entry.mode);
        if (isFolder && path.length <= PATH_MAX) folders.push({ oid: entry.oid, below: `${path}/` });
        else if (isFolder) deep = true;
        // Links lead elsewhere, and other repositories are not this one.
        if (isFolder || entry.mode === '120000' || entry.mode === '160000') continue;
        files.push({ path, sha: entry.oid, read: async () => (await readBlob({ ...kept, oid: entry.oid })).blob });
      }
      if (folders.length + files.length > ENTRIES_MAX) throw tooMany(remote);
    }
    return { head: fetchHead, at: madeAt(commit.committer.timestamp * 1000, caller.now().getTime()), files, deep };
  });

/** Whoever commits says when it was, and may say anything: what cannot be was made by now at the latest. Both in ms since 1970. */
const madeAt = (said: number, now: number): Date => new Date(said >= 0 && said <= now ? said : now);

/** What comes of it, or why GitHub did not give it. What ends a run otherwise ends it here as well: no answer, a limit, an abort. */
const asking = async <T>(caller: Caller, remote: Remote, ask: (http: HttpClient) => Promise<T>): Promise<T | Refusal> => {
  const { http, refusal } = clientOf(caller, remote);
  try {
    return await ask(http);
  } catch (error) {
    caller.signal.throwIfAborted();
    const refused = refusal();
    if (refused) return refused;
    if (!(error instanceof AppError)) return { refused: notUnderstood(remote, error), status: 200 };
    if (error.code === 'too_large') return { refused: error, status: 200 };
    if (error.code === 'source_rejected') return { refused: error, status: 401 };
    throw error;
  }
};

const notUnderstood = ({ what }: Remote, cause: unknown): AppError =>
  new AppError('source_changed', `GitHub answered with what git cannot read where ${what} should be.`, { cause });

const tooLarge = ({ what }: Remote, why: string): AppError =>
  new AppError(
    'too_large',
    `${what} is larger than is read at once: ${why}. Make it smaller, or leave it out: see the connector’s page.`,
  );

const tooMany = (remote: Remote): AppError => tooLarge(remote, `more than ${ENTRIES_MAX} files and folders`);

/** Lets a pack pass that is whole, and not larger than is unpacked here. */
const checked =
  (remote: Remote) =>
  (path: string, bytes: Uint8Array): void => {
    if (!path.endsWith('.pack')) return;
    const judged = judgedPack(bytes, { bytes: UNPACKED_MAX, objects: OBJECTS_MAX });
    if (judged === 'too many') throw tooMany(remote);
    if (judged === 'too large') throw tooLarge(remote, `more than ${UNPACKED_MAX / 1_048_576} MB unpacked`);
    if (judged === 'broken') throw new Error('the pack is broken');
  };

interface Client {
  readonly http: HttpClient;
  /** What GitHub did not give, of what was asked. */
  readonly refusal: () => Refusal | undefined;
}

/** Git’s way out: our own, which knows the declared calls and signs them in. */
const clientOf = (caller: Caller, remote: Remote): Client => {
  let refusal: Refusal | undefined;
  const request: HttpClient['request'] = async ({ url, method = 'GET', headers = {}, body }) => {
    const response = await caller.fetch(url, {
      method,
      headers: { ...headers, 'user-agent': 'castellan' },
      redirect: 'manual',
      ...(body && { body: new Uint8Array(Buffer.concat(await Array.fromAsync(body))) }),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      const refused = new AppError('source_rejected', `GitHub did not give ${remote.what} (${response.status}).`);
      refusal = { refused, status: response.status };
      throw refused;
    }
    return {
      url,
      method,
      statusCode: response.status,
      statusMessage: response.statusText,
      headers: Object.fromEntries(response.headers),
      body: once(await bytesOf(response, remote)),
    };
  };
  return { http: { request }, refusal: () => refusal };
};

/** A reply as far as it may be long. */
const bytesOf = async ({ body }: Response, remote: Remote): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > PACK_MAX) throw tooLarge(remote, `more than ${PACK_MAX / 1_048_576} MB are sent`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield bytes;
}
