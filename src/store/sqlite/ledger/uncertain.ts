import { openDatabase } from '../database.ts';
import { guarded } from '../failure.ts';

/** How many writes of an existing ledger wait for whoever looks at their source. On a connection that cannot write. */
export const countUncertain = (path: string): number => {
  const file = { path, name: 'ledger', remedy: 'Restore it from a backup.' };
  const migrations = new URL('./', import.meta.url);
  const db = openDatabase({ ...file, migrations, readonly: true, updatedBy: 'castellan audit verify' });
  try {
    const count = db.prepare<[], number>(`
      SELECT count(*) FROM proposal
      WHERE state = 'uncertain' OR state = 'committing' AND holder IS NULL`);
    return guarded(file, () => count.pluck().get()) ?? 0;
  } finally {
    db.close();
  }
};
