import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import type { Field } from '../../src/core/document.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { Dice } from './dice.ts';
import { type Asked, SEALED } from './twin-answers.ts';

/** The source that is the directory of every second pair. */
export const DIRECTORY = 'people';
export const SOURCES = [DIRECTORY, 'wiki', 'desk', 'vault'];
const other = (name: string): Identity => ({ issuer: 'local', subject: `${name}@acme.test`, email: `${name}@acme.test` });
/** They ask too, of the index that holds what is theirs. */
export const OTHERS = [other('mallory'), other('zed'), other('newcomer')] as const;
const WORDS = [
  'lantern',
  'harbour',
  'ledger',
  'rope',
  'signal',
  'anchor',
  'bridge',
  'copper',
  'garden',
  'winter',
  'secret',
  'merger',
];

/** What is said of each source. */
export type Part = Readonly<Record<string, readonly Change[]>>;

/** All that ada may see, and what decides over it. */
export const shownPart = (dice: Dice): Part => ({
  [DIRECTORY]: [account('p-ada', 'ada@acme.test'), members('crew', ['user:p-ada']), members('none', [])],
  wiki: [
    account('ada', 'ada@acme.test'),
    account('cy', 'cy@acme.test'),
    members('crew', ['user:ada', 'user:cy']),
    members('all', ['group:crew']),
    container('home', acl(['group:all'])),
    container('deck', acl(['audience:home'])),
    ...range(4 + dice.roll(8)).map((at) =>
      page(
        dice,
        `s${at}`,
        dice.pick<Acl>([
          acl(['everyone']),
          acl(['group:crew']),
          acl(['audience:deck']),
          acl(['user:ada'], ['group:none']),
          acl(['org:crew', 'user:cy', 'group:crew']),
        ]),
      ),
    ),
    members('none', []),
  ],
  desk: [
    account('a-1', 'ada@acme.test'),
    ...range(dice.roll(5)).map((at) => page(dice, `t${at}`, acl(['person:ada@acme.test']))),
  ],
});

/** All that nobody may show her, or that her client may not carry. */
export const hiddenPart = (dice: Dice): Part => {
  const dark = (): Acl =>
    dice.pick<Acl>([
      acl(['user:mallory']),
      acl(['group:board']),
      { unknown: '403' },
      acl(['everyone'], ['person:ada@acme.test']),
      acl(['audience:safe']),
      acl(['org:board']),
      acl(['org:staff']),
    ]);
  const people = [
    account('mallory', 'mallory@acme.test'),
    account('zed', 'zed@acme.test'),
    members('board', ['user:mallory', 'group:inner']),
    members('inner', ['user:zed']),
  ];
  /** She may see it, but not through this client. */
  const sealed = (key: string): Change =>
    page(dice, key, acl(['everyone']), [...dice.some(['draft'], 0, 1), dice.pick(SEALED)], fieldsOf(dice, true));
  const part = (letter: string, most: number): Change[] => [
    ...people,
    container('safe', acl(['group:board'])),
    ...range(dice.roll(most)).map((at) =>
      dice.chance(0.3)
        ? sealed(`${letter}${at}`)
        : page(dice, `${letter}${at}`, dark(), dice.some(['draft'], 0, 1), fieldsOf(dice, true)),
    ),
  ];
  // Of the vault her client carries nothing, so there it is no matter who may see what.
  const vault = [...part('v', 20), ...range(dice.roll(10)).map((at) => page(dice, `o${at}`, acl(['everyone'])))];
  const directory = [
    account('p-mallory', 'mallory@acme.test'),
    { ...account('p-gone', 'newcomer@acme.test'), active: false },
    account('p-newcomer', 'newcomer@acme.test'),
    members('board', ['user:p-mallory', 'group:unknown']),
    ...range(dice.roll(5)).map((at) => members(`team${at}`, ['user:p-newcomer', 'group:board'])),
  ];
  return { [DIRECTORY]: directory, wiki: part('h', 30), desk: part('i', 20), vault };
};

/** So many of the ids there are, of either part, are asked for. */
const IDS = 30;

/** Both are asked all of this. */
export const questions = (dice: Dice, shown: Part, hidden: Part): Asked[] => {
  const ids = [...Object.entries(shown), ...Object.entries(hidden)].flatMap(([source, changes]) =>
    changes.flatMap((change) =>
      change.type === 'document'
        ? [`${source}:${change.document.key}`]
        : change.type === 'container'
          ? [`${source}:${change.key}`]
          : [],
    ),
  );
  return [
    ...WORDS.map((word): Asked => ['search', { query: word, limit: 1 + dice.roll(4) }]),
    ['search', { query: dice.some(WORDS, 2, 5).join(' ') }],
    ['search', { query: 'secret merger of the lantern', limit: 50 }],
    ['search', { query: 'lantern', sources: ['vault'] }],
    ['search', { query: 'lantern', types: ['memo'] }],
    ['search', { query: 'harbour', updated_after: '2026-01-03T00:00:00Z', max_tokens: 400 }],
    ...asksOfFields(dice),
    ['list_sources', {}],
    ...[...dice.some(ids, IDS, IDS), 'wiki:missing', 'nowhere:s1', 'no id'].flatMap((id): Asked[] => [
      ['fetch', { id }],
      ['explain_access', { id }],
    ]),
  ];
};

/** By values that stand on both parts, on one alone, and on none; page by page, too. */
const asksOfFields = (dice: Dice): Asked[] => [
  ['search', { where: [{ field: 'status', is: 'OPEN' }], limit: 1 + dice.roll(3) }],
  ['search', { where: [{ field: 'amount', from: 0, to: 1000 }], limit: 2 + dice.roll(3) }],
  ['search', { where: [{ field: 'amount', from: 700 }] }],
  ['search', { where: [{ field: 'status', is: 'secret' }] }],
  ['search', { where: [{ field: 'assignee', is: 'mallory' }], sources: ['wiki'] }],
  ['search', { where: [{ field: 'assignee', is: null }], types: ['memo'] }],
  [
    'search',
    {
      where: [
        { field: 'due_at', to: '2026-02-02' },
        { field: 'status', is: 'shut' },
      ],
    },
  ],
  ['search', { where: [{ field: 'closed_at', from: '2026-01-01' }] }],
  ['search', { query: dice.some(WORDS, 2, 5).join(' '), where: [{ field: 'status', is: 'open' }], limit: 3 }],
  ['search', { query: 'secret merger of the lantern', where: [{ field: 'amount', to: 790 }] }],
  ['search', { where: [{ field: 'salary', from: 0 }] }],
];

const account = (id: string, email: string): Change => ({
  type: 'account',
  account: { id, emails: [email], active: true, kind: 'member', name: `The ${id}` },
});
const members = (group: string, of: readonly ('user:ada' | `user:${string}` | `group:${string}`)[]): Change => ({
  type: 'members',
  group,
  members: of,
});
const container = (key: string, of: Acl): Change => ({ type: 'container', key, title: `Shelf ${key}`, acl: of });
const acl = (allow: readonly Principal[], deny: readonly ('group:none' | 'person:ada@acme.test')[] = []): Acl => ({
  terms: [{ allow, deny, from: 'shelf' }],
});

const page = (
  dice: Dice,
  key: string,
  of: Acl,
  labels: readonly string[] = dice.some(['draft', 'open'], 0, 2),
  fields = fieldsOf(dice, false),
): Change => ({
  type: 'document',
  document: {
    key,
    title: dice.some(WORDS, 1, 3).join(' '),
    type: dice.pick(['page', 'memo']),
    updatedAt: new Date(Date.UTC(2026, 0, 1 + dice.roll(4))),
    author: dice.pick(['user:cy', 'user:ada', 'user:stranger']),
    acl: of,
    labels,
    body: {
      kind: 'text',
      text: range(1 + dice.roll(6))
        .map(() => `The ${dice.some(WORDS, 1, 6).join(' and the ')}.`)
        .join('\n\n'),
      format: 'markdown',
    },
    fields,
  },
});

/** What is hidden says the same as what is shown, and more that only it says. */
const fieldsOf = (dice: Dice, hidden: boolean): Readonly<Record<string, Field>> =>
  dice.chance(0.2)
    ? {}
    : {
        status: dice.pick(hidden ? ['open', 'Shut', 'secret'] : ['open', 'Shut']),
        amount: hidden && dice.chance(0.5) ? 700 + dice.roll(99) : dice.roll(5) * 10,
        due_at: dice.pick([null, '2026-02-01', '2026-02-03T12:00:00Z']),
        ...(dice.chance(0.5) ? { assignee: hidden ? 'Mallory' : dice.pick(['Ada', null]) } : {}),
        ...(hidden && dice.chance(0.3) ? { closed_at: '2026-01-04' } : {}),
      };

/** What deletes it again. */
export const gone = (change: Change): Change[] =>
  change.type === 'document' ? [{ type: 'delete', key: change.document.key }] : [];

/** Accounts, members and containers first: so every connector must. */
export const inOrder = (changes: readonly Change[]): Change[] =>
  changes.toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
const ORDER = ['account', 'members', 'container', 'document'];

/** Both, each in its own order, by chance one after the other. */
export const woven = (dice: Dice, left: readonly Change[], right: readonly Change[]): Change[] => {
  const [a, b] = [[...left], [...right]];
  const out: Change[] = [];
  while (a.length + b.length > 0) out.push(...(dice.chance(a.length / (a.length + b.length)) ? a : b).splice(0, 1));
  return out;
};

/** In any order in which a source may say it. */
export const shuffled = (dice: Dice, changes: readonly Change[]): Change[] =>
  inOrder(dice.some(changes, changes.length, changes.length));
const range = (length: number): number[] => Array.from({ length }, (_, at) => at);
