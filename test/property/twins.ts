import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Principal } from '../../src/core/principal.ts';
import { openIndex } from '../support/index-in-process.ts';
import { type Dice, diceOf } from './dice.ts';
import { ADA, askBoth, type Asked, type Difference, NARROW, SEALED, type Skin } from './twin-answers.ts';

const LISTED_AT = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;
const SOURCES = ['wiki', 'desk', 'vault'];
const RULES: Rules = {
  ownedDomains: ['acme.test'],
  sources: new Map(SOURCES.map((name) => [name, DEFAULT_FRESHNESS])),
  policies: NARROW,
};
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

/**
 * Builds two indexes alike in all that ada may see, one of them full of what she may not, which arrived in between, was changed and
 * was deleted; then asks both the same. Every byte must be the same: what is hidden has no shadow.
 */
export const compareTwins = async (
  seed: number,
  { embedder, skin }: { readonly embedder?: Embedder; readonly skin?: Skin } = {},
): Promise<{ difference?: Difference; hidden: number; asked: number }> => {
  const dice = diceOf(seed);
  const shown = shownPart(dice);
  const hidden = hiddenPart(dice);
  let now = LISTED_AT;
  const options = { rules: RULES, now: () => now, ...(embedder ? { embedder } : {}) };
  const [plain, full] = [await openIndex(options), await openIndex(options)];
  try {
    now = LISTED_AT - 30 * MINUTE;
    for (const source of SOURCES) await full.sync(source, shuffled(dice, hidden[source] ?? []));
    now = LISTED_AT - 20 * MINUTE;
    for (const source of SOURCES) await full.sync(source, (hidden[source] ?? []).filter(() => dice.chance(0.5)).flatMap(gone));
    await full.embed();
    now = LISTED_AT;
    for (const source of SOURCES) {
      const own = shown[source] ?? [];
      if (own.length > 0) await plain.sync(source, listing(inOrder(own)));
      await full.sync(source, listing(inOrder(woven(dice, own, hidden[source] ?? []))));
    }
    await plain.embed();
    await full.embed();
    now = LISTED_AT + 5 * MINUTE;
    for (const index of [plain, full]) await index.identify(ADA);
    const compared = await askBoth({ seed, plain, full }, questions(dice, shown, hidden), skin);
    return { ...compared, hidden: Object.values(hidden).flat().length };
  } finally {
    await plain.close();
    await full.close();
  }
};

const listing = (changes: readonly Change[]): Change[] => [{ type: 'listing' }, ...changes, { type: 'complete' }];

type Part = Readonly<Record<string, readonly Change[]>>;

const shownPart = (dice: Dice): Part => ({
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
        dice.pick<Acl>([acl(['everyone']), acl(['group:crew']), acl(['audience:deck']), acl(['user:ada'], ['group:none'])]),
      ),
    ),
    members('none', []),
  ],
  desk: [
    account('a-1', 'ada@acme.test'),
    ...range(dice.roll(5)).map((at) => page(dice, `t${at}`, acl(['person:ada@acme.test']))),
  ],
});

const hiddenPart = (dice: Dice): Part => {
  const dark = (): Acl =>
    dice.pick<Acl>([
      acl(['user:mallory']),
      acl(['group:board']),
      { unknown: '403' },
      acl(['everyone'], ['person:ada@acme.test']),
      acl(['audience:safe']),
      acl(['org:staff']),
    ]);
  const people = [
    account('mallory', 'mallory@acme.test'),
    account('zed', 'zed@acme.test'),
    members('board', ['user:mallory', 'group:inner']),
    members('inner', ['user:zed']),
  ];
  /** She may see it, but not through this client. */
  const sealed = (key: string): Change => page(dice, key, acl(['everyone']), [...dice.some(['draft'], 0, 1), dice.pick(SEALED)]);
  const part = (letter: string, most: number): Change[] => [
    ...people,
    container('safe', acl(['group:board'])),
    ...range(dice.roll(most)).map((at) =>
      dice.chance(0.3) ? sealed(`${letter}${at}`) : page(dice, `${letter}${at}`, dark(), dice.some(['draft'], 0, 1)),
    ),
  ];
  // Of the vault her client carries nothing, so there it is no matter who may see what.
  const vault = [...part('v', 20), ...range(dice.roll(10)).map((at) => page(dice, `o${at}`, acl(['everyone'])))];
  return { wiki: part('h', 30), desk: part('i', 20), vault };
};

const questions = (dice: Dice, shown: Part, hidden: Part): Asked[] => {
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
    ['list_sources', {}],
    ...[...ids, 'wiki:missing', 'nowhere:s1', 'no id'].flatMap((id): Asked[] => [
      ['fetch', { id }],
      ['explain_access', { id }],
    ]),
  ];
};

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

const page = (dice: Dice, key: string, of: Acl, labels: readonly string[] = dice.some(['draft', 'open'], 0, 2)): Change => ({
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
    fields: dice.chance(0.3) ? { status: dice.pick(['open', 'shut']) } : {},
  },
});

const gone = (change: Change): Change[] => (change.type === 'document' ? [{ type: 'delete', key: change.document.key }] : []);

/** Accounts, members and containers first: so every connector must. */
const inOrder = (changes: readonly Change[]): Change[] =>
  changes.toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
const ORDER = ['account', 'members', 'container', 'document'];

/** Both, each in its own order, by chance one after the other. */
const woven = (dice: Dice, left: readonly Change[], right: readonly Change[]): Change[] => {
  const [a, b] = [[...left], [...right]];
  const out: Change[] = [];
  while (a.length + b.length > 0) out.push(...(dice.chance(a.length / (a.length + b.length)) ? a : b).splice(0, 1));
  return out;
};

const shuffled = (dice: Dice, changes: readonly Change[]): Change[] =>
  inOrder(dice.some(changes, changes.length, changes.length));
const range = (length: number): number[] => Array.from({ length }, (_, at) => at);
