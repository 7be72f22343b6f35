import type { Fault, NamedTest } from './fault.ts';

const outdated = (test: string): NamedTest => ({ file: 'test/ingest/outdated.test.ts', test });

const ONE = 'a text that moved and could not be read is not fresh, however often its source confirms what it does not mention';

/** Mistakes in how a text that could not be read again is told from one that is the source's. */
export const OUTDATING: readonly Fault[] = [
  {
    name: 'a text that moved and could not be read is confirmed with the rest',
    file: 'src/core/freshness.ts',
    find: `outdated ? -Infinity : syncedAt`,
    plant: `outdated ? syncedAt : syncedAt`,
    caughtBy: outdated(ONE),
  },
  {
    name: 'a search shows a text that moved and could not be read past its promise',
    file: 'src/store/sqlite/visible.ts',
    find: `iif(item.outdated, -9e999, max(item.synced_at, promise.contents_confirmed_at)) >=`,
    plant: `max(item.synced_at, promise.contents_confirmed_at) >=`,
    caughtBy: outdated('it is past a promise that denies or asks, and its neighbour is not'),
  },
  {
    name: 'nobody remembers of a text that it could not be read',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `        if (write.outdated) items.outdate(source, write.key);\n`,
    plant: ``,
    caughtBy: outdated(ONE),
  },
  {
    name: 'a text that is read stays one that was not',
    file: 'src/store/sqlite/writing/items.ts',
    find: `SET tick = :tick, synced_at = coalesce(:contentsAt, synced_at), outdated = iif(:contentsAt IS NULL, outdated, 0),`,
    plant: `SET tick = :tick, synced_at = coalesce(:contentsAt, synced_at),`,
    caughtBy: outdated('it is fresh again once it is read, or its source is back at the text that is stored'),
  },
  {
    name: 'a problem that names a document leaves its text fresh',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `        if (due.content) items.outdateUnread(seen, write.key);\n`,
    plant: ``,
    caughtBy: outdated('%s is of a text that may have moved'),
  },
  {
    name: 'a run for permissions alone says that texts moved',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `if (due.content) items.outdateUnread(`,
    plant: `items.outdateUnread(`,
    caughtBy: outdated('a problem of what the run has read, or was not to read, says nothing of its text'),
  },
  {
    name: 'a problem of what was read makes its text one that was not',
    file: 'src/store/sqlite/writing/items.ts',
    find: `AND container = 0 AND synced_at <> :at`,
    plant: `AND container = 0 AND :at IS NOT NULL`,
    caughtBy: outdated('a problem of what the run has read, or was not to read, says nothing of its text'),
  },
  {
    name: 'a broken document leaves the text that is stored fresh',
    file: 'src/ingest/intake.ts',
    find: `      if (change.type === 'document' && problem?.key !== undefined) await batch.add({ type: 'seen', key: problem.key });\n`,
    plant: ``,
    caughtBy: outdated('%s is of a text that may have moved'),
  },
  {
    name: 'a text without a revision is taken for the one that is stored',
    file: 'src/ingest/prepare.ts',
    find: `document.revision === undefined || document.revision !== known?.revision ||`,
    plant: `(document.revision !== undefined && document.revision !== known?.revision) ||`,
    caughtBy: outdated('%s is of a text that may have moved'),
  },
  {
    name: 'a title that moved with a text that cannot be read is forgotten',
    file: 'src/ingest/prepare.ts',
    find: `document.revision !== known?.revision || titleOf(document, hosts) !== known.title`,
    plant: `document.revision !== known?.revision`,
    caughtBy: outdated('%s is of a text that may have moved'),
  },
  {
    name: 'a text whose revision did not move is one that did',
    file: 'src/ingest/prepare.ts',
    find: `document.revision === undefined || document.revision !== known?.revision ||`,
    plant: `document.revision === undefined || known?.revision !== undefined ||`,
    caughtBy: outdated('a text that could not be read and whose revision did not move is the one that is stored'),
  },
];
