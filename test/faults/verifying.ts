import type { Fault, NamedTest } from './fault.ts';

const sample = (test: string): NamedTest => ({ file: 'test/access/fidelity/verify-source.test.ts', test });
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
];
