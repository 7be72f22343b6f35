import { hkdfSync } from 'node:crypto';
import { link, lstat, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import { AppError } from '../core/errors.ts';
import type { LedgerKeys } from './ledger.ts';

/** Keys of one use: the first makes, all are accepted. */
export type KeyRing = readonly [Uint8Array, ...Uint8Array[]];

/** All keys of the organisation, each derived for its one use: 32 bytes where nothing else is said. */
export interface Keys {
  /** AES-256-GCM. */
  readonly cursors: KeyRing;
  /** AES-256-GCM: they seal the keys that each credential of a source is sealed with. */
  readonly credentials: KeyRing;
  readonly writes: WriteKeys;
  readonly ledger: LedgerKeys;
  /** Seeds of P-256 keys, 48 bytes each: of these the key that signs this server's own tokens is made. */
  readonly tokens: KeyRing;
  /** HMAC-SHA-256 key of the names that callers have in the log. */
  readonly log: Uint8Array;
}

/** What writes are kept and confirmed with. */
export interface WriteKeys {
  /** AES-256-GCM: they seal what is proposed, decided and made. */
  readonly sealing: KeyRing;
  /** HMAC-SHA-256: they bind a confirmation to what it confirms. */
  readonly confirming: KeyRing;
  /** HMAC-SHA-256: by these the ledger knows proposers and readers, and their idempotency keys. */
  readonly naming: KeyRing;
}

export interface KeysOptions {
  readonly folder: { readonly key: string };
  readonly env: { readonly CASTELLAN_KEY?: string | undefined };
  readonly random: (size: number) => Uint8Array;
}

const KEY_BYTES = 32;
/** 128 bits more than P-256 needs, so that reducing them to a scalar prefers none. */
const TOKEN_SEED_BYTES = 48;
/** The new one and the one it replaces. */
const KEYS_MAX = 2;
/** Two keys and their line ends are a tenth of it. */
const FILE_MAX = 1024;
const MAKE_ONE = 'Make one with: openssl rand -base64 32';

/** The organisation's key from CASTELLAN_KEY, or from a file that is made on first use; and what is derived from it. */
export const openKeys = async ({ folder, env, random }: KeysOptions): Promise<Keys> => {
  const masters =
    env.CASTELLAN_KEY === undefined
      ? parseKeys((await readKeyFile(folder.key)) ?? (await makeKeyFile(folder.key, random)), '\n', folder.key)
      : parseKeys(env.CASTELLAN_KEY, ',', 'CASTELLAN_KEY');
  return {
    cursors: derive(masters, 'cursor'),
    credentials: derive(masters, 'credential'),
    writes: {
      sealing: derive(masters, 'proposal'),
      confirming: derive(masters, 'confirmation'),
      naming: derive(masters, 'proposer'),
    },
    ledger: {
      arguments: derive(masters, 'audit-arguments')[0],
      reader: derive(masters, 'proposer')[0],
      anchor: derive(masters, 'audit-anchor'),
    },
    tokens: derive(masters, 'token', TOKEN_SEED_BYTES),
    log: derive(masters, 'log')[0],
  };
};

type Use =
  | 'cursor'
  | 'credential'
  | 'proposal'
  | 'confirmation'
  | 'proposer'
  | 'audit-arguments'
  | 'audit-anchor'
  | 'token'
  | 'log';

/** HKDF-SHA-256 with an empty salt: no use can learn the key of another. */
const derive = ([first, ...rest]: KeyRing, use: Use, size = KEY_BYTES): KeyRing => {
  const one = (master: Uint8Array): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), `castellan 1 ${use}`, size));
  return [one(first), ...rest.map(one)];
};

const parseKeys = (text: string, separator: string, from: string): KeyRing => {
  const [first, ...rest] = text.trim().split(separator).map(parseKey);
  if (!first || rest.length >= KEYS_MAX || rest.includes(undefined)) {
    throw new AppError(
      'config',
      `${from} must hold one key, or during a rotation two: the new, then the old. Each is 32 bytes in base64 or hex. ${MAKE_ONE}`,
    );
  }
  return [first, ...rest.filter((key) => key !== undefined)];
};

const parseKey = (text: string): Uint8Array | undefined => {
  const key = text.trim();
  if (/^[0-9a-f]{64}$/iu.test(key)) return Buffer.from(key, 'hex');
  return /^[A-Za-z0-9+/]{43}=$/u.test(key) ? Buffer.from(key, 'base64') : undefined;
};

const readKeyFile = async (path: string): Promise<string | undefined> => {
  try {
    const { size } = await lstat(path);
    if (size > FILE_MAX) throw new AppError('config', `${path} is no key file: it is larger than ${FILE_MAX} bytes. ${MAKE_ONE}`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new AppError('config', `${path} cannot be read. Make it readable to this user, or set CASTELLAN_KEY.`, { cause });
  }
};

/** Written whole and synced under another name, then linked: nobody sees half a key, and of two that begin at once one wins. */
const makeKeyFile = async (path: string, random: (size: number) => Uint8Array): Promise<string> => {
  const draft = `${path}.${Buffer.from(random(8)).toString('hex')}`;
  const text = `${Buffer.from(random(KEY_BYTES)).toString('base64')}\n`;
  try {
    await writeSynced(draft, text);
    try {
      await link(draft, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      return await readFile(path, 'utf8');
    } finally {
      await unlink(draft);
    }
    await syncFolder(dirname(path));
    return text;
  } catch (cause) {
    throw new AppError('config', `${path} cannot be written. Make its folder writable to this user, or set CASTELLAN_KEY.`, {
      cause,
    });
  }
};

const writeSynced = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
};

/** A new name lasts only when its folder is on disk. Windows has no such call, and needs none. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
};
