import { writeSync } from 'node:fs';

import SQLite from 'better-sqlite3';

/**
 * Runs the command line it is given and dies by SIGKILL just before a statement, whichever database that goes to: nothing is
 * flushed and nothing caught. `<n>` is the n-th statement of all, `<n>:<text>` the n-th that contains the text, 0 none.
 * Says on descriptor 3 how it died, `inside` a transaction or `outside` of one, or how many statements it lived through.
 */
const [at = '0', ...words] = process.argv.slice(2);
const [, number = '0', text = ''] = /^(\d+)(?::(.*))?$/su.exec(at) ?? [];
const killAt = Number(number);
const TOLD = 3;

let count = 0;
const step = (database: SQLite.Database, sql: string): void => {
  if (!sql.includes(text) || ++count !== killAt) return;
  writeSync(TOLD, database.inTransaction ? 'inside' : 'outside');
  process.kill(process.pid, 'SIGKILL');
};

const countCallsOf = (prototype: object, verb: string): void => {
  const real: unknown = Reflect.get(prototype, verb);
  if (typeof real !== 'function') throw new Error(`the driver has no ${verb} any more: this would prove nothing`);
  Object.defineProperty(prototype, verb, {
    value(this: SQLite.Database | SQLite.Statement, ...given: unknown[]): unknown {
      if ('source' in this) step(this.database, this.source);
      else step(this, String(given[0]));
      return Reflect.apply(real, this, given);
    },
  });
};

/** Begin, commit and pragmas are statements too, and come by here. */
const memory = new SQLite(':memory:');
const statements: object = Object.getPrototypeOf(memory.prepare('SELECT 1'));
memory.close();
for (const verb of ['run', 'get', 'all', 'iterate']) countCallsOf(statements, verb);
countCallsOf(SQLite.prototype, 'exec');

process.argv = [process.execPath, 'castellan', ...words];
process.on('exit', () => void writeSync(TOLD, String(count)));
await import('../../src/main.ts');
