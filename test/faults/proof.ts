import type { Fault } from './fault.ts';

const caughtBy = {
  file: 'test/property/worlds.test.ts',
  test: 'search and fetch return exactly what the meaning of the acls allows, after every change of a random world',
};

/** Mistakes that need a course of events: what a dead run, a second run or a decision of a person leaves behind. */
export const COURSES: readonly Fault[] = [
  {
    name: 'a listing is forgotten when its run dies',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `listings: new Map(listingsSchema.parse(JSON.parse(row.listings)).map((listing) => [listing.of, definedOf(listing)])),`,
    plant: `listings: new Map(),`,
    caughtBy,
  },
  {
    name: 'an e-mail links in a source that a killed run left half written',
    file: 'src/store/sqlite/writing/identities.ts',
    find: ` AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.source = account.source)`,
    plant: ``,
    caughtBy,
  },
  {
    name: 'an e-mail links whom a person took apart',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `barred: barred === 1`,
    plant: `barred: barred > 1`,
    caughtBy,
  },
  {
    name: 'a chain of containers may be one longer',
    file: 'src/core/decide.ts',
    find: `export const ROUNDS = 64;`,
    plant: `export const ROUNDS = 65;`,
    caughtBy,
  },
  {
    name: 'what could not be read is taken for gone',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `        items.touch(seen, write.key);\n`,
    plant: ``,
    caughtBy,
  },
  {
    name: 'a run with problems confirms what it does not mention',
    file: 'src/ingest/intake.ts',
    find: `if (unchanged && tally.counts.problems === 0)`,
    plant: `if (unchanged)`,
    caughtBy,
  },
];
