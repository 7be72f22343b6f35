import type { Fault, NamedTest } from './fault.ts';

const reader = (test: string): NamedTest => ({ file: 'test/reader/where.test.ts', test });
const snapshot = (test: string): NamedTest => ({ file: 'test/store/sqlite/snapshot.test.ts', test });
/** Mistakes about what is asked of fields. */
export const WHERE: readonly Fault[] = [
  {
    name: 'words are rare or frequent among all there is, where conditions were asked',
    file: 'src/store/sqlite/snapshot.ts',
    find: `count: () => count,`,
    plant: `count: () => (filter.where ? Number(db.prepare('SELECT count(*) FROM chunk').pluck().get()) : count),`,
    caughtBy: snapshot('counts what is visible and meets the conditions, and nothing else'),
  },
  {
    name: 'conditions are forgotten by the query',
    file: 'src/store/sqlite/visible.ts',
    find: `  where: boundWhere(where),`,
    plant: `  where: boundWhere(where && undefined),`,
    caughtBy: snapshot('is narrowed by %s'),
  },
  {
    name: 'what is shown is not held against the conditions once more',
    file: 'src/reader/redecide.ts',
    find: `if (where.length > 0 && !meets(stored.fields)) return 'refused';`,
    plant: `if (where.length > 0 && !meets) return 'refused';`,
    caughtBy: reader('it is not shown where it does not meet what was asked for with "%s"'),
  },
  {
    name: 'one condition is enough',
    file: 'src/core/where.ts',
    find: `tests.every(`,
    plant: `tests.some(`,
    caughtBy: { file: 'test/core/where.test.ts', test: 'all conditions must hold' },
  },
  {
    name: 'texts are compared letter by letter',
    file: 'src/core/where.ts',
    find: `remembering((value) => labelKey(value) === condition.text)`,
    plant: `remembering((value) => value.toUpperCase() === condition.text && labelKey(value) !== '')`,
    caughtBy: {
      file: 'test/core/where.test.ts',
      test: 'of text is met by the same text however it is written: %j',
    },
  },
  {
    name: 'silence is taken for none',
    file: 'src/core/where.ts',
    find: `Object.hasOwn(fields, field) && test(fields[field])`,
    plant: `test(Object.hasOwn(fields, field) ? fields[field] : null)`,
    caughtBy: {
      file: 'test/core/where.test.ts',
      test: 'of none is met where the source says that there is none, and not where it says nothing',
    },
  },
  {
    name: 'the end of a range is left out',
    file: 'src/core/where.ts',
    find: `at <= to;`,
    plant: `at < to;`,
    caughtBy: { file: 'test/core/where.test.ts', test: 'of numbers holds both its ends' },
  },
  {
    name: 'a day ends as it begins',
    file: 'src/core/instant.ts',
    find: `from + DAY_MS - 1 : from`,
    plant: `from + 0 * DAY_MS : from`,
    caughtBy: { file: 'test/tools/where.test.ts', test: 'a day is all of it, wherever it stands' },
  },
  {
    name: 'a cursor leads on in another list',
    file: 'src/tools/search.ts',
    find: `const places = context.cursors({ query, ...filter });`,
    plant: `const places = context.cursors({ query, ...filter, where: undefined });`,
    caughtBy: { file: 'test/tools/search.test.ts', test: 'a cursor of another query or filter is refused' },
  },
  {
    name: 'a list is ordered by where it is stored',
    file: 'src/store/sqlite/snapshot.ts',
    find: `ORDER BY document.updated_at DESC, documentId`,
    plant: `ORDER BY document.updated_at DESC, visible.chunk DESC`,
    caughtBy: snapshot('lists what changed last first, then by id, each document once'),
  },
  {
    name: 'a list that is cut short says that it is whole',
    file: 'src/retrieval/list.ts',
    find: `partial: latest.length > LISTED`,
    plant: `partial: latest.length < LISTED && false`,
    caughtBy: reader('says that there is more than it lists'),
  },
  {
    name: 'text is stored where a number is declared',
    file: 'src/ingest/fields.ts',
    find: `return typeof value === 'number' ? value : undefined;`,
    plant: `return value;`,
    caughtBy: { file: 'test/ingest/fields.test.ts', test: '%s is left out, and told' },
  },
  {
    name: 'a field that was left out is not told',
    file: 'src/ingest/prepare.ts',
    find: `if (left.length > 0) problem(`,
    plant: `if (left.length > 99) problem(`,
    caughtBy: { file: 'test/ingest/fields.test.ts', test: '%s is left out, and told' },
  },
  {
    name: 'a field is held against its kind before what nobody sees is taken out of its name',
    file: 'src/ingest/fields.ts',
    find: `const kind = kindOf(name);`,
    plant: `const kind = kindOf(given);`,
    caughtBy: { file: 'test/ingest/fields.test.ts', test: '%s is left out, and told' },
  },
  {
    name: 'a connector says nothing of a field it declares',
    file: 'connectors/files/entries.ts',
    find: `fields: { media_type: mediaType, size: Number(size) },`,
    plant: `fields: { media_type: mediaType },`,
    caughtBy: {
      file: 'test/connectors/contract.test.ts',
      test: 'yields the types it declares, and of each the fields it says it fills, all of them',
    },
  },
];
