import { parseArgs } from 'node:util';

import { killRound, type Outcome, type Round } from './kill.ts';
import { openStates } from './states.ts';

/** Kills Castellan in many rounds, prints where each died, and fails where a kill and a resume differ from no kill, or where none died inside a transaction. */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});
const rounds = Number(values.rounds);
const firstSeed = Number(values.seed);
/** Rounds at once: each is a process and its parent's look at what is left. */
const AT_ONCE = 2;

/** Of ten rounds, five sync what changed, three sync for the first time, one of them dying among its vectors, and two search. */
const KINDS: readonly Pick<Round, 'what' | 'late'>[] = [
  { what: 'next sync' },
  { what: 'first sync' },
  { what: 'next sync' },
  { what: 'search' },
  { what: 'next sync' },
  { what: 'first sync', late: true },
  { what: 'next sync' },
  { what: 'first sync' },
  { what: 'next sync' },
  { what: 'search' },
];

const plan = Array.from({ length: rounds }, (_, at): Round => {
  const kind = KINDS[at % KINDS.length] ?? { what: 'next sync' };
  return { ...kind, seed: firstSeed + at, twice: kind.what !== 'search' && at % 3 === 2 };
});

const line = ({ round, deaths, faults }: Outcome): string => {
  const where = deaths.map(({ statement, inside }) => `${statement} ${inside ? 'inside' : 'outside'}`).join(', then ');
  const end = faults.length === 0 ? 'equal' : `FAILED\n  ${faults.join('\n  ')}`;
  return `${String(round.seed).padStart(5)}  ${round.what.padEnd(10)}  ${round.late ? 'model' : 'words'}  ${where.padEnd(32)}  ${end}`;
};

const began = performance.now();
const [words, model] = await Promise.all([openStates('none'), openStates('local')]);
const outcomes: Outcome[] = [];
try {
  process.stdout.write(` seed  killed      with   at statement, and transaction     resumed\n`);
  const waiting = plan.values();
  const playSome = async (): Promise<void> => {
    for (const round of waiting) {
      const outcome = await killRound(round.late ? model : words, round);
      outcomes.push(outcome);
      process.stdout.write(`${line(outcome)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playSome));
} finally {
  await Promise.all([words.close(), model.close()]);
}

const deaths = outcomes.flatMap((outcome) => outcome.deaths);
const inside = deaths.filter((death) => death.inside).length;
const failed = outcomes.filter(({ faults }) => faults.length > 0).length;
const seconds = Math.round((performance.now() - began) / 1000);
process.stdout.write(
  `${outcomes.length} rounds, ${deaths.length} kills, ${inside} of them inside a transaction, ${seconds} s\n` +
    (failed === 0 ? 'every resume equals no kill\n' : `${failed} rounds FAILED\n`) +
    (inside === 0 ? 'none died inside a transaction: this proves nothing\n' : ''),
);
process.exitCode = failed === 0 && inside > 0 && outcomes.length === rounds ? 0 : 1;
