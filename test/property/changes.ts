import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Deniable, Member, Principal } from '../../src/core/principal.ts';
import type { Dice } from './dice.ts';
import { someFields } from './where.ts';
import { own, type SourceFacts } from './world.ts';

/** What there can be in a source. Two sources with the same words have groups, accounts and keys of the same name. */
export interface Words {
  readonly users: readonly [string, ...string[]];
  readonly groups: readonly [string, ...string[]];
  readonly containers: readonly string[];
  readonly documents: readonly string[];
}

/** Of a source that holds documents. */
export const COMMON: Words = {
  users: ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'],
  groups: ['g1', 'g2', 'g3', 'g4', 'g5'],
  containers: ['c1', 'c2', 'c3', 'c4', 'c5'],
  documents: ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8'],
};

/** Of the directory: the same names again, and no document. */
export const OF_THE_DIRECTORY: Words = {
  users: ['u1', 'u2', 'u3', 'u4', 'u5'],
  groups: ['staff', 'g1', 'g2'],
  containers: [],
  documents: [],
};

const NEVER_LISTED = 'g9';
/** The same few labels, as different hands write them. */
const LABELS = ['internal', 'restricted', ' RESTRICTED', 'café', 'CAFE\u0301 '];
const EMAILS = ['ada@acme.test', 'bob@acme.test', 'gus@acme.test', 'amy@acme.test', 'eve@other.test', 'new@acme.test'];

export const aProblem = (key?: string): Change => ({
  type: 'problem',
  ...(key === undefined ? {} : { key }),
  error: new Error('not readable'),
});

/** A container or document once more, changed or not. */
export const again = (dice: Dice, words: Words, source: SourceFacts, key: string): Change =>
  own(source.items, key)?.document ? aDocument(dice, words, key) : aContainer(dice, words, key);

export const aContainer = (dice: Dice, words: Words, key: string): Change => ({
  type: 'container',
  key,
  title: `Folder ${key}`,
  acl: dice.chance(0.4) ? under(dice, words) : anAcl(dice, words),
  ...aParent(dice, words),
});

/** A container that now belongs to another: whoever may see that one may see it, perhaps beside others. */
export const aMovedContainer = (dice: Dice, words: Words, key: string): Change => ({
  type: 'container',
  key,
  title: `Folder ${key}`,
  acl: under(dice, words),
  ...aParent(dice, words),
});

/** Every document holds the word that everybody asks for. */
export const aDocument = (dice: Dice, words: Words, key: string): Change => {
  const document: SourceDocument = {
    key,
    title: `Note ${key}`,
    type: 'page',
    updatedAt: new Date(Date.UTC(2026, 0, 1 + dice.roll(28))),
    acl: dice.chance(0.3) ? under(dice, words) : anAcl(dice, words),
    ...(dice.chance(0.3) ? { labels: dice.some(LABELS, 1, 2) } : {}),
    body: { kind: 'text', text: `The lantern of ${key}, ${dice.roll(3)} times lit.`, format: 'plain' },
    fields: someFields(dice),
    ...aParent(dice, words),
  };
  return { type: 'document', document };
};

const aParent = (dice: Dice, { containers }: Words): { parent?: string } => {
  const [parent] = dice.chance(0.7) ? dice.some(containers, 1, 1) : [];
  return parent === undefined ? {} : { parent };
};

/** Only containers stand between, so that chains of them grow long, and close into cycles. */
const under = (dice: Dice, { users, containers }: Words): Acl => ({
  terms: [
    {
      allow: [
        ...dice.some(containers, 1, 1).map((key) => `audience:${key}` as const),
        ...(dice.chance(0.3) ? [`user:${dice.pick(users)}` as const] : []),
      ],
      deny: [],
      from: 'folder',
    },
  ],
});

export const anAcl = (dice: Dice, words: Words): Acl => {
  if (dice.chance(0.05)) return { unknown: 'the source answered 403' };
  if (dice.chance(0.12)) return allBut(`group:${dice.pick(words.groups)}`);
  const rest = [0.35, 0.1].flatMap((chance) => (dice.chance(chance) ? [aTerm(dice, words)] : []));
  return { terms: [aTerm(dice, words), ...rest] };
};

/** Only who is surely not in it. */
const allBut = (denied: Deniable): Acl => ({ terms: [{ allow: ['public'], deny: [denied], from: 'page' }] });

const aTerm = (dice: Dice, words: Words): AclTerm => ({
  allow: [...(dice.chance(0.3) ? (['everyone'] as const) : []), ...dice.some(allowable(words), 1, 3)],
  deny: dice.chance(0.35) ? dice.some(deniable(words), 1, 2) : [],
  from: 'page',
});

const deniable = ({ users, groups }: Words): Deniable[] => [
  ...users.map((id) => `user:${id}` as const),
  ...[...groups, NEVER_LISTED].map((id) => `group:${id}` as const),
  'person:bob@acme.test',
  'person:eve@other.test',
  'domain:other.test',
  ...ORG,
  'everyone',
  'public',
];

const allowable = (words: Words): Principal[] => [
  ...deniable(words),
  'domain:acme.test',
  'public',
  ...words.containers.flatMap((key) => [`audience:${key}`, `audience:${key}`] as const),
  'audience:d1',
  'audience:d2',
  'audience:nowhere',
];

/** Groups of the directory, as every source may name them. */
const ORG = ['org:staff', 'org:g1', 'org:g9'] as const;

/** A whole listing of a group, in one page or two. */
export const someMembers = (dice: Dice, words: Words, group: string): Change[] => {
  const members = someOf(dice, words, group);
  if (members.length < 2 || dice.chance(0.7)) return [{ type: 'members', group, members }];
  return [
    { type: 'members', group, members: members.slice(0, 1), more: true },
    { type: 'members', group, members: members.slice(1) },
  ];
};

/** Now and then only the next of all, or the other of two: so chains grow long, and close into cycles. */
const someOf = (dice: Dice, { users, groups }: Words, group: string): Member[] => {
  const at = groups.indexOf(group);
  if (dice.chance(0.15)) return [`group:${groups[(at + 1) % groups.length] ?? group}`];
  if (dice.chance(0.1)) return [`group:${groups[at ^ 1] ?? group}`];
  return dice.some(
    [
      ...users.map((id) => `user:${id}` as const),
      ...[...groups, NEVER_LISTED].map((id) => `group:${id}` as const),
      'person:ada@acme.test',
      'everyone',
      ...ORG,
    ],
    0,
    4,
  );
};

export const anAccount = (dice: Dice, id: string, active = dice.chance(0.85)): Change => ({
  type: 'account',
  account: { id, emails: dice.some(EMAILS, dice.chance(0.9) ? 1 : 0, 1), active, kind: dice.chance(0.2) ? 'guest' : 'member' },
});

/** An account as it stands, with something of it changed. */
export const sameAccount = (source: SourceFacts, id: string, changed: Partial<Account> = {}): Change => {
  const known = own(source.accounts, id);
  const account: Account = {
    id,
    emails: known?.emails ?? [],
    active: known?.active ?? false,
    kind: known?.guest ? 'guest' : 'member',
  };
  return { type: 'account', account: { ...account, ...changed } };
};

const acl = (principal: Principal): Acl => ({ terms: [{ allow: [principal], deny: [], from: 'folder' }] });

/** Containers each of which rests on the next, up to one that anybody holds; and documents that rest on the first and on the second. */
export const aDeepChain = (length: number): Change[] => {
  const keys = Array.from({ length }, (_, at) => `e${at + 1}`);
  const chain = keys.map((key, at): Change => {
    const next = keys[at + 1];
    return { type: 'container', key, title: `Folder ${key}`, acl: acl(next === undefined ? 'public' : `audience:${next}`) };
  });
  const documents = [1, 2].map((at): Change => {
    const document: SourceDocument = {
      key: `deep${at}`,
      title: `Note deep${at}`,
      type: 'page',
      updatedAt: new Date(Date.UTC(2026, 0, 1)),
      acl: acl(`audience:e${at}`),
      body: { kind: 'text', text: 'The lantern at the bottom.', format: 'plain' },
    };
    return { type: 'document', document };
  });
  return [...chain.toReversed(), ...documents];
};
