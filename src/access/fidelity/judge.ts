import type { Said } from '../../core/asked.ts';
import { explain } from '../../core/explain.ts';
import type { Carried } from '../../core/policy.ts';
import type { Rules } from '../../core/rules.ts';
import { documentId } from '../../core/document.ts';
import type { Reading } from '../../store/reader.ts';
import { explainAccess, type Shut, type Verdict } from '../explain.ts';
import { wayIn, wayOut, whyShut } from '../way.ts';
import { asTheSource, type Person } from './people.ts';

/** What a source said of a document and somebody, as it is compared: `unclear` where it names what decides and that is not known. */
export type SaidOf = 'visible' | 'forbidden' | 'gone' | 'unclear';

/** What came of one pair. `left`: we would ask the source too before we show it. */
export type Outcome = 'agrees' | 'widening' | 'narrowing' | 'undecided' | 'left';

/** Our decision about somebody and a document, and by what. */
export interface Ours {
  readonly verdict: Verdict | 'left';
  readonly shut: readonly Shut[];
  /** What lets them in, or what is not known, in one line. */
  readonly way: string;
  /** When the oldest fact that decided was confirmed, ms since 1970. */
  readonly confirmedAt?: number;
}

/** One pair: what we decided, and what its source said so far. */
export interface Asked {
  readonly id: string;
  readonly person: Person;
  readonly weight: number;
  readonly ours: Ours;
  readonly said?: SaidOf;
  readonly outcome?: Outcome;
  /** Why there is no answer. */
  readonly error?: unknown;
  /** A difference was there when it was looked at again. Absent: it was not looked at again. */
  readonly stands?: boolean;
}

const WAYS = { yes: wayIn, no: wayOut, undecided: whyShut } as const;

export interface Judging {
  readonly source: string;
  readonly rules: Rules;
  readonly carried: Carried;
  readonly now: number;
}

/** Decides as when they ask. */
export const oursOf = (reading: Reading, person: Person, key: string, { source, ...judging }: Judging): Ours => {
  const { identity, due } = person;
  const { verdict, asksSource, shut, found } = explainAccess(reading, { identity, due, ...judging }, documentId(source, key));
  const { explanation, stored } = found ?? {};
  const at = Math.min(explanation?.at ?? Infinity, stored?.permissionsSyncedAt ?? Infinity);
  return {
    verdict: asksSource ? 'left' : verdict,
    shut,
    way: explanation ? WAYS[explanation.is](explanation) : '',
    ...(at === Infinity ? {} : { confirmedAt: at }),
  };
};

/** What a source's word comes to for somebody. Groups and containers that it merely names are those that are stored. */
export const saidOf = (reading: Reading, person: Person, said: Said, { source, rules, now }: Judging): SaidOf => {
  if (said === 'gone' || said === 'forbidden') return said;
  if ('unknown' in said.acl) return 'unclear';
  const facts = reading.presuming(person.due).facts(source, person.identity, rules, now);
  const { is } = explain(said.acl, asTheSource(facts, person));
  return is === 'yes' ? 'visible' : is === 'no' ? 'forbidden' : 'unclear';
};

/** Whatever is not surely visible at the source, and visible here, is wider than it may be. */
export const outcomeOf = ({ verdict }: Pick<Ours, 'verdict'>, said: SaidOf): Outcome => {
  if (verdict === 'left') return 'left';
  if (verdict === 'allowed') return said === 'visible' ? 'agrees' : 'widening';
  if (said === 'visible') return 'narrowing';
  return said === 'unclear' ? 'undecided' : 'agrees';
};
