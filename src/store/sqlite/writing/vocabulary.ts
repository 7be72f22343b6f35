import type { Database } from '../database.ts';
import type { Memories } from './memory.ts';

/** About 30 MB of words at most. */
const REMEMBERED = 200_000;

export interface Vocabulary {
  /** The number of a term; it gets one when it is first used. */
  intern(term: string): number;
  /** Takes out the terms that no chunk contains any more: a word can be a secret. */
  prune(): void;
}

/** Terms as numbers, valid until they are pruned. */
export const vocabularyOf = (db: Database, memories: Memories): Vocabulary => {
  const memory = memories.of(REMEMBERED);
  const find = db.prepare<[string], number>('SELECT id FROM term WHERE text = ?').pluck();
  const insert = db.prepare<[string]>('INSERT INTO term (text) VALUES (?)');
  const removeUnused = db.prepare(`
    DELETE FROM term
    WHERE NOT EXISTS (SELECT 1 FROM posting WHERE posting.term = term.id)`);
  return {
    intern: (term) => memory.recall(term, () => find.get(term) ?? Number(insert.run(term).lastInsertRowid)),
    prune() {
      removeUnused.run();
      memories.forget();
    },
  };
};
