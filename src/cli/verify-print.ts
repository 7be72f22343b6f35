import type { Difference, Fidelity } from '../access/fidelity/fidelity.ts';
import type { Share } from '../access/fidelity/wilson.ts';
import type { Place } from './parts.ts';
import { said as command } from './said.ts';
import { type Channel, look } from './terminal.ts';
import { count, grouped, listed, span } from './words.ts';

/** What was found, for machines: shares from 0 to 1, ages in seconds. */
export const fidelityJson = (found: Fidelity): object => ({
  source: found.source,
  seed: found.seed,
  version: found.basis.version,
  epoch: found.basis.epoch,
  partial: isPartial(found),
  drawn: found.drawn,
  asked: found.asked,
  agreeing: found.agreeing,
  widening: found.widening,
  narrowing: found.narrowing,
  moved: found.moved,
  undecided: found.undecided,
  errors: found.errors,
  left_to_source: found.left,
  fidelity: found.fidelity ?? null,
  weighed: found.weighed ?? null,
  drawn_from: {
    pairs: found.frame.pairs,
    people: found.frame.people,
    people_of: found.frame.of.people,
    acls: found.frame.acls,
    acls_of: found.frame.of.acls,
    documents_of: found.frame.of.documents,
    several_accounts: found.frame.several,
  },
  people: found.people,
  differences: found.differences.map((one) => ({
    kind: one.kind,
    who: one.who,
    ...(one.email === undefined ? {} : { email: one.email }),
    id: one.id,
    we: one.ours.verdict,
    by: one.ours.way,
    shut: one.ours.shut,
    source_says: one.said,
    ...(one.as === undefined ? {} : { asked_as: one.as }),
    asked_twice: one.stands === true,
    ...(one.age === undefined ? {} : { age_seconds: Math.round(one.age / 1000) }),
    ...(one.within === undefined ? {} : { promised_seconds: Math.round(one.within / 1000) }),
  })),
  failures: found.failures,
});

/** Prints the figure first, then what it is made of, then every difference and what to do about it. */
export const printFidelity = (out: Channel, found: Fidelity, place: Place): void => {
  const { source, seed, basis, frame, asked, drawn, fidelity, weighed, agreeing, widening, narrowing } = found;
  out.line(
    look('bold', source),
    `   ${count(asked, 'pair')} asked, as of version ${basis.version} of the index`,
    look('dim', `   --seed ${seed}`),
  );
  const decided = agreeing + widening + narrowing;
  if (fidelity) out.line(`  fidelity   ${shown(fidelity)}: ${grouped(agreeing)} of ${grouped(decided)} agree`);
  else out.line(look('yellow', '  fidelity   unknown: nothing was decided'));
  if (weighed && frame.pairs > asked) out.line(`  weighed    ${shown(weighed)} of the ${count(frame.pairs, 'pair')} drawn from`);
  out.line(look('dim', `  drawn from ${drawnFrom(found)}`));
  out.line(look('dim', `  people     ${peopleOf(found)}`));
  for (const [amount, sentence] of apart(found)) if (amount > 0) out.line(look('yellow', `  ${grouped(amount)} `), sentence);
  if (isPartial(found))
    out.line(look('yellow', `  partial    ${grouped(drawn - asked)} of ${count(drawn, 'pair')} drawn were not asked`));
  for (const one of found.differences) printDifference(out, one, { source, seed, place });
  for (const { who, id, why } of found.failures) out.line(look('yellow', '  no answer  '), `${who} ${id}: ${why}`);
  const more = found.errors - found.failures.length;
  if (more > 0) out.line(look('dim', `  and ${count(more, 'more', 'more')} without an answer`));
};

const isPartial = ({ asked, drawn }: Fidelity): boolean => asked < drawn;

const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

/** Rounded down: what is not whole is not 100. */
const shown = ({ share, low, high }: Share): string =>
  `${percent(share)} (95 % interval ${percent(low)} to ${(Math.ceil(high * 1000) / 10).toFixed(1)} %)`;

const drawnFrom = ({ frame: { people, acls, of, several } }: Fidelity): string =>
  `${some(people, of.people, 'person', 'people')}, ${some(acls, of.acls, 'set of permissions', 'sets of permissions')}, ` +
  `${count(of.documents, 'document')}${several > 0 ? `; ${count(several, 'person has', 'people have')} several accounts there and cannot be asked about` : ''}`;

const some = (drawn: number, all: number, one: string, many: string): string =>
  drawn < all ? `${grouped(drawn)} of ${count(all, one, many)}` : count(all, one, many);

const peopleOf = ({ people: { member, guest, inactive, none } }: Fidelity): string =>
  listed(
    [
      [member, 'of members'],
      [guest, 'of guests'],
      [inactive, 'of inactive accounts'],
      [none, 'of people without an account, judged by whom the source lets in'],
    ].flatMap(([amount, who]) => (amount === 0 ? [] : [`${amount} ${who}`])),
  ) || 'nobody';

const apart = ({ moved, undecided, errors, left }: Fidelity): readonly (readonly [number, string])[] => [
  [errors, 'without an answer: no agreement'],
  [undecided, 'undecided: the source names what is not known here, and we show nothing'],
  [moved, 'moved meanwhile: they differed once, and not when both were asked again'],
  [left, 'left to the source: past their promise, they are shown only when it lets them'],
];

interface Telling {
  readonly source: string;
  readonly seed: string;
  readonly place: Place;
}

const printDifference = (out: Channel, one: Difference, { source, seed, place }: Telling): void => {
  const { kind, who, email, id, ours, said, as, stands } = one;
  out.line(
    look(kind === 'widening' ? 'red' : 'yellow', `  ${kind.padEnd(9)}  `),
    look('bold', email ?? who),
    ` ${id}`,
    stands ? '' : look('dim', '   seen once'),
  );
  out.line(
    `    we       ${WE[ours.verdict]}${ours.way === '' ? '' : ` by ${ours.way}`}${listedShut(ours.shut)}`,
    look('dim', aged(one)),
  );
  out.line(`    source   ${SAYS[said]}`, look('dim', as === undefined ? '   as it says who may see it' : `   asked as ${as}`));
  const again = command(place, 'verify', source, '--seed', seed);
  out.line(
    look('dim', '    → '),
    kind === 'widening'
      ? `${command(place, 'sync', source)}, then: ${again}. If it is still there, its permissions are mapped too wide: ${command(place, 'explain', email ?? who, id)}`
      : `${command(place, 'explain', email ?? who, id)} says what is missing`,
  );
};

const WE: Readonly<Record<Difference['ours']['verdict'], string>> = {
  allowed: 'show it',
  denied: 'do not show it',
  undecided: 'do not show it, for want of knowledge,',
  absent: 'have no such document',
  left: 'ask the source',
};

const SAYS: Readonly<Record<Difference['said'], string>> = {
  visible: 'shows it',
  forbidden: 'does not show it',
  gone: 'has no such document any more',
  unclear: 'names what decides, and that is not known here, so it shows it to nobody',
};

const listedShut = (shut: readonly string[]): string => (shut.length === 0 ? '' : `, shut: ${listed(shut)}`);

/** How old what we decided by is: within the promise it may lag behind the source, and it is told all the same. */
const aged = ({ age, within }: Difference): string => {
  if (age === undefined || within === undefined) return '';
  return `   ${age > within ? 'past its promise: ' : ''}confirmed ${span(age)} ago, promised within ${span(within)}`;
};
