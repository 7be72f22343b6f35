import { hash as hashOf } from 'node:crypto';

import { type Acl, type AclTerm, canonical } from '../../../core/acl.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';
import type { Memories } from './memory.ts';
import type { Principals } from './principals.ts';

/** Hashes and numbers only: about 10 MB at most. */
const REMEMBERED = 50_000;

export interface Acls {
  /** The number of the class of equal acls this one belongs to; a class never seen before moves the epoch. */
  intern(commit: Commit, source: number, acl: Acl): number;
}

/** Acls as classes: equal acls of a source share one, which is never changed and never reused. */
export const aclsOf = (db: Database, memories: Memories, principals: Principals): Acls => {
  const memory = memories.of(REMEMBERED);
  const find = db.prepare<[number, Buffer], number>('SELECT id FROM acl WHERE source = ? AND hash = ?').pluck();
  const insert = db.prepare<[number, Buffer, string, number]>(`
    INSERT INTO acl (source, hash, value, unknown) VALUES (?, ?, ?, ?)`);
  const insertTerm = db.prepare<[number, number]>('INSERT INTO acl_term (acl, ordinal) VALUES (?, ?)');
  const insertGrant = db.prepare<[number, number, number]>('INSERT INTO acl_grant (term, deny, principal) VALUES (?, ?, ?)');

  const insertTerms = (source: number, acl: number, terms: readonly AclTerm[]): void => {
    for (const [ordinal, { allow, deny }] of terms.entries()) {
      const term = Number(insertTerm.run(acl, ordinal).lastInsertRowid);
      for (const principal of allow) insertGrant.run(term, 0, principals.intern(source, principal));
      for (const principal of deny) insertGrant.run(term, 1, principals.intern(source, principal));
    }
  };

  return {
    intern(commit, source, given) {
      const acl = canonical(given);
      const value = JSON.stringify(acl);
      const hash = hashOf('sha256', value, 'buffer');
      return memory.recall(`${source}|${hash.toString('base64')}`, () => {
        const found = find.get(source, hash);
        if (found !== undefined) return found;
        const unknown = 'unknown' in acl;
        const id = Number(insert.run(source, hash, value, unknown ? 1 : 0).lastInsertRowid);
        if (!unknown) insertTerms(source, id, acl.terms);
        commit.moveEpoch();
        return id;
      });
    },
  };
};
