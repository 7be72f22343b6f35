import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { sameFile } from '../same-file.ts';
import type { Memories } from './memory.ts';

/** One transaction of a writer, seen from inside. */
export interface Commit {
  /** What the index's version will be. */
  readonly version: number;
  readonly at: number;
  readonly run?: number;
  /** Says that what holds for whom can change by this commit. */
  moveEpoch(): void;
  /** Has `work` done before it ends, within it: nothing of it is left where it fails. */
  atEnd(work: () => void): void;
}

/** Runs `work` in one transaction that starts as a writer's: all of it is on disk when it returns, or none. */
export type Committing = <T>(work: (commit: Commit) => T, run?: number) => T;

interface CommittingOptions {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly now: () => number;
  readonly memories: Memories;
}

/** The one way to write to an index: it counts the version, and the epoch where it moved. */
export const committing = ({ db, file, now, memories }: CommittingOptions): Committing => {
  const version = db.prepare<[], number>('SELECT version FROM meta').pluck();
  const advance = db.prepare<[number]>('UPDATE meta SET version = version + 1, epoch = epoch + ?');
  const same = sameFile(file);
  let others = 0; // changes whenever another connection has committed
  return (work, run) => {
    const transaction = db.transaction(() => {
      const seen = Number(db.pragma('data_version', { simple: true }));
      if (seen !== others) memories.forget();
      others = seen;
      let moved = false;
      const endings: (() => void)[] = [];
      const done = work({
        version: (version.get() ?? 0) + 1,
        at: now(),
        ...(run !== undefined && { run }),
        moveEpoch: () => {
          moved = true;
        },
        atEnd: (ending) => void endings.push(ending),
      });
      for (const ending of endings) ending();
      advance.run(moved ? 1 : 0);
      return done;
    });
    return guarded(file, () => {
      try {
        same();
        return transaction.immediate();
      } catch (error) {
        memories.forget();
        throw error;
      }
    });
  };
};
