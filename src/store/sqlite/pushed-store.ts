import type { Pushed, PushedChange, PushedStore } from '../pushed.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import { guarded } from './failure.ts';
import { sameFile } from './same-file.ts';
import { accountsOf } from './writing/accounts.ts';
import { aclsOf } from './writing/acls.ts';
import { type Commit, committing } from './writing/commit.ts';
import { groupsOf } from './writing/groups.ts';
import { historyOf } from './writing/history.ts';
import { type Item, itemsOf } from './writing/items.ts';
import { openMemories } from './writing/memory.ts';
import { principalsOf } from './writing/principals.ts';
import { processStarted } from './writing/process-alive.ts';
import { pushedRowsOf } from './writing/pushed-rows.ts';
import { runsOf, type SourceRow } from './writing/runs.ts';
import type { Seen } from './writing/seen.ts';
import { textsOf } from './writing/texts.ts';
import { vocabularyOf } from './writing/vocabulary.ts';

export interface PushedStoreOptions {
  /** Of the index. */
  readonly path: string;
  readonly source: string;
  readonly connector: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** Writes what follows from one that was pushed: when the source was another connector's before, all of it is written anew. */
  readonly express: (change: PushedChange, pushed: Pushed) => void;
}

/** The mark of a source that holds only what was pushed: the cursor of its connector, gone as soon as it is another's. */
const TAKEN_OVER = JSON.stringify({ taken_over: true });

/** Opens what was pushed to a source, in the index. */
export const openPushedStore = ({ path, source: name, connector, now, express }: PushedStoreOptions): PushedStore => {
  const file = { path, name: 'index', remedy: 'Move it away and run: castellan sync' };
  const db = openDatabase({ ...file, migrations: new URL('./index/', import.meta.url) });
  return guarded(file, () => {
    const same = sameFile(file);
    const parts = partsOf(db);
    const commit = committing({ db, file, now, memories: parts.memories });
    const rows = pushedRowsOf(db);
    const findSource = db.prepare<[string], number>('SELECT id FROM source WHERE name = ?').pluck();
    const confirm = db.prepare<[number, number]>('UPDATE source SET confirmed_at = max(confirmed_at, ?) WHERE id = ?');
    const takeOver = takingOver(db, parts);

    const changeOf = (step: Commit, seen: Seen): PushedChange => ({
      at: step.at,
      ...rows.reading(seen.source),
      put: (pushed) => rows.put(seen.source, pushed),
      remove: (id) => rows.remove(seen.source, id),
      account: (account) => parts.accounts.write(step, seen, account),
      list: (group, members) => parts.groups.list(step, seen, group, members),
      unlist: (group) => parts.groups.forget(step, seen.source, group),
      holders: (member) => parts.groups.holders(seen.source, member),
    });
    /** A source that nobody has written yet holds nothing. */
    const reading = <T>(read: (from: ReturnType<typeof rows.reading>) => T): T =>
      guarded(file, () => {
        same();
        return read(rows.reading(findSource.get(name) ?? 0));
      });

    return {
      find: (kind, by) => reading((from) => from.find(kind, by)),
      carrying: (kind, externalId) => reading((from) => from.carrying(kind, externalId)),
      count: (kind) => reading((from) => from.count(kind)),
      page: (kind, start, most) => reading((from) => from.page(kind, start, most)),
      all: (kind) => reading((from) => from.all(kind)),
      change: (work) =>
        commit((step) => {
          const row = parts.runs.claim(step, name, connector, step.at);
          const taken = row.cursor === null ? takeOver(step, row, (seen) => expressAll(changeOf(step, seen), express)) : row.tick;
          const done = work(changeOf(step, seenNow(row.id, taken, step.at)));
          confirm.run(step.at, row.id); // whoever pushes says by it that what they do not mention still stands
          step.moveEpoch();
          return done;
        }),
      close: () => {
        db.close();
      },
    };
  });
};

const partsOf = (db: Database) => {
  const memories = openMemories();
  const history = historyOf(db);
  const principals = principalsOf(db, memories);
  const texts = textsOf(db, vocabularyOf(db, memories));
  return {
    memories,
    accounts: accountsOf(db, history),
    groups: groupsOf({ db, principals, history }),
    items: itemsOf({ db, acls: aclsOf(db, memories, principals), principals, history, texts }),
    runs: runsOf(db, { pid: process.pid, started: processStarted(process.pid) ?? '' }),
  };
};

/** What is pushed says all there is to say. */
const seenNow = (source: number, tick: number, at: number): Seen => ({
  source,
  tick,
  at,
  contentsAt: at,
  permissionsAt: at,
  holds: false,
});

const expressAll = (change: PushedChange, express: PushedStoreOptions['express']): void => {
  for (const kind of ['User', 'Group'] as const) for (const pushed of change.all(kind)) express(change, pushed);
};

/** Ends what another connector left under this name: its documents are gone, and only who was pushed is somebody. */
const takingOver = (db: Database, { accounts, groups, items }: ReturnType<typeof partsOf>) => {
  const left = db.prepare<[number], Item>('SELECT id, key, container, title, parent, acl FROM item WHERE source = ? ORDER BY id');
  const mark = db.prepare<[number, string, number]>(`
    UPDATE source SET tick = ?, listed = 1, listings = '[]', cursor = ? WHERE id = ?`);
  return (step: Commit, { id: source, tick: before }: SourceRow, expressed: (seen: Seen) => void): number => {
    const tick = before + 1;
    mark.run(tick, TAKEN_OVER, source);
    items.remove(step, source, left.all(source));
    expressed(seenNow(source, tick, step.at));
    accounts.deactivate(step, source, tick);
    groups.unlist(step, source, tick);
    return tick;
  };
};
