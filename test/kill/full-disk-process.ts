import { basename } from 'node:path';

import SQLite from 'better-sqlite3';

/**
 * Loaded into a process and all its threads before anything else, gives it a disk that has room for so many more pages
 * of one database: FULL_DISK='<file> <pages>'. The engine itself says that the disk is full.
 */
const [file = '', pages = '0'] = (process.env['FULL_DISK'] ?? '').split(' ');

const pragma: unknown = Reflect.get(SQLite.prototype, 'pragma');
if (typeof pragma !== 'function') throw new Error('the driver has no pragma any more: this would prove nothing');
SQLite.prototype.pragma = function limited(this: SQLite.Database, source: string, options?: SQLite.PragmaOptions): unknown {
  const answer: unknown = Reflect.apply(pragma, this, [source, options]);
  // Said once of every connection that writes, when it is opened.
  if (source.startsWith('synchronous') && basename(this.name) === file) {
    const size = Number(Reflect.apply(pragma, this, ['page_count', { simple: true }]));
    Reflect.apply(pragma, this, [`max_page_count = ${size + Number(pages)}`]);
  }
  return answer;
};
