import { AppError, unreachable } from '../../src/core/errors.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { RunEnd, Store } from '../../src/store/store.ts';
import { type IndexInProcess, type IndexOptions, openIndex, openIndexAt, say } from '../support/index-in-process.ts';
import type { DecisionFacts } from './links.ts';
import type { SaidRun } from './steps.ts';

/** Who writes a run into the index that is asked: its own store, a second connection, or a second process. */
export type Writer = 'own' | 'connection' | 'process';

/** One run of a source, as it is to be written. */
export interface Performed {
  readonly source: string;
  readonly run: SaidRun;
  readonly writer: Writer;
  /** Called with how many changes are committed, between two of a run that is asked meanwhile. */
  readonly meanwhile: (until: number) => Promise<void>;
}

/** A real index on which a world is played, and whoever writes it. */
export interface Stage {
  /** The index as it is open now: a restart opens it anew. */
  index(): IndexInProcess;
  /** What the run ended with; undefined where nobody was left to say. */
  perform(performed: Performed): Promise<RunEnd | undefined>;
  /** Says whether what a person decides was done: false where it was refused. */
  decide(source: string, decision: DecisionFacts): Promise<boolean>;
  /** Closes everything, performs it alone, and opens everything again. */
  restart(performed: Performed): Promise<RunEnd>;
  close(): Promise<void>;
}

/** A second process that writes where it is told to. */
export interface OtherProcess {
  say(path: string, now: number, source: string, run: SaidRun): Promise<RunEnd | undefined>;
}

/** No process has it: whoever holds a lease by it is dead. */
const DEAD = { pid: 4_194_305, processStarted: 'long ago' };
const DONE: RunEnd = { status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] };

/** Opens an empty stage. `other`: the second process, where there is one. */
export const openStage = async (options: IndexOptions, other?: OtherProcess): Promise<Stage> => {
  let index = await openIndex(options);
  let second: Store | undefined;
  const { path } = index;

  const connection = async (): Promise<Store> => (second ??= await openStore({ path, now: options.now }));

  const withDead = async (work: (store: Store) => Promise<unknown>): Promise<void> => {
    const store = await openStore({ path, now: options.now, ...DEAD });
    await work(store);
    await store.close();
  };

  const asked = async ({ source, run, meanwhile }: Performed): Promise<void> => {
    const writer = await index.store.open(source, 'said', options.now());
    for (const [at, change] of run.changes.entries()) {
      if (change.type !== 'account' && change.type !== 'members' && change.type !== 'container') continue;
      await writer.write([change]);
      await meanwhile(at + 1);
    }
    await writer.finish(DONE, options.now());
  };

  return {
    index: () => index,
    perform: async (performed) => {
      const { source, run, writer } = performed;
      const { changes, end } = run;
      switch (end) {
        case 'killed':
          await withDead((store) =>
            say({ store: neverEnding(store), now: options.now, source, changes, cut: false }).catch(() => 0),
          );
          return undefined;
        case 'asked':
          await asked(performed);
          return undefined;
        case 'whole':
        case 'cut':
          if (writer === 'process' && other) return other.say(path, options.now(), source, run);
          return say({
            store: writer === 'own' ? index.store : await connection(),
            now: options.now,
            source,
            changes,
            cut: end === 'cut',
          });
        default:
          return unreachable(end);
      }
    },
    decide: async (source, { kind, person, account, andUnlink }) => {
      const { issuer, subject, email } = person;
      const who = { issuer, subject, ...(email === undefined ? {} : { email }) };
      const decision = { who, source, account, reason: 'they said so', operator: 'os:tester' };
      try {
        if (kind === 'link') await index.store.linkByHand({ ...decision, andUnlink }, options.now());
        else await index.store.unlink(decision, options.now());
        return true;
      } catch (error) {
        if (error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found')) return false;
        throw error;
      }
    },
    restart: async ({ source, run }) => {
      await index.leave();
      await second?.close();
      second = undefined;
      const alone = await openStore({ path, now: options.now });
      const ended = await say({ store: alone, now: options.now, source, changes: run.changes, cut: false });
      await alone.close();
      index = await openIndexAt(path, options);
      return ended;
    },
    close: async () => {
      await second?.close();
      await index.close();
    },
  };
};

/** Dies before it can end a run: what it committed stays, and so does its lease. */
const neverEnding = (store: Store): Store => ({
  ...store,
  open: async (...of) => {
    const writer = await store.open(...of);
    return {
      run: writer.run,
      due: writer.due,
      get cursor() {
        return writer.cursor;
      },
      listed: writer.listed,
      whole: writer.whole,
      known: (keys) => writer.known(keys),
      write: (batch, widening) => writer.write(batch, widening),
      land: async () => {
        throw new Error('The process is gone.');
      },
      sweep: (limit, within) => writer.sweep(limit, within),
      finish: async () => {
        throw new Error('The process is gone.');
      },
    };
  },
});
