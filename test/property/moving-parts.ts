import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { aDocument, anAccount, except, only } from '../support/builders.ts';
import type { Dice } from './dice.ts';
import { SEALED } from './twin-answers.ts';

/** What decides over documents: a connector says it before them, and it may be written as it is said. */
export type Fact = Extract<Change, { type: 'account' | 'members' | 'container' }>;

export interface Said {
  readonly facts: readonly Fact[];
  readonly documents: readonly Change[];
}

export const WORDS = ['lantern', 'harbour', 'ledger', 'rope', 'signal', 'anchor'] as const;
/** Documents of either part are asked for by these keys. */
export const SHOWN_KEYS = ['s1', 's2', 's3', 's4', 's5'];
export const HIDDEN_KEYS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7', 'h8'];
const WRITTEN_UNTIL = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

/** What a source says at one moment of what ada may see, or might: all of it, or some. */
export const shownNow = (dice: Dice): Said => {
  const facts: Fact[] = [
    { type: 'account', account: anAccount({ name: 'Ada' }) },
    { type: 'account', account: anAccount({ id: 'cy', active: dice.chance(0.8) }) },
    { type: 'members', group: 'crew', members: dice.chance(0.8) ? ['user:ada', 'user:cy'] : ['user:cy'] },
    { type: 'members', group: 'none', members: dice.chance(0.2) ? { unknown: '403' } : [] },
    { type: 'members', group: 'all', members: ['group:crew'] },
    { type: 'container', key: 'home', title: 'Home', acl: only(dice.pick(['group:all', 'everyone', 'user:ada'])) },
    { type: 'container', key: 'deck', title: 'Deck', acl: only('audience:home') },
  ];
  const documents = SHOWN_KEYS.map((key) => page(dice, key, dice.pick(OPEN)));
  if (dice.chance(0.3)) return { facts, documents };
  return { facts: facts.filter(() => dice.chance(0.4)), documents: documents.filter(() => dice.chance(0.4)) };
};

/**
 * What a source says at one moment of what ada can never see through her client: nothing in it names her, but to deny her, or it
 * has a label that her client may not carry.
 */
export const hiddenNow = (dice: Dice): Said => {
  const facts: Fact[] = [
    { type: 'account', account: anAccount({ id: 'mallory', active: dice.chance(0.5) }) },
    { type: 'members', group: 'board', members: dice.chance(0.5) ? ['user:mallory'] : ['user:m1'] },
    { type: 'members', group: `fresh${dice.roll(4)}`, members: ['user:m2'] },
    { type: 'container', key: 'safe', title: 'Safe', acl: only('group:board') },
  ];
  const documents = HIDDEN_KEYS.map((key) =>
    dice.chance(0.3) ? page(dice, key, dice.pick(OPEN), [dice.pick(SEALED)]) : page(dice, key, shut(dice)),
  );
  const gone: Change[] = dice.chance(0.5) ? [{ type: 'delete', key: dice.pick(['h1', 'h4', 'h8', 'never']) }] : [];
  return {
    facts: facts.filter(() => dice.chance(0.6)),
    documents: [...documents.filter(() => dice.chance(0.6)), ...gone],
  };
};

const OPEN: readonly [Acl, ...Acl[]] = [
  only('everyone'),
  only('group:crew'),
  only('audience:deck'),
  except(['user:ada'], ['group:none']),
  only('public'),
];

const shut = (dice: Dice): Acl =>
  dice.pick<Acl>([
    only('user:mallory'),
    only(`user:m${dice.roll(50)}`),
    only('group:board'),
    only(`group:fresh${dice.roll(4)}`),
    only('audience:safe'),
    only('org:staff'),
    except(['everyone'], ['person:ada@acme.test']),
    { unknown: `403 ${dice.roll(99)}` },
  ]);

const page = (dice: Dice, key: string, acl: Acl, labels: readonly string[] = dice.some(['draft'], 0, 1)): Change => ({
  type: 'document',
  document: aDocument({
    key,
    title: dice.some(WORDS, 1, 2).join(' '),
    type: dice.pick(['page', 'memo']),
    updatedAt: new Date(WRITTEN_UNTIL - dice.roll(9) * HOUR),
    author: dice.pick(['user:ada', 'user:cy', 'user:stranger']),
    acl,
    labels,
    fields: {
      ...(dice.chance(0.3) ? { [`field${dice.roll(3)}`]: 1 } : {}),
      ...(dice.chance(0.7) ? { status: dice.pick(['open', 'shut']), amount: dice.roll(9) } : {}),
    },
    body: {
      kind: 'text',
      text: `The ${dice.some(WORDS, 1, 5).join(' and ')}.\n\n${dice.some(WORDS, 1, 5).join(' ')}`,
      format: 'markdown',
    },
  }),
});
