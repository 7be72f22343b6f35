import type { Fault, NamedTest } from './fault.ts';

const TWINS: NamedTest = { file: 'test/property/twins.test.ts', test: 'what is hidden moves no byte of any answer: %s' };
const snapshot = (test: string): NamedTest => ({ file: 'test/store/sqlite/snapshot.test.ts', test });
const answer = (test: string): NamedTest => ({ file: 'test/reader/answer.test.ts', test });
const wrongIndex = (test: string): NamedTest => ({ file: 'test/reader/wrong-index.test.ts', test });
const call = (test: string): NamedTest => ({ file: 'test/server/call.test.ts', test });

/** Mistakes between a question and its answer: the shadow of what is hidden, what is stale, what is recorded. */
export const ANSWERING: readonly Fault[] = [
  {
    name: 'an index that another took the place of is still read',
    file: 'src/store/sqlite/reader.ts',
    find: `same();
        return guarded`,
    plant: `return guarded`,
    caughtBy: {
      file: 'test/reader/replaced-index.test.ts',
      test: 'answers nobody: what it let them see may have ended in the one that stands there now',
    },
  },
  {
    name: 'all chunks are ranked, and what may not be seen is dropped afterwards',
    file: 'src/store/sqlite/snapshot.ts',
    find: "${visibleDocuments('JOIN chunk ON chunk.item = item.id', KEPT)}",
    plant: `FROM temp.promise
    JOIN item ON item.source = promise.source
    JOIN document ON document.item = item.id
    JOIN chunk ON chunk.item = item.id
    WHERE true \${KEPT}`,
    caughtBy: TWINS,
  },
  {
    name: 'how rare a word is, is counted over all chunks',
    file: 'src/store/sqlite/snapshot.ts',
    find: `CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = posting.chunk`,
    plant: '',
    caughtBy: TWINS,
  },
  {
    name: 'how many chunks there are, is counted over all',
    file: 'src/store/sqlite/snapshot.ts',
    find: `const count = fill.run({ snapshot, ...narrowed, ...kept(filter) }).changes;`,
    plant: `fill.run({ snapshot, ...narrowed, ...kept(filter) });
      const count = db.prepare<[], number>('SELECT count(*) FROM chunk').pluck().get() ?? 0;`,
    caughtBy: TWINS,
  },
  {
    name: 'chunks are placed though they are hidden',
    file: 'src/store/sqlite/snapshot.ts',
    find: `temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = asked.value
    \${PLACED}`,
    plant: `(SELECT id AS chunk FROM chunk) AS visible ON visible.chunk = asked.value
    \${PLACED}`,
    caughtBy: snapshot('counts, finds and places only what holds'),
  },
  {
    name: 'equal hits stand in the order of their row ids',
    file: 'src/retrieval/place.ts',
    find: `if (a.documentId !== b.documentId) return a.documentId < b.documentId ? -1 : 1;`,
    plant: `if (a.documentId !== b.documentId) return a.chunk - b.chunk;`,
    caughtBy: {
      file: 'test/retrieval/rank.test.ts',
      test: 'equal chunks stand by document id, code unit by code unit, then by place; which of them are cut does not depend on where they are stored',
    },
  },
  {
    name: 'equally near chunks are cut in the order of their row ids',
    file: 'src/store/sqlite/snapshot.ts',
    find: `ORDER BY visible.distance, documentId, ordinal`,
    plant: `ORDER BY visible.distance, visible.chunk`,
    caughtBy: snapshot('breaks ties by document id and not by where a chunk is stored'),
  },
  {
    name: 'vectors that two models made are compared',
    file: 'src/store/sqlite/snapshot.ts',
    find: `
        AND vector.model = (SELECT id FROM model WHERE fingerprint = :fingerprint)
      UNION ALL`,
    plant: `
      UNION ALL`,
    caughtBy: snapshot('knows neither hidden chunks, nor those without a vector, nor those of another model'),
  },
  {
    name: 'a source that is not configured any more is judged by promises that never run out',
    file: 'src/store/sqlite/facts.ts',
    find: `const promised = rules.sources.get(source)?.permissions;`,
    plant: `const promised = rules.sources.get(source)?.permissions ?? { within: Infinity, onBreach: 'label' };`,
    caughtBy: snapshot('is nothing of a source that is not configured'),
  },
  {
    name: 'stale permissions are let through by SQL',
    file: 'src/store/sqlite/visible.ts',
    find: `max(item.permissions_synced_at, promise.confirmed_at) >= promise.permissions_since\n    AND `,
    plant: '',
    caughtBy: { file: 'test/store/sqlite/reader.test.ts', test: 'permissions past theirs hide, 1 ms later' },
  },
  {
    name: 'fetch does not look how old the permissions are',
    file: 'src/reader/redecide.ts',
    find: `    if (!mayDecide(stored.permissionsSyncedAt, freshness.permissions, now)) return 'refused';\n`,
    plant: '',
    caughtBy: answer('is refused past the promises, and labelled where that is the rule'),
  },
  {
    name: 'fetch does not look how old the content is',
    file: 'src/reader/redecide.ts',
    find: `    if (!mayDecide(contentAtOf(stored), freshness.content, now)) return 'refused';\n`,
    plant: '',
    caughtBy: answer('is refused past the promises, and labelled where that is the rule'),
  },
  {
    name: 'what SQL proposes is not decided a second time',
    file: 'src/reader/redecide.ts',
    find: `const held = decide(stored.acl.value, facts);`,
    plant: `const held = decide(stored.acl.value, facts) ?? { at: stored.permissionsSyncedAt };`,
    caughtBy: wrongIndex('shows nothing that the reference rule refuses'),
  },
  {
    name: 'whether there is more is told of hidden hits too',
    file: 'src/reader/answer.ts',
    find: `const more = shown.length > offset + limit;`,
    plant: `const more = places.length > offset + limit;`,
    caughtBy: wrongIndex('does not say that there is more where all of that is refused'),
  },
  {
    name: 'what SQL sums up is not decided a second time',
    file: 'src/reader/redecide.ts',
    find: ` && decide(acl, factsOf(source)) !== undefined`,
    plant: '',
    caughtBy: wrongIndex('names no source, type or field that the reference rule refuses'),
  },
  {
    name: 'a refusal is answered as one',
    file: 'src/server/call.ts',
    find: `result: errorResult('not_found', NOT_FOUND),`,
    plant: `result: errorResult(answer.missing === 'refused' ? 'forbidden' : 'not_found', NOT_FOUND),`,
    caughtBy: call('sounds like an absence, and only the audit tells them apart'),
  },
  {
    name: 'an answer does not wait for its row',
    file: 'src/server/call.ts',
    find: `await parts.audit.record(`,
    plant: `void parts.audit.record(`,
    caughtBy: call('waits until its row is on disk'),
  },
  {
    name: 'an answer leaves though its row could not be written',
    file: 'src/server/call.ts',
    find: `ended, parts));`,
    plant: `ended, parts)).catch((error) => parts.onBug(error, request));`,
    caughtBy: call('stays where its row cannot be written'),
  },
  {
    name: 'no scope is asked for',
    file: 'src/server/call.ts',
    find: '    if (!caller.scopes.includes(tool.scope)) throw new AppError(\'forbidden\', `This needs the scope "${tool.scope}".`);\n',
    plant: '',
    caughtBy: call('meets a caller without the scope before anything is looked at'),
  },
  {
    name: 'a bug tells a reader what it was about',
    file: 'src/server/call.ts',
    find: `mendable?.message ??`,
    plant: `(error instanceof Error ? error.message : undefined) ??`,
    caughtBy: call('shows nothing of itself but the request it killed'),
  },
  {
    name: 'rows that could not be written count as recorded',
    file: 'src/server/audit.ts',
    find: `done.reject(error);`,
    plant: `done.resolve();`,
    caughtBy: {
      file: 'test/server/audit.test.ts',
      test: 'no row, no answer: when the ledger cannot be written every record is refused, and later ones work again',
    },
  },
  {
    name: 'a cursor opens for another caller',
    file: 'src/server/cursors.ts',
    find: `identity.issuer, identity.subject, client, tool, question]`,
    plant: `identity.issuer, client, tool, question]`,
    caughtBy: { file: 'test/server/cursors.test.ts', test: 'a cursor made for one is refused for %s' },
  },
  {
    name: 'of an audit that was cut off only an emptied one is noticed',
    file: 'src/store/sqlite/ledger/verify.ts',
    find: `if (last > rows) return`,
    plant: `if (last > rows && rows === 0) return`,
    caughtBy: {
      file: 'test/store/sqlite/ledger/verify.test.ts',
      test: 'a tail that was cut off is caught with the anchor, and not without',
    },
  },
];
