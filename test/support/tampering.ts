import SQLite from 'better-sqlite3';

import { genesisOf, rowHash } from '../../src/store/sqlite/ledger/chain.ts';

/** What somebody does to a ledger who can write the file. */
export const tamper = (path: string, sql: string): void => {
  const db = new SQLite(path);
  for (const { name } of db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()) {
    db.exec(`DROP TRIGGER ${name}`);
  }
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
};

/** Changes every row and computes all hashes anew, as somebody does who has read docs/security.md. */
export const rewriteAll = (path: string): void => {
  tamper(path, `UPDATE audit SET body = replace(body, '"search"', '"fetch"')`);
  const db = new SQLite(path);
  let hash = genesisOf(db.prepare<[], Buffer>('SELECT id FROM chain').pluck().get() ?? Buffer.alloc(0));
  for (const { seq, body } of db.prepare<[], { seq: number; body: string }>('SELECT seq, body FROM audit ORDER BY seq').all()) {
    hash = rowHash(hash, Buffer.from(body));
    db.prepare('UPDATE audit SET hash = ? WHERE seq = ?').run(hash, seq);
  }
  db.close();
};
