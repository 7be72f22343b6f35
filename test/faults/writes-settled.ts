import type { Fault, NamedTest } from './fault.ts';

const concluding = (test: string): NamedTest => ({ file: 'test/writes/concluding.test.ts', test });
const anyhow: NamedTest = {
  file: 'test/writes/any-order.property.test.ts',
  test: 'in any order of proposals, decisions, commits, crashes and edits a write is made at most once, decided, and told as it is (world %i)',
};
const kept = (test: string): NamedTest => ({ file: 'test/store/sqlite/ledger/proposals.test.ts', test });

/** Mistakes about what a person found out of a write that was uncertain. */
export const WRITES_SETTLED: readonly Fault[] = [
  {
    name: 'what the source knows by now does not count',
    file: 'src/writes/conclude.ts',
    find: `return said === 'uncertain' ?`,
    plant: `return typeof said === 'string' ?`,
    caughtBy: concluding('is as its source says, where that knows by now'),
  },
  {
    name: 'what was settled is asked about the time it became uncertain',
    file: 'src/writes/conclude.ts',
    find: `at: row.takenAt`,
    plant: `at: row.movedAt`,
    caughtBy: concluding('has its source asked about the time of the call, however late'),
  },
  {
    name: 'a person settles a write and the audit does not have it',
    file: 'src/writes/conclude.ts',
    find: `if (said === undefined) await proveFinding(content, finding, { asked }, parts);`,
    plant: `if (said === undefined) await proveFinding(content, finding, { asked }, parts).catch(() => undefined);`,
    caughtBy: concluding('ends by nobody’s word that the audit does not have'),
  },
  {
    name: 'whoever is second settles too',
    file: 'src/writes/conclude.ts',
    find: `if (!is) {`,
    plant: `if (!is && said !== undefined) {`,
    caughtBy: concluding('is settled once, by whoever is first'),
  },
  {
    name: 'that a person said it is not told',
    file: 'src/writes/make.ts',
    find: `...(byPerson && { byPerson })`,
    plant: ``,
    caughtBy: concluding('ends as %s by what a person found out, is told as that, and is never made again'),
  },
  {
    name: 'what a person said was written can be taken back',
    file: 'src/writes/create-writes.ts',
    find: `if (row.state !== 'done' || wordOn(row, parts) === 'person') throw cannotUndo();`,
    plant: `if (row.state !== 'done') throw cannotUndo();`,
    caughtBy: concluding('ends as %s by what a person found out, is told as that, and is never made again'),
  },
  {
    name: 'what a process took and died is made by the next',
    file: 'src/writes/create-writes.ts',
    find: `    if (found) return settleHeld(`,
    plant: `    if (found && !row.kept && !row.outcome) return make({ row, content, ...found, at: row.takenAt }, {}, parts, signal);
    if (found) return settleHeld(`,
    caughtBy: anyhow,
  },
  {
    name: 'what cannot be proven to be meant is made all the same',
    file: 'src/writes/make.ts',
    find: `    await proveWrite(content, 'intended', how, parts);
  } catch (error) {`,
    plant: `    await proveWrite(content, 'intended', how, parts);
  } catch (error) {
    await called(held, parts);`,
    caughtBy: anyhow,
  },
  {
    name: 'what is uncertain ends by itself',
    file: 'src/store/sqlite/ledger/005-settled.sql',
    find: ` AND NEW.settled IS NOT NULL)`,
    plant: `)`,
    caughtBy: kept('what is uncertain ends by a person, once, and is made by nobody'),
  },
  {
    name: 'a finding is kept of what goes on being uncertain',
    file: 'src/store/sqlite/ledger/005-settled.sql',
    find: ` OR NEW.state NOT IN ('done', 'absent')`,
    plant: ``,
    caughtBy: kept('what is uncertain ends by a person, once, and is made by nobody'),
  },
];
