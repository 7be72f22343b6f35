import type { Aspect, Change } from '../core/change.ts';
import { AppError } from '../core/errors.ts';
import type { Batch } from './batch.ts';
import { check, type Problem } from './check.ts';
import type { Running, SyncOptions } from './runner.ts';

/** A sweep of fewer documents is never refused, however large a part of the source they are. */
const SWEEP_DOCUMENTS = 20;
const SWEEP_RATIO = 0.2;

/** Where a run's changes go in. */
export interface Intake<Cursor> {
  readonly signal: AbortSignal;
  /** Whether something was lost of which nobody can say what. */
  readonly lost: boolean;
  take(change: Change<Cursor>): Promise<void>;
  /** After the last change. */
  end(): Promise<void>;
}

/** Judges changes, and holds the run to what its problems allow. */
export const createIntake = <Settings, Cursor>(
  { connector, source, signal, acceptDeletions = false }: SyncOptions<Settings, Cursor>,
  { writer, tally, drift }: Running,
  batch: Batch,
): Intake<Cursor> => {
  const limit = { ratio: source.maxDeleteRatio ?? SWEEP_RATIO, documents: SWEEP_DOCUMENTS, accept: acceptDeletions };
  // Set once nobody can say what was lost: no listing is whole then, and a cursor past it would forget it.
  let lost = false;
  let unchanged = false;
  const standing = new Set<Aspect>();
  // Groups whose last page has not come.
  const halves = new Set<string>();

  const lose = (problem: Problem): void => {
    tally.problem(problem);
    lost = true;
  };

  const loseHalves = (): void => {
    for (const group of halves) lose({ message: `The members of the group ${group} ended before their last page.` });
    halves.clear();
  };

  const complete = async (of?: string): Promise<void> => {
    if (of === undefined) loseHalves();
    if (lost) return;
    await batch.flush();
    const swept = await writer.sweep(limit, of).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'invalid_input') return error;
      throw error;
    });
    if (swept instanceof AppError) lose({ message: swept.message });
    else if (swept.refused) {
      const { missing, of: all } = swept.refused;
      lose({
        message:
          `The listing lacks ${missing} of ${all} documents, so nothing was deleted. ` +
          `If they are really gone: castellan sync ${source.name} --accept-deletions`,
      });
    } else tally.written({ changed: 0, deleted: swept.deleted });
  };

  return {
    signal,
    get lost() {
      return lost;
    },
    async take(change) {
      const { changes, problem } = check(change, connector.cursor);
      if (change.type === 'problem') drift.problem(change.error);
      if (problem?.key !== undefined) tally.problem(problem);
      else if (problem) lose(problem);
      for (const checked of changes) {
        if (checked.type === 'complete') await complete(checked.of);
        else if (checked.type === 'unchanged' && checked.only !== undefined) standing.add(checked.only);
        else if (checked.type === 'unchanged') unchanged = true;
        else if (checked.type !== 'checkpoint' || !lost) await batch.add(checked);
        if (checked.type !== 'members') continue;
        if (checked.more) halves.add(checked.group);
        else halves.delete(checked.group);
      }
      // Of a document that is broken at most its acl and its labels came in.
      if (change.type === 'document' && problem?.key !== undefined) await batch.add({ type: 'seen', key: problem.key });
    },
    async end() {
      loseHalves();
      if (unchanged && tally.counts.problems === 0) await writer.write([{ type: 'unchanged' }]);
      else if (!lost) await writer.write([...standing].map((only) => ({ type: 'unchanged', only })));
    },
  };
};
