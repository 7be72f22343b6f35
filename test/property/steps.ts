import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { unreachable } from '../../src/core/errors.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Deniable, Member, Principal } from '../../src/core/principal.ts';
import type { Dice } from './dice.ts';
import { subtree } from './replay.ts';
import { type ClientFacts, own, type Person, type SourceFacts } from './world.ts';

const HOUR = 3_600_000;
const USERS = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'];
const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5'];
const NEVER_LISTED = 'g9';
const CONTAINERS = ['c1', 'c2', 'c3', 'c4', 'c5'];
const DOCUMENTS = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', 'd10'];

/** Everybody who asks: a member, a colleague, a guest, somebody ambiguous, somebody foreign, somebody without an e-mail, and services. */
export const PEOPLE: readonly Person[] = [
  { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' },
  { issuer: 'local', subject: 'bob@acme.test', email: 'bob@acme.test' },
  { issuer: 'local', subject: 'gus@acme.test', email: 'gus@acme.test' },
  { issuer: 'local', subject: 'amy@acme.test', email: 'amy@acme.test' },
  { issuer: 'local', subject: 'eve@other.test', email: 'eve@other.test' },
  { issuer: 'login', subject: 'nobody' },
  {
    issuer: 'login',
    subject: 'robot',
    listed: { principals: ['domain:acme.test', 'org:staff'], accounts: { wiki: ['u5', 'u6'], desk: ['u1'] } },
  },
  // Its identity carries what would make it a person, were it not listed.
  {
    issuer: 'login',
    subject: 'carrier',
    email: 'ada@acme.test',
    listed: { principals: ['person:bob@acme.test'], accounts: { wiki: ['u2'] } },
  },
];

/** What is asked through: a client nobody narrows, and others. */
export const CLIENTS: Readonly<Record<string, ClientFacts>> = {
  any: {},
  sealed: { labels: ['Restricted'] },
  wiki: { sources: ['wiki'] },
  both: { sources: ['desk'], labels: ['restricted', 'Café'] },
};
/** The same few labels, as different hands write them. */
const LABELS = ['internal', 'restricted', ' RESTRICTED', 'café', 'CAFE\u0301 '];
const EMAILS = ['ada@acme.test', 'bob@acme.test', 'gus@acme.test', 'amy@acme.test', 'eve@other.test', 'new@acme.test'];

/** What one step does: the runs of a source (two when the first is cut off), and the kind of corner it was meant to reach. */
export interface Step {
  readonly kind: StepKind;
  readonly source: string;
  readonly runs: readonly Change[][];
  /** How much time passes before it. */
  readonly wait: number;
}

export const STEP_KINDS = [
  'document',
  'acl',
  'container',
  'move',
  'delete',
  'members',
  'members unknown',
  'account',
  'deactivate',
  'whole listing',
  'resumed listing',
  'container listing',
  'blind listing',
  'problem',
  'unchanged',
  'wait',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** The next thing that happens to a source. */
export const nextStep = (dice: Dice, name: string, source: SourceFacts): Step => {
  const kind = dice.pick(STEP_KINDS);
  const wait = kind === 'wait' ? (8 + dice.roll(30)) * HOUR : dice.roll(HOUR);
  return { kind, source: name, wait, runs: runsOf(dice, kind, source) };
};

/** The first whole listing of a source: everything there is. */
export const firstRun = (dice: Dice): Change[] => [
  { type: 'listing' },
  ...USERS.map((id) => anAccount(dice, id)),
  ...GROUPS.flatMap((group) => someMembers(dice, group)),
  ...CONTAINERS.map((key) => aContainer(dice, key)),
  ...DOCUMENTS.slice(0, 7).map((key) => aDocument(dice, key)),
  { type: 'complete' },
];

const runsOf = (dice: Dice, kind: StepKind, source: SourceFacts): Change[][] => {
  const container = dice.pick(['c1', 'c2', 'c3', 'c4', 'c5']);
  const key = dice.chance(0.7) ? dice.pick(['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', 'd10']) : container;
  const group = dice.pick(['g1', 'g2', 'g3', 'g4', 'g5']);
  switch (kind) {
    case 'document':
      return [dice.some(DOCUMENTS, 1, 3).map((each) => aDocument(dice, each))];
    case 'acl':
      return [[{ type: 'acl', key, acl: anAcl(dice) }]];
    case 'container':
    case 'move':
      return [[aContainer(dice, container)]];
    case 'delete':
      return [own(source.items, key) ? [{ type: 'delete', key }] : []];
    case 'members':
      return [someMembers(dice, group)];
    case 'members unknown':
      return [[{ type: 'members', group, members: { unknown: 'the source answered 403' } }]];
    case 'account':
      return [dice.some(USERS, 1, 2).map((id) => anAccount(dice, id))];
    case 'deactivate':
      return [[anAccount(dice, dice.pick(['u1', 'u2', 'u3', 'u4', 'u5', 'u6']), false)]];
    case 'whole listing':
      return [[{ type: 'listing' }, ...survivors(dice, source), { type: 'complete' }]];
    case 'blind listing':
      return [[{ type: 'listing' }, ...survivors(dice, source), aProblem(), { type: 'complete' }]];
    case 'resumed listing': {
      const all = survivors(dice, source);
      let cut = dice.roll(all.length + 1);
      while (isPage(all[cut - 1])) cut--; // a connector cannot resume inside a group
      const rest = [...all.slice(cut), { type: 'complete' } as const];
      return [[{ type: 'listing' }, ...all.slice(0, cut), { type: 'checkpoint', cursor: { cut } }], rest];
    }
    case 'container listing': {
      const named = subtree(source, container).filter(() => dice.chance(0.6));
      return [
        [
          { type: 'listing', of: container },
          ...named.map((each) => again(dice, source, each)),
          { type: 'complete', of: container },
        ],
      ];
    }
    case 'problem': {
      const named = survivors(dice, source);
      const seen = new Set(named.flatMap((change) => keyOf(change) ?? []));
      const unread = Object.keys(source.items).filter((each) => !seen.has(each) && dice.chance(0.7));
      return [[{ type: 'listing' }, ...named, ...unread.map(aProblem), { type: 'complete' }]];
    }
    case 'unchanged':
      return [[...(dice.chance(0.3) ? [aProblem(key)] : []), { type: 'unchanged' }]];
    case 'wait':
      return [];
    default:
      return unreachable(kind);
  }
};

const keyOf = (change: Change): string | undefined =>
  change.type === 'document' ? change.document.key : change.type === 'container' ? change.key : undefined;

const isPage = (change: Change | undefined): boolean => change?.type === 'members' && change.more === true;

/** A whole listing that forgets some of what there was. */
const survivors = (dice: Dice, source: SourceFacts): Change[] => [
  ...Object.keys(source.accounts)
    .filter(() => dice.chance(0.9))
    .map((id) => sameAccount(source, id)),
  ...Object.keys(source.groups)
    .filter(() => dice.chance(0.9))
    .flatMap((group) => someMembers(dice, group)),
  ...Object.keys(source.items)
    .filter(() => dice.chance(0.85))
    .map((key) => again(dice, source, key)),
];

const aProblem = (key?: string): Change => ({
  type: 'problem',
  ...(key === undefined ? {} : { key }),
  error: new Error('not readable'),
});

const again = (dice: Dice, source: SourceFacts, key: string): Change =>
  own(source.items, key)?.document ? aDocument(dice, key) : aContainer(dice, key);

const aContainer = (dice: Dice, key: string): Change => ({
  type: 'container',
  key,
  title: `Folder ${key}`,
  acl: anAcl(dice),
  ...aParent(dice),
});

const aParent = (dice: Dice): { parent?: string } =>
  dice.chance(0.7) ? { parent: dice.pick(['c1', 'c2', 'c3', 'c4', 'c5']) } : {};

/** Every document holds the word that everybody asks for. */
const aDocument = (dice: Dice, key: string): Change => {
  const document: SourceDocument = {
    key,
    title: `Note ${key}`,
    type: 'page',
    updatedAt: new Date(Date.UTC(2026, 0, 1 + dice.roll(28))),
    acl: anAcl(dice),
    ...(dice.chance(0.3) ? { labels: dice.some(LABELS, 1, 2) } : {}),
    body: { kind: 'text', text: `The lantern of ${key}, ${dice.roll(3)} times lit.`, format: 'plain' },
    ...aParent(dice),
  };
  return { type: 'document', document };
};

const anAcl = (dice: Dice): Acl => {
  if (dice.chance(0.05)) return { unknown: 'the source answered 403' };
  const [first, ...rest] = [aTerm(dice), ...(dice.chance(0.35) ? [aTerm(dice)] : []), ...(dice.chance(0.1) ? [aTerm(dice)] : [])];
  return { terms: [first ?? aTerm(dice), ...rest] };
};

const aTerm = (dice: Dice): AclTerm => ({
  allow: [...(dice.chance(0.3) ? (['everyone'] as const) : []), ...dice.some(allowable(), 1, 3)],
  deny: dice.chance(0.35) ? dice.some(deniable(), 1, 2) : [],
  from: 'page',
});

const deniable = (): Deniable[] => [
  ...USERS.map((id) => `user:${id}` as const),
  ...[...GROUPS, NEVER_LISTED].map((id) => `group:${id}` as const),
  'person:bob@acme.test',
  'person:eve@other.test',
  'domain:other.test',
  'org:staff',
  'everyone',
  'public',
];

const allowable = (): Principal[] => [
  ...deniable(),
  'domain:acme.test',
  'public',
  ...CONTAINERS.flatMap((key) => [`audience:${key}`, `audience:${key}`] as const),
  'audience:d1',
  'audience:d2',
  'audience:nowhere',
];

const someMembers = (dice: Dice, group: string): Change[] => {
  const members: Member[] = dice.some(
    [
      ...USERS.map((id) => `user:${id}` as const),
      ...[...GROUPS, NEVER_LISTED].map((id) => `group:${id}` as const),
      'person:ada@acme.test',
      'everyone',
    ],
    0,
    4,
  );
  if (members.length < 2 || dice.chance(0.7)) return [{ type: 'members', group, members }];
  return [
    { type: 'members', group, members: members.slice(0, 1), more: true },
    { type: 'members', group, members: members.slice(1) },
  ];
};

const anAccount = (dice: Dice, id: string, active = dice.chance(0.85)): Change => ({
  type: 'account',
  account: { id, emails: dice.some(EMAILS, dice.chance(0.9) ? 1 : 0, 1), active, kind: dice.chance(0.2) ? 'guest' : 'member' },
});

const sameAccount = (source: SourceFacts, id: string): Change => {
  const known = own(source.accounts, id);
  const account: Account = {
    id,
    emails: known?.emails ?? [],
    active: known?.active ?? false,
    kind: known?.guest ? 'guest' : 'member',
  };
  return { type: 'account', account };
};
