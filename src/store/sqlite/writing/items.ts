import type { Acl } from '../../../core/acl.ts';
import type { NewDocument } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Acls } from './acls.ts';
import { comingAclsOf } from './coming-acls.ts';
import type { Commit } from './commit.ts';
import type { History } from './history.ts';
import type { Principals } from './principals.ts';
import type { Seen } from './seen.ts';
import type { Texts } from './texts.ts';

/** A container as it is written. */
interface NewContainer {
  readonly key: string;
  readonly title: string;
  readonly acl: Acl;
  readonly parent?: string;
}

/** A row of the key space that documents and containers share. */
export interface Item {
  readonly id: number;
  readonly key: string;
  readonly container: 0 | 1;
  readonly title: string;
  readonly parent: string | null;
  readonly acl: number;
}

/**
 * Where documents and containers are written; each answer says whether a document changed, or how many are gone. Where the run
 * holds back, what decides about others gets a new acl as far as it narrows.
 */
export interface Items {
  document(commit: Commit, seen: Seen, document: NewDocument): boolean;
  /** True when a document had to make way for the container. */
  container(commit: Commit, seen: Seen, container: NewContainer): boolean;
  /** A key that is not stored is ignored: its source told of it before, or will. */
  acl(commit: Commit, seen: Seen, key: string, acl: Acl): boolean;
  /** Puts a document elsewhere; its permissions say who may see it there. */
  move(source: number, key: string, parent: string | undefined): void;
  /** Writes the labels alone: who may carry a document is known even where its text is not. */
  relabel(source: number, key: string, labels: readonly string[]): void;
  touch(seen: Seen, key: string): void;
  /** The stored text of a document is not, or may not be, what its source has now; until it is read. */
  outdate(source: number, key: string): void;
  /** The same, unless this run has read it. */
  outdateUnread(seen: Seen, key: string): void;
  /** Gives one of the acls that wait to its item. Gives how many rows that took; 0 when none is left. */
  land(commit: Commit, source: number): number;
  /** The key, and all whose chain of parents holds it. */
  delete(commit: Commit, source: number, key: string): number;
  remove(commit: Commit, source: number, items: readonly Item[]): number;
}

interface Parts {
  readonly db: Database;
  readonly acls: Acls;
  readonly principals: Principals;
  readonly history: History;
  readonly texts: Texts;
}

type ItemRow = Omit<Item, 'id'> & Seen;
type DocumentRow = Record<'item' | 'updatedAt', number> &
  Record<'type' | 'url' | 'labels' | 'fields' | 'parser', string> &
  Record<'author' | 'revision' | 'bodyHash' | 'contentHash', string | null>;

/** Documents and containers as rows, and what of them moves the epoch and history. */
export const itemsOf = ({ db, acls, principals, history, texts }: Parts): Items => {
  const statements = prepare(db);
  const coming = comingAclsOf({ db, acls, principals });

  /** Tells history who may see a key from now on (undefined: it is gone), and moves the epoch where others are decided by it. */
  const recordMove = (commit: Commit, source: number, key: string, was: Item | undefined, is: Item | undefined): void => {
    if (was && was.container !== is?.container) {
      history.record(commit, { source, subject: subjectOf(was), key, old: was.acl, new: undefined });
    }
    if (is) {
      const old = was?.container === is.container ? was.acl : undefined;
      history.record(commit, { source, subject: subjectOf(is), key, old, new: is.acl });
    }
    if (principals.namesAudience(source, key)) commit.moveEpoch();
  };

  /** Writes the row both kinds share. */
  const put = (
    commit: Commit,
    seen: Seen,
    told: Omit<Item, 'id'>,
  ): { readonly id: number; readonly was?: Item; readonly moved: boolean } => {
    const was = statements.find.get(seen.source, told.key);
    const given = { ...told, acl: coming.aclOf(commit, seen, told, was) };
    if (
      was &&
      was.container === given.container &&
      was.title === given.title &&
      was.parent === given.parent &&
      was.acl === given.acl
    ) {
      coming.put(seen, was.id, told.acl, given.acl);
      statements.confirm.run({ id: was.id, ...seen });
      return { id: was.id, was, moved: false };
    }
    const id = was ? was.id : Number(statements.insert.run({ ...given, ...seen }).lastInsertRowid);
    coming.put(seen, id, told.acl, given.acl);
    // Other permissions than before are said now, whatever the run was to bring.
    const permissionsAt = was?.acl === given.acl ? seen.permissionsAt : seen.at;
    if (was) statements.update.run({ id, ...given, ...seen, permissionsAt });
    if (!was || was.acl !== given.acl || was.container !== given.container) {
      recordMove(commit, seen.source, given.key, was, { id, ...given });
    }
    return { id, ...(was && { was }), moved: true };
  };

  const remove = (commit: Commit, source: number, items: readonly Item[]): number => {
    for (const item of items) {
      if (item.container === 0) texts.remove(commit, item.id);
      statements.remove.run(item.id);
      recordMove(commit, source, item.key, item, undefined);
    }
    return items.filter(({ container }) => container === 0).length;
  };

  return {
    remove,
    document(commit, seen, { key, title, parent = null, acl: givenAcl, text, ...rest }) {
      const acl = acls.intern(commit, seen.source, givenAcl);
      const { id, was, moved } = put(commit, seen, { key, container: 0, title, parent, acl });
      const row = rowOf(id, rest, text?.contentHash ?? null);
      if (was?.container === 0) {
        const changed = statements.updateDocument.run(row).changes > 0;
        if (text) texts.replace(commit, id, text.chunks);
        return moved || changed || text !== undefined;
      }
      if (!text) throw new Error(`The document ${key} is not stored and came without its text.`);
      statements.insertDocument.run(row);
      texts.add(commit, id, text.chunks);
      return true;
    },
    container(commit, seen, { key, title, parent = null, acl: givenAcl }) {
      const acl = acls.intern(commit, seen.source, givenAcl);
      const { id, was } = put(commit, seen, { key, container: 1, title, parent, acl });
      if (was?.container !== 0) return false;
      texts.remove(commit, id);
      statements.removeDocument.run(id);
      return true;
    },
    acl(commit, seen, key, givenAcl) {
      const was = statements.find.get(seen.source, key);
      if (!was) return false;
      const told = { ...was, acl: acls.intern(commit, seen.source, givenAcl) };
      const acl = coming.aclOf(commit, seen, told, was);
      coming.put(seen, was.id, told.acl, acl);
      if (was.acl === acl) {
        statements.confirmAcl.run({ id: was.id, ...seen });
        return false;
      }
      statements.updateAcl.run({ id: was.id, acl, ...seen });
      recordMove(commit, seen.source, key, was, { ...was, acl });
      return was.container === 0;
    },
    move(source, key, parent) {
      statements.move.run({ source, key, parent: parent ?? null });
    },
    touch(seen, key) {
      statements.touch.run({ key, ...seen });
    },
    outdate(source, key) {
      statements.outdate.run({ source, key });
    },
    outdateUnread(seen, key) {
      statements.outdateUnread.run({ key, ...seen });
    },
    relabel(source, key, labels) {
      statements.relabel.run({ source, key, labels: JSON.stringify(labels) });
    },
    land(commit, source) {
      const next = coming.next(source);
      if (!next) return 0;
      const { acl, ...was } = next;
      coming.forget(was.id);
      statements.landAcl.run({ id: was.id, acl });
      recordMove(commit, source, was.key, { ...was, acl: next.was }, { ...was, acl });
      return 1;
    },
    delete: (commit, source, key) => remove(commit, source, statements.subtree.all({ source, key })),
  };
};

const prepare = (db: Database) => ({
  find: db.prepare<[number, string], Item>(
    'SELECT id, key, container, title, parent, acl FROM item WHERE source = ? AND key = ?',
  ),
  insert: db.prepare<[ItemRow]>(`
    INSERT INTO item (source, key, container, title, parent, acl, tick, synced_at, permissions_synced_at)
    VALUES (:source, :key, :container, :title, :parent, :acl, :tick, :at, :at)`),
  update: db.prepare<[ItemRow & { readonly id: number }]>(`
    UPDATE item
    SET container = :container, title = :title, parent = :parent, acl = :acl,
        tick = :tick, synced_at = coalesce(:contentsAt, synced_at), outdated = iif(:contentsAt IS NULL, outdated, 0),
        permissions_synced_at = coalesce(:permissionsAt, permissions_synced_at)
    WHERE id = :id`),
  confirm: db.prepare<[Seen & { readonly id: number }]>(`
    UPDATE item
    SET tick = :tick, synced_at = coalesce(:contentsAt, synced_at), outdated = iif(:contentsAt IS NULL, outdated, 0),
        permissions_synced_at = coalesce(:permissionsAt, permissions_synced_at)
    WHERE id = :id`),
  updateAcl: db.prepare<[Seen & { readonly id: number; readonly acl: number }]>(`
    UPDATE item SET acl = :acl, tick = :tick, permissions_synced_at = :at WHERE id = :id`),
  confirmAcl: db.prepare<[Seen & { readonly id: number }]>(`
    UPDATE item SET tick = :tick, permissions_synced_at = :at WHERE id = :id`),
  landAcl: db.prepare<[{ readonly id: number; readonly acl: number }]>('UPDATE item SET acl = :acl WHERE id = :id'),
  move: db.prepare<[{ readonly source: number; readonly key: string; readonly parent: string | null }]>(`
    UPDATE item SET parent = :parent WHERE source = :source AND key = :key AND container = 0 AND parent IS NOT :parent`),
  touch: db.prepare<[Seen & { readonly key: string }]>('UPDATE item SET tick = :tick WHERE source = :source AND key = :key'),
  outdate: db.prepare<[{ readonly source: number; readonly key: string }]>(
    'UPDATE item SET outdated = 1 WHERE source = :source AND key = :key AND container = 0',
  ),
  outdateUnread: db.prepare<[Seen & { readonly key: string }]>(`
    UPDATE item SET outdated = 1 WHERE source = :source AND key = :key AND container = 0 AND synced_at <> :at`),
  relabel: db.prepare<[{ readonly source: number; readonly key: string; readonly labels: string }]>(`
    UPDATE document
    SET labels = :labels
    WHERE item = (SELECT id FROM item WHERE source = :source AND key = :key) AND labels <> :labels`),
  remove: db.prepare<[number]>('DELETE FROM item WHERE id = ?'),
  subtree: db.prepare<[{ readonly source: number; readonly key: string }], Item>(`
    WITH RECURSIVE gone(key) AS (
      SELECT :key
      UNION                                   -- not UNION ALL: a cycle of parents must end
      SELECT item.key FROM item JOIN gone ON item.parent = gone.key WHERE item.source = :source
    )
    SELECT item.id, item.key, item.container, item.title, item.parent, item.acl
    FROM item
    JOIN gone ON item.key = gone.key
    WHERE item.source = :source
    ORDER BY item.id`),
  insertDocument: db.prepare<[DocumentRow]>(`
    INSERT INTO document (item, type, url, author, updated_at, revision, labels, fields, body_hash, parser, content_hash)
    VALUES (:item, :type, :url, :author, :updatedAt, :revision, :labels, :fields, :bodyHash, :parser, :contentHash)`),
  // Only where something differs: a confirmation leaves the row and its page alone.
  updateDocument: db.prepare<[DocumentRow]>(`
    UPDATE document
    SET type = :type, url = :url, author = :author, updated_at = :updatedAt, revision = :revision,
        labels = :labels, fields = :fields, body_hash = :bodyHash, parser = :parser,
        content_hash = coalesce(:contentHash, content_hash)
    WHERE item = :item
      AND (type, url, author, updated_at, revision, labels, fields, body_hash, parser, content_hash)
        IS NOT (:type, :url, :author, :updatedAt, :revision, :labels, :fields, :bodyHash, :parser, coalesce(:contentHash, content_hash))`),
  removeDocument: db.prepare<[number]>('DELETE FROM document WHERE item = ?'),
});

const subjectOf = ({ container }: Item): 'container' | 'acl' => (container === 1 ? 'container' : 'acl');

const rowOf = (
  item: number,
  document: Omit<NewDocument, 'key' | 'title' | 'parent' | 'acl' | 'text'>,
  contentHash: string | null,
): DocumentRow => {
  const { type, url, author = null, updatedAt, revision = null, labels, fields, bodyHash = null, parser } = document;
  return {
    item,
    type,
    url,
    author,
    updatedAt,
    revision,
    labels: JSON.stringify(labels),
    fields: JSON.stringify(fields),
    bodyHash,
    parser,
    contentHash,
  };
};
