import { parentPort } from 'node:worker_threads';

import SQLite from 'better-sqlite3';

import type { Question } from '../../../../src/store/sqlite/ledger/ledger-thread.ts';

/** The thread of the audit, ailing: the client of an event says what becomes of the thread that is to write it. */
export type Ailment = 'dies before' | 'dies after' | 'hangs' | 'finds no room';

const ailmentOf = (question: Question): string | undefined =>
  question.kind === 'append' ? question.events[0]?.client : undefined;

// Every connection of this thread has as many pages as there were when one found no room.
const pragma: unknown = Reflect.get(SQLite.prototype, 'pragma');
if (typeof pragma !== 'function') throw new Error('the driver has no pragma any more: this would prove nothing');
let connection: SQLite.Database | undefined;
SQLite.prototype.pragma = function noted(this: SQLite.Database, source: string, options?: SQLite.PragmaOptions): unknown {
  // oxlint-disable-next-line typescript/no-this-alias -- the connection is made where nobody hands it out
  connection = this;
  return Reflect.apply(pragma, this, [source, options]);
};

const port = parentPort;
if (!port) throw new Error('ailing.worker.ts runs in a thread');

await import('../../../../src/store/sqlite/ledger/ledger.worker.ts');

// The real one answers when all have heard the question.
const say = port.postMessage.bind(port);
port.on('message', (question: Question) => {
  const ailment = ailmentOf(question);
  if (ailment === 'dies before') process.exit(1);
  if (ailment === 'hangs') for (;;);
  // What the real one said of rows that are on disk is lost with it.
  port.postMessage = (said: unknown) => (ailment === 'dies after' ? process.exit(1) : say(said));
  const pages = ailment === 'finds no room' ? Number(connection?.pragma('page_count', { simple: true })) : 1_000_000_000;
  connection?.pragma(`max_page_count = ${pages}`);
});
