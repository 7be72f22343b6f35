import SQLite from 'better-sqlite3';

/** All that an index means, without what merely happened on the way: no row ids, no times, no versions, no order of arrival. */
export const dump = (path: string): readonly string[] => {
  const db = new SQLite(path, { readonly: true, fileMustExist: true });
  try {
    return Object.entries(MEANING)
      .flatMap(([what, sql]) =>
        db
          .prepare<[], Record<string, unknown>>(sql)
          .all()
          .map((row) => `${what} ${JSON.stringify(row)}`),
      )
      .toSorted();
  } finally {
    db.close();
  }
};

/** What two dumps do not share, a few lines of each: nothing when they are equal. */
export const differences = (expected: readonly string[], found: readonly string[]): readonly string[] => [
  ...beyond(expected, found).map((line) => `lost: ${line}`),
  ...beyond(found, expected).map((line) => `too much: ${line}`),
];

const SHOWN = 3;
const SHOWN_WIDTH = 300;

/** A line that stands twice where it should stand once is a difference too. */
const beyond = (all: readonly string[], known: readonly string[]): string[] => {
  const left = new Map<string, number>();
  for (const line of known) left.set(line, (left.get(line) ?? 0) + 1);
  const more = all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
  return more.slice(0, SHOWN).map((line) => line.slice(0, SHOWN_WIDTH));
};

/** Joined to the left where a row could be left behind by what it belongs to: that would be a difference. */
const MEANING = {
  source: 'SELECT name, connector, listed, listings FROM source',
  lease: 'SELECT * FROM lease',
  item: `
    SELECT source.name AS source, item.key, item.container, item.title, item.parent, item.outdated, acl.value AS acl
    FROM item
    JOIN source ON source.id = item.source
    JOIN acl ON acl.id = item.acl`,
  document: `
    SELECT source.name AS source, item.key, document.type, document.url, document.author, document.updated_at,
           document.labels, document.fields, document.parser, document.body_hash, document.content_hash
    FROM document
    LEFT JOIN item ON item.id = document.item
    LEFT JOIN source ON source.id = item.source`,
  chunk: `
    SELECT source.name AS source, item.key, chunk.ordinal, chunk.text, chunk.location, chunk.author, chunk.stripped,
           chunk.embedded, hex(chunk.embedded_hash) AS hash,
           (SELECT count(*) FROM vector_queue WHERE vector_queue.chunk = chunk.id) AS waiting
    FROM chunk
    LEFT JOIN item ON item.id = chunk.item
    LEFT JOIN source ON source.id = item.source`,
  queue: 'SELECT count(*) AS waiting FROM vector_queue',
  posting: `
    SELECT source.name AS source, item.key, chunk.ordinal, term.text AS term, posting.impact
    FROM posting
    LEFT JOIN term ON term.id = posting.term
    LEFT JOIN chunk ON chunk.id = posting.chunk
    LEFT JOIN item ON item.id = chunk.item
    LEFT JOIN source ON source.id = item.source`,
  vector: `
    SELECT source.name AS source, item.key, chunk.ordinal, model.fingerprint, hex(vector.vector) AS vector
    FROM vector
    LEFT JOIN model ON model.id = vector.model
    LEFT JOIN chunk ON chunk.id = vector.chunk
    LEFT JOIN item ON item.id = chunk.item
    LEFT JOIN source ON source.id = item.source`,
  coming: 'SELECT count(*) AS coming FROM coming_vector',
  members: `
    SELECT source.name AS source, principal.name AS "group", member.kind || ':' || member.name AS member,
           member_group.listed_at IS NOT NULL AS listed, member_group.unknown
    FROM member_group
    JOIN principal ON principal.id = member_group.principal
    JOIN source ON source.id = member_group.source
    LEFT JOIN member AS edge ON edge.member_group = principal.id
    LEFT JOIN principal AS member ON member.id = edge.member`,
  comingMembers: `
    SELECT source.name AS source, principal.name AS "group", member.kind || ':' || member.name AS member
    FROM coming_group
    LEFT JOIN principal ON principal.id = coming_group.principal
    LEFT JOIN source ON source.id = coming_group.source
    LEFT JOIN coming_member AS edge ON edge.member_group = coming_group.principal
    LEFT JOIN principal AS member ON member.id = edge.member`,
  comingAcl: `
    SELECT source.name AS source, item.key, acl.value AS acl
    FROM coming_acl
    LEFT JOIN item ON item.id = coming_acl.item
    LEFT JOIN source ON source.id = coming_acl.source
    LEFT JOIN acl ON acl.id = coming_acl.acl`,
  comingAccount: `
    SELECT source.name AS source, coming_account.account, coming_account.value
    FROM coming_account
    LEFT JOIN source ON source.id = coming_account.source`,
  account: `
    SELECT source.name AS source, account.account, account.name, account.active, account.kind, account_email.email
    FROM account
    JOIN source ON source.id = account.source
    LEFT JOIN account_email ON account_email.account = account.id`,
  link: `
    SELECT identity.issuer, identity.subject, identity.email, source.name AS source, account.account, link.method, link.evidence
    FROM identity
    LEFT JOIN link ON link.identity = identity.id
    LEFT JOIN account ON account.id = link.account
    LEFT JOIN source ON source.id = account.source`,
  history: `
    SELECT source.name AS source, history.subject, history.key,
           json_remove(coalesce(before.value, history.old), '$.at') AS old,
           json_remove(coalesce(after.value, history.new), '$.at') AS new
    FROM history
    JOIN source ON source.id = history.source
    LEFT JOIN acl AS before ON history.subject IN ('acl', 'container') AND before.id = CAST(history.old AS INTEGER)
    LEFT JOIN acl AS after ON history.subject IN ('acl', 'container') AND after.id = CAST(history.new AS INTEGER)`,
} as const;
