import { kindOf, nameOf, type Principal } from '../../../core/principal.ts';
import type { Database } from '../database.ts';
import type { Memories } from './memory.ts';

/** About 20 MB of names at most. */
const REMEMBERED = 100_000;

export interface Principals {
  /** The number of a principal as one source names it; it gets one when it is first named. */
  intern(source: number, principal: Principal): number;
  /** Whether any acl ever named `audience:<key>`. */
  namesAudience(source: number, key: string): boolean;
}

/** Principals as numbers. They are never removed, so a number means the same for ever. */
export const principalsOf = (db: Database, memories: Memories): Principals => {
  const memory = memories.of(REMEMBERED);
  const find = db
    .prepare<[number, string, string], number>('SELECT id FROM principal WHERE source = ? AND kind = ? AND name = ?')
    .pluck();
  const insert = db.prepare<[number, string, string]>('INSERT INTO principal (source, kind, name) VALUES (?, ?, ?)');
  return {
    intern: (source, principal) =>
      memory.recall(`${source}|${principal}`, () => {
        const kind = kindOf(principal);
        const name = nameOf(principal);
        return find.get(source, kind, name) ?? Number(insert.run(source, kind, name).lastInsertRowid);
      }),
    namesAudience: (source, key) => find.get(source, 'audience', key) !== undefined,
  };
};
