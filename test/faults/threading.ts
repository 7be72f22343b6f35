import type { Fault, NamedTest } from './fault.ts';

const pool = (test: string): NamedTest => ({ file: 'test/thread/pool.test.ts', test });
const ledger = (test: string): NamedTest => ({ file: 'test/store/sqlite/ledger/ledger-thread.test.ts', test });
const audit = (test: string): NamedTest => ({ file: 'test/server/audit.test.ts', test });
const people = (test: string): NamedTest => ({ file: 'test/access/identify-thread.test.ts', test });

/** Mistakes between the threads: whose answer is whose, what was on disk, who waits for whom. */
export const THREADING: readonly Fault[] = [
  {
    name: 'the pool gives an answer to whoever waits next',
    file: 'src/thread/pool.ts',
    find: `turn.resolve(await seat.thread.ask(turn.question, NEVER, turn.timeLeft()));`,
    plant: `const said = await seat.thread.ask(turn.question, NEVER, turn.timeLeft());
      const other = turns.take();
      (other ?? turn).resolve(said);
      if (other) turn.resolve(said);`,
    caughtBy: pool('gives every question its own answer, however many ask at once'),
  },
  {
    name: 'a thread whose asker has gone counts as free',
    file: 'src/thread/pool.ts',
    find: `turn.resolve(await seat.thread.ask(turn.question, NEVER, turn.timeLeft()));`,
    plant: `void seat.thread.ask(turn.question, NEVER, turn.timeLeft()).then(turn.resolve, turn.reject);`,
    caughtBy: pool('of %i threads occupies %i, and all others are answered meanwhile'),
  },
  {
    name: 'one caller may have every thread',
    file: 'src/thread/pool.ts',
    find: `const shareOfOne = Math.max(1, Math.min(Math.ceil(size / 2), size - 1));`,
    plant: `const shareOfOne = size;`,
    caughtBy: pool('of %i threads occupies %i, and all others are answered meanwhile'),
  },
  {
    name: 'an answer leaves before its row is committed',
    file: 'src/server/audit.ts',
    find: `await ledger.append(group.map(({ event }) => event));`,
    plant: `for (const { done } of group) done.resolve();
    await ledger.append(group.map(({ event }) => event));`,
    caughtBy: audit('no row, no answer: when the ledger cannot be written every record is refused, and later ones work again'),
  },
  {
    name: 'who waited too long for a row is answered',
    file: 'src/server/audit.ts',
    find: `done.reject(late());`,
    plant: `done.resolve();`,
    caughtBy: audit('who waits too long for a row is refused, and so is who waits behind; what was being written stays'),
  },
  {
    name: 'a new writer of the audit knows nothing of what the last one wrote',
    file: 'src/store/sqlite/ledger/ledger-thread.ts',
    find: `{ kind: 'append', events: prepared(events), written }`,
    plant: `{ kind: 'append', events: prepared(events), written: undefined }`,
    caughtBy: ledger('a chain that was changed while the writer was dead is not continued by the next one, nor signed'),
  },
  {
    name: 'a token without an e-mail is somebody by the one it had before',
    file: 'src/access/recognise.ts',
    find: `(recalled ? remembered : identity)`,
    plant: `remembered`,
    caughtBy: people('without an e-mail is given the remembered one only where that is asked for, and linked by it only there'),
  },
  {
    name: 'damage that one thread met stops no other',
    file: 'src/reader/views.ts',
    find: `if (answer.kind === 'damaged') damage ??= new AppError('unavailable', answer.message);
    if (damage) throw damage;`,
    plant: `if (answer.kind === 'damaged') throw new AppError('unavailable', answer.message);`,
    caughtBy: { file: 'test/reader/views.test.ts', test: 'say nothing more of an index that one of their threads found damaged' },
  },
  {
    name: 'a full disk is ready for the audit',
    file: 'src/store/sqlite/ledger/append.ts',
    find: `    if (events.length === 0) touch();\n`,
    plant: '',
    caughtBy: {
      file: 'test/store/sqlite/ledger/ledger.test.ts',
      test: 'whoever records nothing hears whether the disk would take a row',
    },
  },
];
