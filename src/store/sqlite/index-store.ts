import type { Store } from '../store.ts';
import { openDatabase } from './database.ts';
import { guarded } from './failure.ts';
import { accountsOf } from './writing/accounts.ts';
import { aclsOf } from './writing/acls.ts';
import { rollOf } from './roll.ts';
import { committing } from './writing/commit.ts';
import { decisionsOf } from './writing/decisions.ts';
import { groupsOf } from './writing/groups.ts';
import { historyOf } from './writing/history.ts';
import { hooksOf } from './writing/hooks.ts';
import { identitiesOf } from './writing/identities.ts';
import { itemsOf } from './writing/items.ts';
import { knownRulesOf } from './writing/known-rules.ts';
import { openMemories } from './writing/memory.ts';
import { principalsOf } from './writing/principals.ts';
import { processStarted } from './writing/process-alive.ts';
import { runsOf } from './writing/runs.ts';
import { writersOf } from './writing/source-writer.ts';
import { cursorOf, latestRunOf, statusOf } from './writing/status.ts';
import { everything, nextRunOf } from './writing/whole.ts';
import { textsOf } from './writing/texts.ts';
import { upkeepOf } from './writing/upkeep.ts';
import { vectorsOf } from './writing/vectors.ts';
import { vocabularyOf } from './writing/vocabulary.ts';

/** The numbered migrations of `index.db`. */
const MIGRATIONS = new URL('./index/', import.meta.url);

export interface StoreOptions {
  readonly path: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** How long a commit waits for another writer's, where that is not as long as for everybody. */
  readonly busyMs?: number;
  /** Whose leases are taken; this process unless said otherwise. */
  readonly pid?: number;
  readonly processStarted?: string;
}

/** Pages kept in memory, in KiB: the upper levels of the lexical index stay there while it is written. */
const CACHE_KIB = 65_536;
/** Pages in the log before they are copied into the file, 64 MiB: a run changes the same pages of the lexical index again and again. */
const LOG_PAGES = 16_384;

/** Opens the index for writing, and makes it where it is not there yet. */
export const openStore = async ({
  path,
  now,
  busyMs,
  pid = process.pid,
  processStarted: started = processStarted(pid) ?? '',
}: StoreOptions): Promise<Store> => {
  const file = { path, name: 'index', remedy: 'Move it away and run: castellan sync' };
  const db = openDatabase({ ...file, migrations: MIGRATIONS });
  return guarded(file, () => {
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma(`wal_autocheckpoint = ${LOG_PAGES}`);
    if (busyMs !== undefined) db.pragma(`busy_timeout = ${busyMs}`);
    const databaseId = db.prepare<[], string>('SELECT database_id FROM meta').pluck().get() ?? '';
    const memories = openMemories();
    const commit = committing({ db, file, now, memories });
    const history = historyOf(db);
    const principals = principalsOf(db, memories);
    const vocabulary = vocabularyOf(db, memories);
    const items = itemsOf({ db, acls: aclsOf(db, memories, principals), principals, history, texts: textsOf(db, vocabulary) });
    const groups = groupsOf({ db, principals, history });
    const runs = runsOf(db, { pid, started });
    const open = writersOf({ db, file, commit, items, groups, accounts: accountsOf(db, history), runs });
    const status = statusOf(db);
    const people = rollOf(db);
    const latestRun = latestRunOf(db);
    const nextRun = nextRunOf(db);
    const cursor = cursorOf(db);
    const upkeep = upkeepOf({ db, file, commit, vocabulary });
    return {
      databaseId,
      open: async (source, connector, startedAt, decide = everything) => open({ source, connector, now: startedAt, decide }),
      ...vectorsOf({ db, file, commit }),
      ...knownRulesOf({ db, file, commit }),
      ...identitiesOf({ db, file, commit, history }),
      ...decisionsOf({ db, file, commit, history }),
      identities: async (limit, who) => guarded(file, () => people.identities(limit, who)),
      roll: async (question) => guarded(file, () => people.roll(question)),
      status: async (sources, directory) => guarded(file, () => status(sources, directory)),
      latestRun: async (source) => guarded(file, () => latestRun(source)),
      nextRun: async (source) => guarded(file, () => nextRun(source)),
      ...hooksOf({ db, file, commit, now }),
      cursor: async (source) => guarded(file, () => cursor(source)),
      history: async (source, subject, key) => guarded(file, () => history.read(source, subject, key)),
      check: async () => upkeep.check(),
      scrub: () => upkeep.scrub(),
      close: async () => {
        db.close();
      },
    };
  });
};
