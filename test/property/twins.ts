import type { Change } from '../../src/core/change.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { Rules } from '../../src/core/rules.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openIndex, say } from '../support/index-in-process.ts';
import { type Dice, diceOf } from './dice.ts';
import { ADA, askBoth, type Difference, NARROW, type Skin } from './twin-answers.ts';
import {
  DIRECTORY,
  gone,
  hiddenPart,
  inOrder,
  OTHERS,
  type Part,
  questions,
  shownPart,
  shuffled,
  SOURCES,
  woven,
} from './twin-parts.ts';

const LISTED_AT = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;
/** What a person decided about others. */
const BY_HAND = { source: 'wiki', reason: 'they said so', operator: 'os:tester' };
/** How often another process writes what is hidden between two questions. */
const MEANWHILE = 0.1;

/**
 * Builds two indexes alike in all that ada may see, one of them full of what she may not: documents, people with their accounts, links
 * and groups, failed runs; they arrived in between, were changed and were deleted, and go on arriving while both are asked the same.
 * Every byte must be the same: what is hidden has no shadow.
 */
export const compareTwins = async (
  seed: number,
  { embedder, skin }: { readonly embedder?: Embedder; readonly skin?: Skin } = {},
): Promise<{ difference?: Difference; hidden: number; asked: number }> => {
  const dice = diceOf(seed);
  const shown = shownPart(dice);
  const hidden = hiddenPart(dice);
  let now = LISTED_AT;
  const options = { rules: rulesOf(dice), now: () => now, ...(embedder ? { embedder } : {}) };
  const [plain, full] = [await openIndex(options), await openIndex(options)];
  const elsewhere = await openStore({ path: full.path, now: () => now });
  try {
    now = LISTED_AT - 30 * MINUTE;
    for (const source of SOURCES) await full.sync(source, shuffled(dice, hidden[source] ?? []), { cut: dice.chance(0.3) });
    for (const other of OTHERS) await full.identify(other);
    now = LISTED_AT - 20 * MINUTE;
    for (const source of SOURCES) await full.sync(source, (hidden[source] ?? []).filter(() => dice.chance(0.5)).flatMap(gone));
    await full.embed();
    now = LISTED_AT;
    for (const source of SOURCES) {
      const own = shown[source] ?? [];
      if (own.length > 0) await plain.sync(source, listing(inOrder(own)));
      await full.sync(source, listing([...inOrder(woven(dice, own, hidden[source] ?? [])), ...unreadable(dice)]));
    }
    await plain.embed();
    await full.embed();
    now = LISTED_AT + 5 * MINUTE;
    for (const index of [plain, full]) await index.identify(ADA);
    for (const other of OTHERS) await full.identify(other);
    await full.store.unlink({ ...BY_HAND, who: OTHERS[0], account: 'mallory' }, now);
    await full.store.linkByHand({ ...BY_HAND, who: OTHERS[2], account: 'zed', andUnlink: true }, now);
    const before = async (): Promise<void> => {
      if (!dice.chance(MEANWHILE)) return;
      const source = dice.pick(['wiki', 'desk', 'vault']);
      const changes = someMore(dice, hidden, source);
      await say({ store: elsewhere, now: () => now, source, changes, cut: dice.chance(0.3) });
    };
    const compared = await askBoth({ seed, plain, full }, questions(dice, shown, hidden), { ...(skin && { skin }), before });
    return { ...compared, hidden: Object.values(hidden).flat().length };
  } finally {
    await elsewhere.close();
    await plain.close();
    await full.close();
  }
};

/** Every second pair has a directory. */
const rulesOf = (dice: Dice): Rules => ({
  ownedDomains: ['acme.test'],
  sources: new Map(SOURCES.map((name) => [name, DEFAULT_FRESHNESS])),
  policies: NARROW,
  ...(dice.chance(0.5) ? { directory: DIRECTORY } : {}),
});

const listing = (changes: readonly Change[]): Change[] => [{ type: 'listing' }, ...changes, { type: 'complete' }];

/** A problem with something that ada does not know of. */
const unreadable = (dice: Dice): Change[] =>
  dice.chance(0.3) ? [{ type: 'problem', key: 'h-broken', error: new Error('not readable') }] : [];

/** Some of the hidden part of a source is said again, or is gone. */
const someMore = (dice: Dice, hidden: Part, source: string): Change[] => {
  const said = dice.some(hidden[source] ?? [], 1, 4);
  return dice.chance(0.3) ? said.flatMap(gone) : inOrder(said);
};
