import type { Change } from '../../src/core/change.ts';
import type { Account } from '../../src/core/document.ts';
import { unreachable } from '../../src/core/errors.ts';
import {
  aContainer,
  aDeepChain,
  aDocument,
  again,
  aMovedContainer,
  anAccount,
  anAcl,
  aProblem,
  COMMON,
  sameAccount,
  someMembers,
  type Words,
} from './changes.ts';
import type { Dice } from './dice.ts';
import { type DecisionFacts, linksOf } from './links.ts';
import { subtree } from './replay.ts';
import { own, type Person, type SourceFacts } from './world.ts';

const HOUR = 3_600_000;
/** One more than may hold. */
const TOO_DEEP = 65;

/** One run of a source, and how it ends: by itself, because the source died, or because its process did; or it is asked all along. */
export interface SaidRun {
  readonly changes: readonly Change[];
  readonly end: 'whole' | 'cut' | 'killed' | 'asked';
}

/** What one step does, and the kind of corner it was meant to reach. */
export interface Step {
  readonly kind: StepKind;
  readonly source: string;
  readonly runs: readonly SaidRun[];
  /** How much time passes before it. */
  readonly wait: number;
  /** What a person decides about an account of the source. */
  readonly decision?: DecisionFacts;
}

/** How often each kind of step is taken, against the others. */
const WEIGHTS = {
  document: 6,
  acl: 6,
  container: 4,
  move: 4,
  delete: 5,
  turn: 2,
  'deep chain': 0.6,
  members: 6,
  'members unknown': 3,
  account: 5,
  deactivate: 4,
  'e-mail moves on': 5,
  'link by hand': 3,
  'unlink by hand': 3,
  'whole listing': 3,
  'resumed listing': 3,
  'container listing': 3,
  'blind listing': 2,
  problem: 3,
  unchanged: 4,
  replay: 3,
  'killed run': 4,
  'after a kill': 0, // taken where a run was killed
  'asked meanwhile': 2,
  restart: 1.5,
  wait: 6,
  'clock set back': 3,
} as const;
export type StepKind = keyof typeof WEIGHTS;
export const STEP_KINDS = Object.keys(WEIGHTS) as readonly StepKind[]; // keys of a literal are what its type says
const TOTAL = Object.values(WEIGHTS).reduce<number>((sum, weight) => sum + weight, 0);

const GONE = { active: false };
const NAMELESS = { emails: [] };

/** Kinds that mean nothing where there are only people and groups. */
const OF_ITEMS: readonly StepKind[] = [
  'document',
  'acl',
  'container',
  'move',
  'delete',
  'turn',
  'deep chain',
  'container listing',
];

/** What is more likely there. */
const OF_PEOPLE = ['account', 'e-mail moves on', 'members'] as const;

/** What a step can go by. */
export interface Before {
  readonly name: string;
  readonly source: SourceFacts;
  readonly words: Words;
  readonly people: readonly [Person, ...Person[]];
  /** The last runs of this source. */
  readonly said: readonly SaidRun[];
}

/** The next thing that happens to a source. */
export const nextStep = (dice: Dice, before: Before): Step => {
  const chosen = before.source.running && dice.chance(0.6) ? 'after a kill' : drawn(dice);
  const kind = before.words.documents.length === 0 && OF_ITEMS.includes(chosen) ? dice.pick(OF_PEOPLE) : chosen;
  const step = { kind, source: before.name, wait: waitOf(dice, kind), runs: runsOf(dice, kind, before) };
  return kind === 'link by hand' || kind === 'unlink by hand' ? { ...step, decision: aDecision(dice, kind, before) } : step;
};

/** Whoever carries the e-mail of an account, or is linked to it, is what decisions are mostly about. */
const aDecision = (dice: Dice, kind: 'link by hand' | 'unlink by hand', { source, words, people }: Before): DecisionFacts => {
  const person = dice.pick(people);
  const linked = linksOf(source, person).map(({ account }) => account);
  const carrying = Object.entries(source.accounts).flatMap(([id, { emails }]) =>
    emails.includes(person.email ?? '') ? [id] : [],
  );
  const [near] = dice.some([...linked, ...carrying], 1, 1);
  return {
    kind: kind === 'link by hand' ? 'link' : 'unlink',
    person,
    account: near !== undefined && dice.chance(kind === 'unlink by hand' ? 0.8 : 0.3) ? near : dice.pick(words.users),
    andUnlink: dice.chance(0.6),
  };
};

const drawn = (dice: Dice): StepKind => {
  let left = (dice.roll(1_000_000) / 1_000_000) * TOTAL;
  return STEP_KINDS.find((kind) => (left -= WEIGHTS[kind]) < 0) ?? 'document';
};

const waitOf = (dice: Dice, kind: StepKind): number => {
  if (kind === 'wait') return (8 + dice.roll(40)) * HOUR;
  if (kind === 'unchanged') return (20 + dice.roll(10)) * HOUR;
  return kind === 'clock set back' ? -(4 + dice.roll(30)) * HOUR : dice.roll(HOUR);
};

/** The first whole listing of a source: everything there is. */
export const firstStep = (dice: Dice, name: string, words: Words = COMMON): Step => ({
  kind: 'whole listing',
  source: name,
  wait: 0,
  runs: [
    whole([
      { type: 'listing' },
      ...words.users.map((id) => anAccount(dice, id)),
      ...words.groups.filter(() => dice.chance(0.8)).flatMap((group) => someMembers(dice, words, group)),
      ...words.containers.filter(() => dice.chance(0.9)).map((key) => aContainer(dice, words, key)),
      ...words.documents.filter(() => dice.chance(0.7)).map((key) => aDocument(dice, words, key)),
      ...(dice.chance(0.9) ? [{ type: 'complete' } as const] : []),
    ]),
  ],
});

const whole = (changes: readonly Change[]): SaidRun => ({ changes, end: 'whole' });

const runsOf = (dice: Dice, kind: StepKind, before: Before): readonly SaidRun[] => {
  const { source, words } = before;
  const [container = 'c1'] = dice.some(words.containers, 1, 1);
  const [document = 'd1'] = dice.some(words.documents, 1, 1);
  const key = dice.chance(0.7) ? document : container;
  const group = dice.pick(words.groups);
  const [linked] = dice.some(Object.values(source.links).flat(), 1, 1);
  const user = linked && dice.chance(0.5) ? linked.account : dice.pick(words.users);
  switch (kind) {
    case 'document':
      return [whole(dice.some(words.documents, 1, 3).map((each) => aDocument(dice, words, each)))];
    case 'acl':
      return [whole([{ type: 'acl', key, acl: anAcl(dice, words) }])];
    case 'container':
      return [whole([aContainer(dice, words, container)])];
    case 'move':
      return [whole([aMovedContainer(dice, words, container)])];
    case 'delete':
      return [whole(dice.some(Object.keys(source.items), 1, 1).map((gone) => ({ type: 'delete', key: gone })))];
    case 'turn':
      return [whole([own(source.items, key)?.document ? aContainer(dice, words, key) : aDocument(dice, words, key)])];
    case 'deep chain':
      return [whole(aDeepChain(TOO_DEEP))];
    case 'members':
      return [whole(someMembers(dice, words, group))];
    case 'members unknown':
      return [whole([{ type: 'members', group, members: { unknown: 'the source answered 403' } }])];
    case 'account':
      return [whole(dice.some(words.users, 1, 2).map((id) => anAccount(dice, id)))];
    case 'deactivate':
      return [whole([dice.chance(0.5) ? sameAccount(source, user, { active: false }) : anAccount(dice, user, false)])];
    case 'e-mail moves on': {
      const { emails = [] } = own(source.accounts, user) ?? {};
      const left = sameAccount(
        source,
        user,
        dice.pick<Partial<Account>>([GONE, NAMELESS, { ...GONE, ...NAMELESS }, { ...GONE, ...NAMELESS }]),
      );
      const next = dice.pick(words.users);
      const taken = next === user || dice.chance(0.4) ? [] : [sameAccount(source, next, { emails, active: true })];
      return [whole([left, ...taken])];
    }
    case 'whole listing':
      return [whole([{ type: 'listing' }, ...survivors(dice, before), { type: 'complete' }])];
    case 'blind listing':
      return [whole([{ type: 'listing' }, ...survivors(dice, before), aProblem(), { type: 'complete' }])];
    case 'resumed listing': {
      const [head, rest] = cutting(dice, survivors(dice, before));
      return [
        { changes: [{ type: 'listing' }, ...head, { type: 'checkpoint', cursor: { cut: head.length } }], end: 'cut' },
        whole([...rest, { type: 'complete' }]),
      ];
    }
    case 'container listing': {
      const named = subtree(source, container).filter(() => dice.chance(0.6));
      const changes = named.map((each) => again(dice, words, source, each));
      return [whole([{ type: 'listing', of: container }, ...changes, { type: 'complete', of: container }])];
    }
    case 'problem': {
      const named = survivors(dice, before);
      const seen = new Set(named.flatMap((change) => keyOf(change) ?? []));
      const unread = Object.keys(source.items).filter((each) => !seen.has(each) && dice.chance(0.9));
      return [whole([{ type: 'listing' }, ...named, ...unread.map(aProblem), { type: 'complete' }])];
    }
    case 'unchanged':
      return [whole([...(dice.chance(0.3) ? [aProblem(key)] : []), { type: 'unchanged' }])];
    case 'replay':
      return before.said.filter(({ end }) => end === 'whole');
    case 'killed run': {
      // What follows the checkpoint is committed too, and said again by the run that resumes.
      const [head, rest] = cutting(dice, survivors(dice, before));
      const checkpoint: Change = { type: 'checkpoint', cursor: { cut: head.length } };
      const after = dice.chance(0.5) ? rest.slice(0, dice.roll(rest.length + 1)) : [];
      return [{ changes: [{ type: 'listing' }, ...head, ...(dice.chance(0.8) ? [checkpoint] : []), ...after], end: 'killed' }];
    }
    case 'after a kill':
      return [whole([...survivors(dice, before), { type: 'complete' }])];
    case 'asked meanwhile':
      return [{ changes: survivors(dice, before).filter(isFact).slice(0, 3), end: 'asked' }];
    case 'restart':
      return [whole([anAccount(dice, user), ...someMembers(dice, words, group)])];
    case 'link by hand':
    case 'unlink by hand':
    case 'wait':
    case 'clock set back':
      return [];
    default:
      return unreachable(kind);
  }
};

const keyOf = (change: Change): string | undefined =>
  change.type === 'document' ? change.document.key : change.type === 'container' ? change.key : undefined;

const isPage = (change: Change | undefined): boolean => change?.type === 'members' && change.more === true;

/** What decides over documents, in one piece. */
const isFact = (change: Change): boolean =>
  change.type === 'account' || change.type === 'container' || (change.type === 'members' && !isPage(change));

/** In two, but never inside a group: there a connector cannot resume. */
const cutting = (dice: Dice, all: readonly Change[]): [head: readonly Change[], rest: readonly Change[]] => {
  let cut = dice.roll(all.length + 1);
  while (isPage(all[cut - 1])) cut--;
  return [all.slice(0, cut), all.slice(cut)];
};

/** A whole listing that forgets some of what there was. */
const survivors = (dice: Dice, { source, words }: Before): Change[] => [
  ...Object.keys(source.accounts)
    .filter(() => dice.chance(0.9))
    .map((id) => sameAccount(source, id)),
  ...Object.keys(source.groups)
    .filter(() => dice.chance(0.9))
    .flatMap((group) => someMembers(dice, words, group)),
  ...Object.keys(source.items)
    .filter(() => dice.chance(0.85))
    .map((key) => again(dice, words, source, key)),
];
