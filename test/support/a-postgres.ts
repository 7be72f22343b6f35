import { afterAll, onTestFinished } from 'vitest';

import { type PostgresServer, startPostgres } from './a-postgres-server.ts';

/** A real PostgreSQL with a logical log, for one test file. */
export interface APostgres extends Omit<PostgresServer, 'stop' | 'standby'> {
  /** A fresh database, gone with the test. */
  database(): Promise<ADatabase>;
}

/** A database of one test. */
export interface ADatabase {
  readonly name: string;
  readonly url: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
}

/** Starts one and ends it with the file. */
export const aPostgres = async (): Promise<APostgres> => {
  const { url, sql, port, stop } = await startPostgres();
  afterAll(stop);
  let count = 0;
  return {
    url,
    sql,
    port,
    database: async () => {
      const name = `test_${(count += 1)}`;
      await sql(`CREATE DATABASE ${name}`);
      onTestFinished(async () => {
        await sql(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '${name}' AND active`);
        await sql(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '${name}'`);
        await sql(`DROP DATABASE ${name} WITH (FORCE)`);
      });
      return { name, url: url(name), sql: (text) => sql(text, name) };
    },
  };
};
