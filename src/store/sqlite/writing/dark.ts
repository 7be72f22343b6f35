import type { SourceStatus } from '../../store.ts';
import type { Database } from '../database.ts';

/** Why nobody can see a document, as it is kept while it is found out. */
const REASONS = { unknownAcl: 1, orgWithoutDirectory: 2, groupNeverListed: 3, containerAbsent: 4 } as const;

/** As many containers deep as acls are decided. */
const ROUNDS = 64;

/** Counts the documents of a source that nobody can see, each once, by what shuts it: itself or, through its containers, what they name. */
export const prepareDark = (db: Database): ((source: number, directory?: string) => SourceStatus['dark']) => {
  db.exec('CREATE TEMP TABLE dark_acl (acl INTEGER PRIMARY KEY, reason INTEGER NOT NULL) STRICT');
  const clear = db.prepare('DELETE FROM temp.dark_acl');
  const unknown = db.prepare<[number]>(`
    INSERT INTO temp.dark_acl
    SELECT id, ${REASONS.unknownAcl} FROM acl WHERE source = ? AND unknown = 1`);
  // A term all of whose allows are shut shuts its acl; one that allows nobody does so on purpose.
  const shut = db.prepare<{ source: number; directory: string | null }>(`
    INSERT OR IGNORE INTO temp.dark_acl
    SELECT acl, min(reason)
    FROM (
      SELECT acl, max(reason) AS reason
      FROM (
        SELECT
          acl_term.acl,
          acl_term.id AS term,
          CASE
            WHEN principal.kind = 'org' AND :directory IS NULL THEN ${REASONS.orgWithoutDirectory}
            WHEN principal.kind IN ('group', 'org') AND member_group.listed_at IS NULL THEN ${REASONS.groupNeverListed}
            WHEN principal.kind = 'audience' AND item.id IS NULL THEN ${REASONS.containerAbsent}
            WHEN principal.kind = 'audience' THEN dark.reason
          END AS reason
        FROM acl
        JOIN acl_term ON acl_term.acl = acl.id
        JOIN acl_grant ON acl_grant.term = acl_term.id AND acl_grant.deny = 0
        JOIN principal ON principal.id = acl_grant.principal
        LEFT JOIN source AS directory ON principal.kind = 'org' AND directory.name = :directory
        LEFT JOIN principal AS organised
          ON organised.source = directory.id AND organised.kind = 'group' AND organised.name = principal.name
        LEFT JOIN member_group ON member_group.principal = coalesce(organised.id, principal.id)
        LEFT JOIN item ON principal.kind = 'audience' AND item.source = principal.source AND item.key = principal.name
        LEFT JOIN temp.dark_acl AS dark ON dark.acl = item.acl
        WHERE acl.source = :source)
      GROUP BY term
      HAVING count(*) = count(reason))
    GROUP BY acl`);
  const count = db.prepare<[number], { reason: number; documents: number }>(`
    SELECT dark.reason, count(*) AS documents
    FROM temp.dark_acl AS dark
    JOIN item ON item.acl = dark.acl AND item.container = 0
    WHERE item.source = ?
    GROUP BY dark.reason`);

  return (source, directory) => {
    clear.run();
    unknown.run(source);
    for (let round = 0; round <= ROUNDS; round++) if (shut.run({ source, directory: directory ?? null }).changes === 0) break;
    const counted = new Map(count.all(source).map(({ reason, documents }) => [reason, documents]));
    return {
      unknownAcl: counted.get(REASONS.unknownAcl) ?? 0,
      orgWithoutDirectory: counted.get(REASONS.orgWithoutDirectory) ?? 0,
      groupNeverListed: counted.get(REASONS.groupNeverListed) ?? 0,
      containerAbsent: counted.get(REASONS.containerAbsent) ?? 0,
    };
  };
};
