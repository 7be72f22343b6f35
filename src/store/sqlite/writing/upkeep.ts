import { setTimeout } from 'node:timers/promises';

import { z } from 'zod';

import { AppError } from '../../../core/errors.ts';
import { contentHashOf } from '../../content-hash.ts';
import { BUSY_MS, type Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Documents whose text a check compares with its hash: enough to notice a file that was patched up, quick at any size. */
const SAMPLE = 100;
/** How often and how long a scrub makes way for those who read: about a second, longer than any question takes. */
const TRIES = 20;
const PAUSE_MS = 50;

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
  readonly vocabulary: Vocabulary;
}

interface Sampled {
  readonly title: string;
  readonly hash: string;
  readonly text: string;
}

const checkpointSchema = z.tuple([z.looseObject({ busy: z.number() })]);

/** Says whether the file is whole: throws `unavailable`, naming what is wrong, when it is damaged. */
export const checkOf = (db: Database, file: DatabaseFile): (() => void) => {
  const sample = db.prepare<[number], Sampled>(`
    WITH sampled AS (SELECT item, content_hash FROM document ORDER BY random() LIMIT ?)
    SELECT item.title, sampled.content_hash AS hash,
           (SELECT coalesce(group_concat(text, '' ORDER BY ordinal), '') FROM chunk WHERE chunk.item = item.id) AS text
    FROM sampled
    JOIN item ON item.id = sampled.item`);
  const damaged = (what: string): AppError =>
    new AppError('unavailable', `The ${file.name} ${file.path} is damaged (${what}). ${file.remedy}`);
  return () => {
    const found = guarded(file, () => db.pragma('quick_check(1)', { simple: true }));
    if (found !== 'ok') throw damaged(String(found).trim());
    for (const { title, hash, text } of guarded(file, () => sample.all(SAMPLE))) {
      if (contentHashOf(title, text) !== hash) throw damaged('a stored text is not the one that was stored');
    }
  };
};

/** Looking after the file: whether it is whole, and that what was deleted is gone from it. */
export const upkeepOf = ({ db, file, commit, vocabulary }: Parts): { check(): void; scrub(): Promise<void> } => {
  /** Moves the log into the file and cuts it to nothing; false while somebody reads an older state. */
  const emptyLog = (): boolean =>
    guarded(file, () => {
      db.pragma('busy_timeout = 0'); // waiting inside would hold up everybody else on this thread
      try {
        const [{ busy }] = checkpointSchema.parse(db.pragma('wal_checkpoint(TRUNCATE)'));
        return busy === 0;
      } finally {
        db.pragma(`busy_timeout = ${BUSY_MS}`);
      }
    });
  return {
    check: checkOf(db, file),
    async scrub() {
      commit(() => vocabulary.prune());
      for (let tries = 1; !emptyLog(); tries++) {
        if (tries === TRIES) throw readInTheWay(file.path);
        await setTimeout(PAUSE_MS);
      }
    },
  };
};

const readInTheWay = (path: string): AppError =>
  new AppError('unavailable', `The log of ${path} is being read and still holds what was deleted. Run the command again.`);
