import type { Identity } from '../../core/caller.ts';
import { decide } from '../../core/decide.ts';
import type { Rules } from '../../core/rules.ts';
import type { Basis } from '../../core/view.ts';
import type { Cell, Reader, Reading } from '../../store/reader.ts';
import { type Dice, someOf } from './dice.ts';
import { candidatesOf, type Person, personOf } from './people.ts';

/** Acls, each with its container, that are drawn: one that stands on a single document is drawn as likely as one on all the rest. */
const CELLS_MAX = 400;
/** People who are decided about in one read of the index; then others may have the thread. */
const AT_ONCE = 20;

/** What pairs are drawn from, as of one state of the index. */
export interface Frame {
  readonly basis: Basis;
  readonly people: readonly Person[];
  readonly cells: readonly Cell[];
  /** For each person the cells whose acl holds for them. */
  readonly may: readonly (readonly boolean[])[];
  /** All that there is, where only some of it was drawn. */
  readonly of: { readonly people: number; readonly cells: number; readonly documents: number };
  /** People with several accounts in the source: it cannot be asked as them. */
  readonly several: number;
}

export interface FrameOptions {
  readonly source: string;
  readonly reader: Reader;
  readonly rules: Rules;
  readonly dice: Dice;
  readonly now: number;
  /** The links that somebody gets when they ask. */
  readonly linksDue: (identity: Identity) => Promise<Person['due']>;
  readonly signal: AbortSignal;
}

/** Draws people and acls, and decides which holds for whom. Undefined where the index moved meanwhile. */
export const frameOf = async (options: FrameOptions): Promise<Frame | undefined> => {
  const { source, reader, rules, dice, now, linksDue, signal } = options;
  const opened = reader.read((reading) => ({
    basis: reading.basis,
    candidates: candidatesOf(reading, source, { rules, dice }),
    ...cellsOf(reading, source, dice),
  }));
  const { basis, candidates, cells } = opened;
  const people: Person[] = [];
  const may: boolean[][] = [];
  let several = 0;
  for (let at = 0; at < candidates.drawn.length; at += AT_ONCE) {
    signal.throwIfAborted();
    const some = candidates.drawn.slice(at, at + AT_ONCE);
    const due = await Promise.all(some.map(({ identity }) => linksDue(identity)));
    const same = reader.read((reading) => {
      if (!isAt(reading, basis)) return false;
      const acls = cells.map((cell) => aclOf(reading, source, cell));
      for (const [nth, candidate] of some.entries()) {
        const presumed = reading.presuming(due[nth] ?? []);
        const accounts = presumed.accounts(candidate.identity, rules, now).in.get(source) ?? [];
        const person = personOf(candidate, due[nth] ?? [], accounts);
        if (!person) several += 1;
        if (!person) continue;
        const facts = presumed.facts(source, candidate.identity, rules, now);
        people.push(person);
        may.push(acls.map((acl) => acl !== undefined && decide(acl, facts) !== undefined));
      }
      return true;
    });
    if (!same) return undefined;
  }
  return { basis, people, cells, may, several, of: { people: candidates.of, ...opened.of } };
};

export const isAt = ({ basis }: Pick<Reading, 'basis'>, { version, databaseId }: Basis): boolean =>
  basis.version === version && basis.databaseId === databaseId;

const cellsOf = (reading: Reading, source: string, dice: Dice) => {
  const of = { cells: 0, documents: 0 };
  const counted = function* (): Generator<Cell> {
    for (const cell of reading.sampled.cells(source)) {
      of.cells += 1;
      of.documents += cell.documents;
      yield cell;
    }
  };
  return { cells: someOf(counted(), CELLS_MAX, dice), of };
};

const aclOf = (reading: Reading, source: string, cell: Cell) => {
  const key = reading.sampled.keyIn(source, cell, 0);
  return key === undefined ? undefined : reading.document(source, key)?.acl.value;
};
