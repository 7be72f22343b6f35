import SQLite from 'better-sqlite3';
import { expect, test } from 'vitest';

import { anIndex } from '../../support/an-index.ts';

test('of a source that is read all the time the last thousand runs are kept, and all of one that is not', async () => {
  const index = await anIndex();
  await index.sync('desk', [], 1);
  for (let run = 0; run < 1_010; run += 1) await index.sync('wiki', [], run);
  const db = new SQLite(index.path, { readonly: true });
  const kept = db
    .prepare(
      'SELECT name, count(*) AS runs, max(started_at) AS last FROM run JOIN source ON source.id = run.source GROUP BY name',
    )
    .all();
  db.close();
  expect(kept).toEqual([
    { name: 'desk', runs: 1, last: 1 },
    { name: 'wiki', runs: 1_000, last: 1_009 },
  ]);
});
