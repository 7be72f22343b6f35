import type { EndState, NewProposal, OpenState, Proposals, ProposalState } from '../../proposals.ts';
import type { Database } from '../database.ts';
import type { ProcessName } from '../writing/process-alive.ts';

/** A row as it lies in the table. */
export interface Stored {
  readonly id: string;
  readonly state: ProposalState;
  readonly proposer: Buffer;
  readonly mark: Buffer | null;
  readonly at: number;
  readonly expiresAt: number;
  readonly movedAt: number;
  readonly takenAt: number;
  readonly content: Buffer;
  readonly decision: Buffer | null;
  readonly kept: Buffer | null;
  readonly outcome: Buffer | null;
  readonly settled: Buffer | null;
  readonly holder: string | null;
  readonly pid: number | null;
  readonly started: string | null;
}

const COLUMNS = `
  id, state, proposer, mark, at, expires_at AS expiresAt, moved_at AS movedAt,
  coalesce(taken_at, moved_at) AS takenAt, content, decision, kept, outcome, settled, holder, pid, process_started AS started`;

/** The statements of the table. Each that changes one row says whether it was as it had to be: nothing is decided on what was read before. */
export const prepareProposals = (db: Database) => {
  const insert = db.prepare<[string, Uint8Array, Uint8Array | null, number, number, number, Uint8Array]>(`
    INSERT INTO proposal (id, state, proposer, mark, at, expires_at, moved_at, content)
    VALUES (?, 'proposed', ?, ?, ?, ?, ?, ?)`);
  const find = db.prepare<[string], Stored>(`SELECT ${COLUMNS} FROM proposal WHERE id = ?`);
  const marked = db.prepare<[Uint8Array], Stored>(`SELECT ${COLUMNS} FROM proposal WHERE mark = ?`);
  const waiting = db.prepare<[number, number], Stored>(`
    SELECT ${COLUMNS} FROM proposal
    WHERE state = 'proposed' AND expires_at > ?
    ORDER BY at, id
    LIMIT ?`);
  const waitingOf = db
    .prepare<[Uint8Array, number], number>(`
    SELECT count(*) FROM proposal
    WHERE state IN ('proposed', 'approved') AND proposer = ? AND expires_at > ?`)
    .pluck();
  const unmark = db.prepare<[string]>('UPDATE proposal SET mark = NULL WHERE id = ?');
  const retire = db.prepare<[number, string]>(`
    UPDATE proposal SET state = 'expired', moved_at = ? WHERE id = ? AND state IN ('proposed', 'approved')`);
  const decide = db.prepare<['approved' | 'declined', Uint8Array, number, string, number]>(`
    UPDATE proposal SET state = ?, decision = ?, moved_at = ?
    WHERE id = ? AND state = 'proposed' AND expires_at > ?`);
  const reopen = db.prepare<[Uint8Array, number, number, string, OpenState, number]>(`
    UPDATE proposal SET state = 'proposed', content = ?, decision = NULL, expires_at = ?, moved_at = ?
    WHERE id = ? AND state = ? AND expires_at > ?`);
  const abandon = db.prepare<['expired' | 'failed', number, string]>(`
    UPDATE proposal SET state = ?, moved_at = ?
    WHERE id = ? AND state IN ('proposed', 'approved')`);
  const take = db.prepare<[number, number, string, number, string, string, OpenState, number]>(`
    UPDATE proposal SET state = 'committing', moved_at = ?, taken_at = ?, holder = ?, pid = ?, process_started = ?
    WHERE id = ? AND state = ? AND expires_at > ?`);
  const keep = db.prepare<[Uint8Array, string, string]>(`
    UPDATE proposal SET kept = ? WHERE id = ? AND state = 'committing' AND holder = ?`);
  const keepReceipt = db.prepare<[Uint8Array, string, string]>(`
    UPDATE proposal SET outcome = ? WHERE id = ? AND state = 'committing' AND holder = ?`);
  const end = db.prepare<[EndState, number, string, string]>(`
    UPDATE proposal SET state = ?, moved_at = ?, holder = NULL, pid = NULL, process_started = NULL
    WHERE id = ? AND state = 'committing' AND holder = ?`);
  const conclude = db.prepare<['done' | 'absent', Uint8Array, Uint8Array | null, number, string]>(`
    UPDATE proposal SET state = ?, settled = ?, outcome = ?, moved_at = ?
    WHERE id = ? AND state = 'uncertain'`);
  const uncertain = db.prepare<[number], Stored>(`
    SELECT ${COLUMNS} FROM proposal WHERE state = 'uncertain' ORDER BY at, id LIMIT ?`);
  const letGo = db.prepare<[string, string]>(`
    UPDATE proposal SET holder = NULL, pid = NULL, process_started = NULL
    WHERE id = ? AND state = 'committing' AND holder = ?`);
  const hold = db.prepare<[string, number, string, string]>(`
    UPDATE proposal SET holder = ?, pid = ?, process_started = ? WHERE id = ? AND state = 'committing'`);
  const committing = db.prepare<[], string>(`SELECT id FROM proposal WHERE state = 'committing' ORDER BY at, id`).pluck();
  const over = `
    state IN ('declined', 'expired', 'done', 'failed', 'absent') AND moved_at < ?
    OR state IN ('proposed', 'approved') AND expires_at < ?`;
  const anyOver = db.prepare<[number, number], 1>(`SELECT 1 FROM proposal WHERE ${over} LIMIT 1`);
  const purge = db.prepare<[number, number]>(`DELETE FROM proposal WHERE ${over}`);
  const readings = db.prepare<[Uint8Array, number], { id: string; at: number }>(`
    SELECT document AS id, at FROM reading WHERE reader = ? AND at >= ? ORDER BY document`);

  return {
    find: (id: string): Stored | undefined => find.get(id),
    marked: (marks: readonly Uint8Array[]): Stored | undefined => marks.flatMap((mark) => marked.get(mark) ?? []).at(0),
    add: ({ id, proposer, mark, at, expiresAt, content }: NewProposal): void =>
      void insert.run(id, proposer, mark ?? null, at, expiresAt, at, content),
    retire: (id: string, at: number): void => {
      unmark.run(id);
      retire.run(at, id);
    },
    waiting: (now: number, limit: number): readonly Stored[] => waiting.all(now, limit),
    waitingOf: (proposer: Uint8Array, now: number): number => waitingOf.get(proposer, now) ?? 0,
    decide: (id: string, to: 'approved' | 'declined', decision: Uint8Array, at: number): boolean =>
      decide.run(to, decision, at, id, at).changes > 0,
    reopen: (id: string, from: OpenState, { content, expiresAt, at }: Parameters<Proposals['reopen']>[2]): boolean =>
      reopen.run(content, expiresAt, at, id, from, at).changes > 0,
    abandon: (id: string, to: 'expired' | 'failed', at: number): boolean => abandon.run(to, at, id).changes > 0,
    take: (id: string, from: OpenState, at: number, { holder, pid, started }: ProcessName & { holder: string }): boolean =>
      take.run(at, at, holder, pid, started, id, from, at).changes > 0,
    keep: (id: string, note: Uint8Array, holder: string): boolean => keep.run(note, id, holder).changes > 0,
    keepReceipt: (id: string, outcome: Uint8Array, holder: string): boolean => keepReceipt.run(outcome, id, holder).changes > 0,
    end: (id: string, to: EndState, at: number, holder: string): boolean => end.run(to, at, id, holder).changes > 0,
    conclude: (id: string, to: 'done' | 'absent', { settled, outcome, at }: Parameters<Proposals['conclude']>[2]): boolean =>
      conclude.run(to, settled, outcome ?? null, at, id).changes > 0,
    uncertain: (limit: number): readonly Stored[] => uncertain.all(limit),
    letGo: (id: string, holder: string): void => void letGo.run(id, holder),
    hold: (id: string, { holder, pid, started }: ProcessName & { holder: string }): boolean =>
      hold.run(holder, pid, started, id).changes > 0,
    committing: (): readonly string[] => committing.all(),
    /** Waits for no other process where there is nothing to take out. */
    purge: (before: number): number => (anyOver.get(before, before) ? purge.run(before, before).changes : 0),
    readings: (readers: readonly Uint8Array[], since: number) => readers.flatMap((reader) => readings.all(reader, since)),
  };
};
