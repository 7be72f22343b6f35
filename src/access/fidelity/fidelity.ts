import { AppError } from '../../core/errors.ts';
import { identityName } from '../../core/caller.ts';
import type { Rules } from '../../core/rules.ts';
import type { Basis } from '../../core/view.ts';
import type { Asked, Ours, SaidOf } from './judge.ts';
import { type Kind, KINDS } from './people.ts';
import { type Share, shareOf, weighedShare } from './wilson.ts';

/** Answers that did not come and that are shown; the rest are counted. */
const FAILURES_MAX = 20;

/** Somebody and a document about whom a source and we do not agree. */
export interface Difference {
  /** `widening`: we show what the source does not. `narrowing`: the source shows what we do not. */
  readonly kind: 'widening' | 'narrowing';
  readonly who: string;
  readonly email?: string;
  readonly id: string;
  readonly ours: Ours;
  readonly said: SaidOf;
  /** The account the source was asked as; absent: it said who may see the document. */
  readonly as?: string;
  /** Was it there when both were asked again? Absent: there was no time for that. */
  readonly stands?: true;
  /** How old what decided is, and how old it may be, ms. */
  readonly age?: number;
  readonly within?: number;
}

/** How truly we decide as a source does. */
export interface Fidelity {
  readonly source: string;
  readonly seed: string;
  readonly basis: Basis;
  /** Pairs that were drawn, and of them asked about. Fewer: it was broken off. */
  readonly drawn: number;
  readonly asked: number;
  readonly agreeing: number;
  readonly widening: number;
  readonly narrowing: number;
  /** Differed once, and not when both were asked again. */
  readonly moved: number;
  /** The source names what decides, and that is not known here; we show nothing. */
  readonly undecided: number;
  /** No answer came. */
  readonly errors: number;
  /** We would ask the source before we show it, so it cannot be wider. */
  readonly left: number;
  /** Of those that agree or differ; absent where there is none. */
  readonly fidelity?: Share;
  /** The same of all pairs that could have been drawn. */
  readonly weighed?: Share;
  readonly frame: {
    readonly pairs: number;
    readonly people: number;
    readonly acls: number;
    /** All there are: fewer were drawn where they are too many. */
    readonly of: { readonly people: number; readonly acls: number; readonly documents: number };
    /** People with several accounts in the source: it cannot be asked as them. */
    readonly several: number;
  };
  /** Pairs that were asked about, by what the people are to the source. */
  readonly people: Readonly<Record<Kind, number>>;
  readonly differences: readonly Difference[];
  readonly failures: readonly { readonly who: string; readonly id: string; readonly why: string }[];
}

interface Counted {
  readonly asked: readonly Asked[];
  readonly drawn: { readonly pairs: number; readonly people: number; readonly cells: number };
  readonly of: {
    readonly people: number;
    readonly cells: number;
    readonly documents: number;
    readonly pairs: number;
    readonly several: number;
  };
  readonly basis: Basis;
  readonly seed: string;
  readonly source: string;
  readonly now: number;
  readonly rules: Rules;
}

/** Sums up what was asked. An answer that did not come is no agreement, and neither is one that decides nothing. */
export const fidelityOf = ({ asked, drawn, of, basis, seed, source, now, rules }: Counted): Fidelity => {
  const differing = asked.filter(isDifference);
  const agreeing = asked.filter(({ outcome, stands }) => outcome === 'agrees' && stands === undefined);
  const decided = [...agreeing, ...differing];
  const kinds = (kind: Difference['kind']): number => differing.filter(({ outcome }) => outcome === kind).length;
  const failed = asked.filter(({ outcome }) => outcome === undefined);
  const fidelity = shareOf(agreeing.length, decided.length);
  const weighed = weighedShare(decided.map((one) => ({ agrees: !isDifference(one), weight: one.weight })));
  return {
    source,
    seed,
    basis,
    drawn: drawn.pairs,
    asked: asked.length,
    agreeing: agreeing.length,
    widening: kinds('widening'),
    narrowing: kinds('narrowing'),
    moved: asked.filter(({ stands, outcome }) => stands === false && outcome !== undefined).length,
    undecided: asked.filter(({ outcome, stands }) => outcome === 'undecided' && stands === undefined).length,
    errors: failed.length,
    left: asked.filter(({ outcome, stands }) => outcome === 'left' && stands === undefined).length,
    ...(fidelity ? { fidelity } : {}),
    ...(weighed ? { weighed } : {}),
    frame: {
      pairs: of.pairs,
      people: drawn.people,
      acls: drawn.cells,
      of: { people: of.people, acls: of.cells, documents: of.documents },
      several: of.several,
    },
    people: peopleOf(asked),
    differences: differing.flatMap((one) => differenceOf(one, { now, within: rules.sources.get(source)?.permissions.within })),
    failures: failed.slice(0, FAILURES_MAX).map(({ person, id, error }) => ({ who: nameOf(person), id, why: whyOf(error) })),
  };
};

/** What differs stands, unless it was looked at again and did not. */
const isDifference = ({ outcome, stands }: Asked): boolean =>
  (outcome === 'widening' || outcome === 'narrowing') && stands !== false;

const differenceOf = (
  { outcome, said, ours, person, id, stands }: Asked,
  { now, within }: { readonly now: number; readonly within: number | undefined },
): Difference[] => {
  if (said === undefined || (outcome !== 'widening' && outcome !== 'narrowing')) return [];
  const { email } = person.identity;
  return [
    {
      kind: outcome,
      who: nameOf(person),
      ...(email === undefined ? {} : { email }),
      id,
      ours,
      said,
      ...(person.as ? { as: person.as.id } : {}),
      ...(stands ? { stands } : {}),
      ...(ours.confirmedAt === undefined ? {} : { age: now - ours.confirmedAt }),
      ...(within === undefined ? {} : { within }),
    },
  ];
};

const nameOf = ({ identity }: Asked['person']): string => identityName(identity);

/** What a source throws may quote what nobody here should read: only our own sentences are repeated. */
const whyOf = (error: unknown): string =>
  error instanceof AppError ? error.message : `The connector failed (${error instanceof Error ? error.name : typeof error}).`;

const peopleOf = (asked: readonly Asked[]): Record<Kind, number> => {
  const counts: Record<Kind, number> = { member: 0, guest: 0, inactive: 0, none: 0 };
  for (const kind of KINDS) counts[kind] = asked.filter(({ person }) => person.kind === kind).length;
  return counts;
};
