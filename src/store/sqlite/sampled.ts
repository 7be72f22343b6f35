import type { Sampled } from '../reader.ts';
import type { Database } from './database.ts';

/** Prepares what a sample of a source is drawn from. */
export const prepareSampled = (db: Database): Sampled => {
  const cells = db.prepare<[string], { acl: number; parent: string | null; documents: number }>(`
    SELECT item.acl, item.parent, count(*) AS documents
    FROM source
    JOIN item ON item.source = source.id AND item.container = 0
    WHERE source.name = ?
    GROUP BY item.acl, item.parent
    ORDER BY item.acl, item.parent`);
  const keyIn = db
    .prepare<{ source: string; acl: number; parent: string | null; nth: number }, string>(`
      SELECT item.key
      FROM source
      JOIN item ON item.source = source.id AND item.container = 0 AND item.acl = :acl AND item.parent IS :parent
      WHERE source.name = :source
      ORDER BY item.id
      LIMIT 1 OFFSET :nth`)
    .pluck();
  const roster = db.prepare<[string], ReturnType<Sampled['roster']>[number]>(`
    SELECT account_email.email, min(iif(account.active = 0, 'inactive', account.kind)) AS kind
    FROM source
    JOIN account ON account.source = source.id
    JOIN account_email ON account_email.account = account.id
    WHERE source.name = ?
    GROUP BY account_email.email
    ORDER BY account_email.email`);
  return {
    cells: (source) => cells.iterate(source),
    keyIn: (source, { acl, parent }, nth) => keyIn.get({ source, acl, parent, nth }),
    roster: (source) => roster.all(source),
  };
};
