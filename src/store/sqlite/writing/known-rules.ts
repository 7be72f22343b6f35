import { createHash } from 'node:crypto';

import { rulesText } from '../../../core/rules-text.ts';
import type { Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
}

/** The rules that decided besides what is stored: kept where what is stored is kept, so that a decision can be made again later. */
export const knownRulesOf = ({ db, file, commit }: Parts): Pick<Store, 'recordRules'> => {
  const last = db.prepare<[], string>('SELECT hash FROM rules_known ORDER BY id DESC LIMIT 1').pluck();
  const putText = db.prepare<[string, string]>('INSERT OR IGNORE INTO rule_set (hash, value) VALUES (?, ?)');
  const put = db.prepare<[number, number, string]>('INSERT INTO rules_known (version, at, hash) VALUES (?, ?, ?)');
  return {
    async recordRules(rules) {
      const text = rulesText(rules);
      const hash = createHash('sha256').update(text).digest('hex');
      if (guarded(file, () => last.get()) === hash) return hash;
      commit(({ version, at }) => {
        if (last.get() === hash) return;
        putText.run(hash, text);
        put.run(version, at, hash);
      });
      return hash;
    },
  };
};
