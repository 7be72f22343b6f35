import type { Drift } from '../core/drift.ts';
import type { SourceDrift } from '../store/source-drift.ts';
import type { SourceStatus } from '../store/store.ts';
import type { Check } from './doctor-checks.ts';
import { count, day, listed, span } from './words.ts';

type Met = SourceDrift['met'][number];
type MetOf<Kind extends Drift['kind']> = Met & { readonly what: Extract<Drift, { kind: Kind }> };

/** Paths that are named; the rest are counted. */
const NAMED_MAX = 5;
/** What ends sooner is to be done now, in ms. */
const SOON = 30 * 24 * 3_600_000;

/** In what a source is not what its connector was written for, and what to do about it. */
export const driftChecks = ({ name, drift, lastRun }: SourceStatus, now: number): Check[] => [
  ...moved(name, of(drift, 'moved_field'), now),
  ...of(drift, 'sunset').map((one) => ending(name, one, now)),
  // What the newest run did not say any more is past.
  ...of(drift, 'advice')
    .filter(({ lastAt }) => lastAt === lastRun?.startedAt)
    .map(({ what }): Check => ({ name, state: 'warn', says: what.message })),
  ...unknown(name, of(drift, 'unknown_field')),
  ...(drift.more > 0 ? [{ name, state: 'warn' as const, says: `And ${count(drift.more, 'notice')} too many to keep.` }] : []),
];

const of = <Kind extends Drift['kind']>({ met }: SourceDrift, kind: Kind): MetOf<Kind>[] =>
  met.filter((one): one is MetOf<Kind> => one.what.kind === kind);

const moved = (name: string, all: readonly MetOf<'moved_field'>[], now: number): Check[] => {
  if (all.length === 0) return [];
  const times = all.reduce((sum, one) => sum + one.times, 0);
  const first = all.reduce((oldest, one) => (one.firstAt < oldest.firstAt ? one : oldest));
  const where = all.map(({ what, times: often }) => `${placeOf(what)} (${count(often, 'time')})`);
  return [
    {
      name,
      state: 'warn',
      says: `${count(times, 'reply', 'replies')} could not be understood, since run ${first.firstRun} ${span(now - first.firstAt)} ago: ${named(where)}.`,
      remedy: `a newer version of Castellan may know what moved; then: castellan sync ${name}`,
    },
  ];
};

const placeOf = ({ call, path }: { readonly call: string; readonly path: string }): string =>
  path === '' ? 'it is not known where' : `${path} of ${call}`;

const ending = (name: string, { what: { call, at, link } }: MetOf<'sunset'>, now: number): Check => {
  const more = link === undefined ? '' : ` ${link} says more.`;
  const when = at === undefined ? 'is to end' : `${at <= now ? 'ended' : 'ends'} on ${day(new Date(at).toISOString())}`;
  return {
    name,
    state: at !== undefined && at - now < SOON ? 'fail' : 'warn',
    says: `What Castellan calls there ${when} (${call}).${more}`,
    remedy: 'update Castellan before then: a newer version may call what takes its place',
  };
};

/** That a source says more than it is asked harms nobody. */
const unknown = (name: string, all: readonly MetOf<'unknown_field'>[]): Check[] =>
  all.length === 0
    ? []
    : [
        {
          name,
          state: 'ok',
          says: `${count(all.length, 'field')} nobody knows here, and nothing is read from: ${named(all.map(({ what }) => placeOf(what)))}`,
        },
      ];

const named = (all: readonly string[]): string =>
  all.length > NAMED_MAX
    ? `${all.slice(0, NAMED_MAX).join(', ')} and ${count(all.length - NAMED_MAX, 'more', 'more')}`
    : listed(all);

/** The same for machines. */
export const driftJson = ({ met, more }: SourceDrift): object => ({
  drift: met.map(({ what, times, firstRun, firstAt, lastAt }) => ({
    ...wordsOf(what),
    times,
    first_run: firstRun,
    first_at: new Date(firstAt).toISOString(),
    last_at: new Date(lastAt).toISOString(),
  })),
  drift_more: more,
});

const wordsOf = (what: Drift): object => {
  if (what.kind !== 'sunset') return what;
  const { at, ...words } = what;
  return { ...words, ...(at === undefined ? {} : { ends_at: new Date(at).toISOString() }) };
};

/** For whom it is enough to know that there is something: what hinders, or will. */
export const isDrifting = ({ met }: SourceDrift): boolean =>
  met.some(({ what: { kind } }) => kind === 'moved_field' || kind === 'sunset');
