import { z } from 'zod';

import { AppError } from '../../../core/errors.ts';
import { contentHashOf } from '../../content-hash.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Documents whose text a check compares with its hash: enough to notice a file that was patched up, quick at any size. */
const SAMPLE = 100;

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

/** Looking after the file: whether it is whole, and that what was deleted is gone from it. */
export const upkeepOf = ({ db, file, commit, vocabulary }: Parts): { check(): void; scrub(): void } => {
  const sample = db.prepare<[number], Sampled>(`
    WITH sampled AS (SELECT item, content_hash FROM document ORDER BY random() LIMIT ?)
    SELECT item.title, sampled.content_hash AS hash,
           (SELECT coalesce(group_concat(text, '' ORDER BY ordinal), '') FROM chunk WHERE chunk.item = item.id) AS text
    FROM sampled
    JOIN item ON item.id = sampled.item`);
  const damaged = (what: string): AppError =>
    new AppError('unavailable', `The ${file.name} ${file.path} is damaged (${what}). ${file.remedy}`);
  return {
    check() {
      const found = guarded(file, () => db.pragma('quick_check(1)', { simple: true }));
      if (found !== 'ok') throw damaged(String(found).trim());
      for (const { title, hash, text } of guarded(file, () => sample.all(SAMPLE))) {
        if (contentHashOf(title, text) !== hash) throw damaged('a stored text is not the one that was stored');
      }
    },
    scrub() {
      commit(() => vocabulary.prune());
      const [{ busy }] = guarded(file, () => checkpointSchema.parse(db.pragma('wal_checkpoint(TRUNCATE)')));
      if (busy === 0) return;
      throw new AppError(
        'unavailable',
        `The log of ${file.path} is being read and still holds what was deleted. Run the command again.`,
      );
    },
  };
};
