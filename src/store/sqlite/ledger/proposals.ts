import type { Added, NewProposal, ProposalRow, Proposals, ProposalState } from '../../proposals.ts';
import { type Database, openDatabase } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { sameFile } from '../same-file.ts';
import { isAlive as isProcessAlive, type ProcessName, processStarted } from '../writing/process-alive.ts';
import { patient } from './patiently.ts';
import { prepareProposals, type Stored } from './proposal-rows.ts';

/** Nobody looks at more that wait, and a model that goes in circles fills no disk. */
const WAITING_MAX = 50;

export interface ProposalsOptions {
  /** Of the ledger. */
  readonly path: string;
  /** Whoever makes writes by these proposals: a name of its own in this process, random. */
  readonly holder: string;
  /** How the process of another is told from one that is dead. */
  readonly isAlive?: (other: ProcessName & { readonly holder: string }) => boolean;
}

/** Opens the proposals, on a connection of their own. */
export const openProposals = ({ path, holder, isAlive = isProcessAlive }: ProposalsOptions): Proposals => {
  const file = {
    path,
    name: 'ledger',
    remedy: 'Restore it from a backup. Whether a write that was under way was made, its source alone can tell.',
  };
  const db = openDatabase({ ...file, migrations: new URL('./', import.meta.url) });
  const self = { holder, pid: process.pid, started: processStarted(process.pid) ?? '' };
  try {
    return guarded(file, () => proposalsOn(db, { file, self, isAlive }));
  } catch (error) {
    db.close();
    throw error;
  }
};

interface Keeping {
  readonly file: DatabaseFile;
  readonly self: ProcessName & { readonly holder: string };
  readonly isAlive: (other: ProcessName & { readonly holder: string }) => boolean;
}

const proposalsOn = (db: Database, { file, self, isAlive }: Keeping): Proposals => {
  db.pragma('busy_timeout = 0');
  db.pragma('fullfsync = ON'); // what may have reached a source must not be forgotten with the power
  const rows = prepareProposals(db);
  const same = sameFile(file);
  const patiently = patient(file);

  const heldBy = ({ state, holder, pid, started }: Stored): ProposalRow['held'] => {
    if (state !== 'committing') return undefined;
    if (holder === null || pid === null || started === null) return 'nobody';
    if (holder === self.holder) return 'ours';
    return isAlive({ holder, pid, started }) ? 'theirs' : 'nobody';
  };
  const rowOf = (stored: Stored | undefined): ProposalRow | undefined => {
    if (!stored) return undefined;
    const { id, state, proposer, at, expiresAt, movedAt, takenAt, content, decision, kept, outcome, settled } = stored;
    const held = heldBy(stored);
    return {
      id,
      state,
      proposer,
      at,
      expiresAt,
      movedAt,
      takenAt,
      content,
      ...(decision && { decision }),
      ...(kept && { kept }),
      ...(outcome && { outcome }),
      ...(settled && { settled }),
      ...(held && { held }),
    };
  };

  const add = db.transaction((proposal: NewProposal, { marks = [], instead, inherits }: Also): Added => {
    const former = instead === undefined ? undefined : rows.find(instead);
    const free = former && isUnwritten(former.state);
    const mark = inherits && free ? (former.mark ?? undefined) : proposal.mark;
    if (free) rows.retire(former.id, proposal.at);
    const row = rowOf(rows.marked([...(mark ? [mark] : []), ...marks]));
    if (row) return { is: 'known', row };
    if (rows.waitingOf(proposal.proposer, proposal.at) >= WAITING_MAX) return { is: 'full' };
    rows.add({ ...proposal, ...(mark && { mark }) });
    return { is: 'added' };
  });
  const takeOver = db.transaction((id: string, ours: boolean): boolean => {
    const stored = rows.find(id);
    const held = stored && heldBy(stored);
    if (held !== 'nobody' && !(ours && held === 'ours')) return false;
    return rows.hold(id, self);
  });

  return {
    add: (proposal, also = {}) => patiently(() => add.immediate(proposal, also)),
    known: (marks) => patiently(() => rowOf(rows.marked(marks))),
    find: (id) => patiently(() => rowOf(rows.find(id))),
    waiting: (now, limit) => patiently(() => rows.waiting(now, limit).flatMap((stored) => rowOf(stored) ?? [])),
    decide: (id, to, decision, at) => patiently(() => rows.decide(id, to, decision, at)),
    reopen: (id, from, anew) => patiently(() => rows.reopen(id, from, anew)),
    abandon: (id, to, at) => patiently(() => rows.abandon(id, to, at)),
    take: (id, from, at) =>
      patiently(() => {
        same(); // an intent in a file that was taken away would be found by nobody
        return rows.take(id, from, at, self);
      }),
    keep: (id, note) => patiently(() => rows.keep(id, note, self.holder)),
    keepReceipt: (id, outcome) => patiently(() => rows.keepReceipt(id, outcome, self.holder)),
    end: (id, to, at) => patiently(() => rows.end(id, to, at, self.holder)),
    conclude: (id, to, how) => patiently(() => rows.conclude(id, to, how)),
    uncertain: (limit) => patiently(() => rows.uncertain(limit).flatMap((stored) => rowOf(stored) ?? [])),
    letGo: (id) => patiently(() => rows.letGo(id, self.holder)),
    takeOver: (id, ours) => patiently(() => takeOver.immediate(id, ours)),
    committing: () => patiently(() => rows.committing()),
    purge: (before) => patiently(() => rows.purge(before)),
    readings: (readers, since) => patiently(() => rows.readings(readers, since)),
    close: async () => void db.close(),
  };
};

type Also = NonNullable<Parameters<Proposals['add']>[1]>;

/** Of what surely was not written and never will be, another may take the place. */
const isUnwritten = (state: ProposalState | undefined): boolean =>
  state !== undefined && ['proposed', 'approved', 'expired', 'failed', 'absent'].includes(state);
