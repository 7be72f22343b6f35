import type { Claim, Claimed, CredentialRow, Credentials } from '../../credentials.ts';
import { type Database, openDatabase } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { isAlive, type ProcessName, processStarted } from '../writing/process-alive.ts';
import { patient } from './patiently.ts';

/** No renewal takes longer, in ms: whoever still holds the right then hangs. */
const HELD_MAX = 120_000;

export interface CredentialsOptions {
  /** Of the ledger. */
  readonly path: string;
  /** Only looks, and at an existing file. */
  readonly readonly?: boolean;
}

/** Opens the credentials of sources, on a connection of their own. */
export const openCredentials = ({ path, readonly = false }: CredentialsOptions): Credentials => {
  const file = {
    path,
    name: 'ledger',
    remedy: 'Restore it from a backup, or connect the sources anew: castellan connect <source>',
  };
  const db = openDatabase({ ...file, migrations: new URL('./', import.meta.url), readonly, updatedBy: 'castellan status' });
  try {
    return guarded(file, () => credentialsOn(db, file, { pid: process.pid, started: processStarted(process.pid) ?? '' }));
  } catch (error) {
    db.close();
    throw error;
  }
};

interface Stored {
  readonly version: number;
  readonly facts: string | null;
  readonly sealed: Buffer | null;
}

const credentialsOn = (db: Database, file: DatabaseFile, self: ProcessName): Credentials => {
  db.pragma('busy_timeout = 0');
  db.pragma('fullfsync = ON'); // a refresh token that is lost with the power cannot be had again
  const find = db.prepare<[string], Stored>('SELECT version, facts, sealed FROM credential WHERE source = ?');
  const put = db.prepare<[string, number, string, Uint8Array]>(`
    INSERT INTO credential (source, version, facts, sealed) VALUES (?, ?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET version = excluded.version, facts = excluded.facts, sealed = excluded.sealed`);
  const empty = db.prepare<[string]>(`
    UPDATE credential SET version = version + 1, facts = NULL, sealed = NULL
    WHERE source = ? AND sealed IS NOT NULL`);
  const holder = db.prepare<[string], { holder: string; at: number } & ProcessName>(`
    SELECT holder, pid, process_started AS started, at FROM renewal WHERE source = ?`);
  const hold = db.prepare<[string, string, number, string, number]>(`
    INSERT OR REPLACE INTO renewal (source, holder, pid, process_started, at) VALUES (?, ?, ?, ?, ?)`);
  const letGo = db.prepare<[string, string]>('DELETE FROM renewal WHERE source = ? AND holder = ?');

  const rowOf = (source: string): CredentialRow | undefined => {
    const { version, facts, sealed } = find.get(source) ?? NOTHING;
    return facts === null || sealed === null ? undefined : { source, version, facts, sealed };
  };
  const versionOf = (source: string): number => find.get(source)?.version ?? 0;

  const claim = db.transaction(({ source, holder: name, at }: Claim): Claimed => {
    const held = holder.get(source);
    const hangs = held !== undefined && Math.abs(at - held.at) > HELD_MAX;
    if (held && held.holder !== name && !hangs && isAlive(held)) return { state: 'held', pid: held.pid };
    hold.run(source, name, self.pid, self.started, at);
    return { state: 'mine', row: rowOf(source), version: versionOf(source) };
  });
  const replace = db.transaction(({ source, version, facts, sealed }: CredentialRow): boolean => {
    if (versionOf(source) !== version - 1) return false;
    put.run(source, version, facts, sealed);
    return true;
  });

  const patiently = patient(file);
  return {
    version: (source) => patiently(() => versionOf(source)),
    find: (source) => patiently(() => rowOf(source)),
    claim: (given) => patiently(() => claim.immediate(given)),
    release: (given) => patiently(() => void letGo.run(given.source, given.holder)),
    put: (row) => patiently(() => replace.immediate(row)),
    forget: async (source) => {
      const was = await patiently(() => empty.run(source).changes > 0);
      await patiently(() => db.pragma('wal_checkpoint(TRUNCATE)')); // what was sealed lies in the log until then
      return was;
    },
    close: async () => void db.close(),
  };
};

const NOTHING: Stored = { version: 0, facts: null, sealed: null };
