import { type Acl, type AclTerm, aclSchema } from '../../../core/acl.ts';
import type { Database } from '../database.ts';
import { storedJson } from '../stored-json.ts';
import type { Acls } from './acls.ts';
import type { Commit } from './commit.ts';
import type { Item } from './items.ts';
import type { Principals } from './principals.ts';
import type { Seen } from './seen.ts';

/** Why nobody is let in by what is new, while it waits. */
const WAITS: Acl = { unknown: 'it waits for the end of a run' };

/** An item that waits for the acl it was told to have. */
export interface ComingAcl extends Item {
  /** The acl it has while it waits. */
  readonly was: number;
}

export interface ComingAcls {
  /** The acl that an item may have now: the one it was told to have, or where that waits, both it and the one it has. */
  aclOf(commit: Commit, seen: Seen, told: Omit<Item, 'id'>, was: Item | undefined): number;
  /** Remembers what an item was told, where that is not what it has; forgets what it was told before. */
  put(seen: Seen, item: number, told: number, has: number): void;
  forget(item: number): void;
  next(source: number): ComingAcl | undefined;
}

interface Parts {
  readonly db: Database;
  readonly acls: Acls;
  readonly principals: Principals;
}

/** Acls of containers, and of what else an acl names as an audience, that wait for the end of a run. */
export const comingAclsOf = ({ db, acls, principals }: Parts): ComingAcls => {
  const valueOf = db.prepare<[number], string>('SELECT value FROM acl WHERE id = ?').pluck();
  const remove = db.prepare<[number]>('DELETE FROM coming_acl WHERE item = ?');
  const insert = db.prepare<[number, number, number]>('INSERT INTO coming_acl (item, source, acl) VALUES (?, ?, ?)');
  const next = db.prepare<[number], ComingAcl>(`
    SELECT item.id, item.key, item.container, item.title, item.parent, item.acl AS was, coming_acl.acl
    FROM coming_acl
    JOIN item ON item.id = coming_acl.item
    WHERE coming_acl.source = ?
    ORDER BY coming_acl.item
    LIMIT 1`);
  const acl = (id: number): Acl => storedJson(aclSchema, valueOf.get(id) ?? 'null', 'an acl that waits');

  return {
    aclOf(commit, seen, told, was) {
      // What decides about nothing else stands beside what was told before it, and beside nothing of another moment.
      if (!seen.holds || was?.acl === told.acl || !principals.namesAudience(seen.source, told.key)) return told.acl;
      return acls.intern(commit, seen.source, was ? both(acl(was.acl), acl(told.acl)) : WAITS);
    },
    put(seen, item, told, has) {
      remove.run(item);
      if (told !== has) insert.run(item, seen.source, told);
    },
    forget: (item) => void remove.run(item),
    next: (source) => next.get(source),
  };
};

/** Whom both let in. */
const both = (one: Acl, other: Acl): Acl => {
  if ('unknown' in one) return one;
  if ('unknown' in other) return other;
  const terms = new Map<string, AclTerm>([...one.terms, ...other.terms].map((term) => [JSON.stringify(term), term]));
  const [first, ...rest] = terms.values();
  return first ? boundedBy({ terms: [first, ...rest] }) : WAITS;
};

/** More terms than an acl may have let nobody in. */
const boundedBy = (acl: Acl): Acl => (aclSchema.safeParse(acl).success ? acl : WAITS);
