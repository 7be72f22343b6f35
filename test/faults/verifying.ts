import type { Fault, NamedTest } from './fault.ts';

const sample = (test: string): NamedTest => ({ file: 'test/access/fidelity/verify-source.test.ts', test });
const reply = (test: string): NamedTest => ({ file: 'test/core/reply.test.ts', test });
const run = (test: string): NamedTest => ({ file: 'test/ingest/drift.test.ts', test });
const doctor = (test: string): NamedTest => ({ file: 'test/cli/doctor-drift.test.ts', test });
const page = (test: string): NamedTest => ({ file: 'test/connectors/docs.test.ts', test });
const command = (test: string): NamedTest => ({ file: 'test/cli/verify.test.ts', test });

/** Mistakes about what a source says of itself: whether we decide as it does, what moved in it, what its documentation tells. */
export const VERIFYING: readonly Fault[] = [
  {
    name: 'an answer that did not come is agreement',
    file: 'src/access/fidelity/fidelity.ts',
    find: `outcome === 'agrees' && stands === undefined`,
    plant: `(outcome ?? 'agrees') === 'agrees' && stands === undefined`,
    caughtBy: sample('is no agreement, and why is said without what only the source may say'),
  },
  {
    name: 'what is wider here is no failure',
    file: 'src/cli/verify.ts',
    find: `widening === 0 && errors === 0`,
    plant: `widening >= 0 && errors === 0`,
    caughtBy: command('are found where a run widened them, and where the file itself was changed'),
  },
  {
    name: 'only what is denied is sampled',
    file: 'src/access/fidelity/draw.ts',
    find: `const ofAllowed = Math.min(allowed.pairs,`,
    plant: `const ofAllowed = Math.min(0,`,
    caughtBy: sample('is found where the source says %s'),
  },
  {
    name: 'what is rare is drawn as rarely as it is',
    file: 'src/access/fidelity/draw.ts',
    find: `const one = half.cells[dice.below(half.cells.length)];`,
    plant: `const one = half.cells.toSorted((a, b) => b.documents - a.documents)[dice.below(1)];`,
    caughtBy: sample('is drawn however rare it is: one page among hundreds, in the half that we allow'),
  },
  {
    name: 'a pair that was drawn often weighs as much as one of thousands',
    file: 'src/access/fidelity/draw.ts',
    find: `weight: one.people.length * one.documents }`,
    plant: `weight: 1 }`,
    caughtBy: sample('is drawn however rare it is: one page among hundreds, in the half that we allow'),
  },
  {
    name: 'what a source names and nobody knows agrees with what we show',
    file: 'src/access/fidelity/judge.ts',
    find: `return said === 'visible' ? 'agrees' : 'widening';`,
    plant: `return said === 'visible' || said === 'unclear' ? 'agrees' : 'widening';`,
    caughtBy: sample('is wider even where the source names what nobody here knows'),
  },
  {
    name: 'a document that is gone there may still be shown',
    file: 'src/access/fidelity/judge.ts',
    find: `return said === 'visible' ? 'agrees' : 'widening';`,
    plant: `return said === 'visible' || said === 'gone' ? 'agrees' : 'widening';`,
    caughtBy: sample('is found where the source says %s'),
  },
  {
    name: 'what differed once is a difference',
    file: 'src/access/fidelity/verify-source.ts',
    find: `stands: again.outcome === before.outcome`,
    plant: `...before, stands: again.outcome !== 'left'`,
    caughtBy: sample('is no difference: both are asked again'),
  },
  {
    name: 'everybody is asked about as nobody',
    file: 'src/access/fidelity/verify-source.ts',
    find: `said: await ask(key, person.as, signal)`,
    plant: `said: await ask(key, undefined, signal)`,
    caughtBy: sample('agrees in everything that is decided, of people of every kind'),
  },
  {
    name: 'what a connector throws is repeated',
    file: 'src/access/fidelity/fidelity.ts',
    find: `error instanceof AppError ? error.message :`,
    plant: `error instanceof Error ? error.message :`,
    caughtBy: sample('is no agreement, and why is said without what only the source may say'),
  },
  {
    name: 'a path of a reply holds whose data it is',
    file: 'src/core/reply-fields.ts',
    find: `(FIELD.test(name) && !NUMBERED.test(name) ? name : ANY)`,
    plant: `(name.length < 1000 ? name : ANY)`,
    caughtBy: reply('such as %j'),
  },
  {
    name: 'a table by names is a list of fields',
    file: 'src/core/reply-fields.ts',
    find: `const named = unnamed.length > NAMES_MAX ? [ANY] : unnamed.map(cleaned);`,
    plant: `const named = unnamed.map(cleaned);`,
    caughtBy: reply('names that are many are somebody’s'),
  },
  {
    name: 'what an object inherits is a field of its schema',
    file: 'src/core/reply-fields.ts',
    find: `      const own = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (own) walk`,
    plant: `      const own = shape[key];
      if (own) walk`,
    caughtBy: reply('is not steered by the names it holds'),
  },
  {
    name: 'all of a huge reply is looked at',
    file: 'src/core/reply-fields.ts',
    find: `if (left-- <= 0 || found`,
    plant: `if (found`,
    caughtBy: reply('is looked at as far as is worth it'),
  },
  {
    name: 'a record that could not be understood is a problem like another',
    file: 'src/ingest/intake.ts',
    find: `      if (change.type === 'problem') drift.problem(change.error);\n`,
    plant: '',
    caughtBy: run('is counted and kept with it: fields nobody knows, and records that could not be understood by what moved'),
  },
  {
    name: 'a run keeps whatever it meets',
    file: 'src/ingest/drift.ts',
    find: `else if (met.size < KEPT_MAX)`,
    plant: `else if (met.size < 1_000_000)`,
    caughtBy: run('is a hundred different things at most, and how often there were others'),
  },
  {
    name: 'what was met once is told for ever',
    file: 'src/store/sqlite/writing/run-drift.ts',
    find: `run.started_at >= newest.at - `,
    plant: `run.started_at >= newest.at - 9 * `,
    caughtBy: run('is forgotten when no run of a week meets it any more'),
  },
  {
    name: 'what ends tomorrow can wait',
    file: 'src/cli/drift-report.ts',
    find: `at !== undefined && at - now < SOON`,
    plant: `at !== undefined && at - now < -SOON`,
    caughtBy: doctor('what ends in %s ms is told with its day: %s'),
  },
  {
    name: 'a page of a connector is never held against what it declares',
    file: 'packaging/connector-docs.ts',
    find: `return page.slice(0, begin) + block + page.slice(end + END.length);`,
    plant: `return page;`,
    caughtBy: page('%s is another once one more is declared'),
  },
];
