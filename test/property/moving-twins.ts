import type { Change } from '../../src/core/change.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { RunEnd } from '../../src/store/store.ts';
import { openIndex } from '../support/index-in-process.ts';
import { type Dice, diceOf } from './dice.ts';
import { HIDDEN_KEYS, hiddenNow, type Said, SHOWN_KEYS, shownNow, WORDS } from './moving-parts.ts';
import { ADA, askBoth, type Asked, type Difference, NARROW, type Skin, type Twins } from './twin-answers.ts';
import { OTHERS } from './twin-parts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BEGIN = Date.UTC(2026, 0, 5);
const STEPS = 14;
/** Two of the longest outlast every promise. */
const PAUSES = [MINUTE, HOUR, 13 * HOUR] as const;
const STRICT: Freshness = { ...DEFAULT_FRESHNESS, content: { within: 20 * HOUR, onBreach: 'deny' } };
const UNCHANGED: Change = { type: 'unchanged' };
const DONE: RunEnd = { status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] };

/**
 * Lets two indexes live through the same days, with the same caller asking all along, so that what was kept for an answer meets
 * the next: time passes, promises run out, runs are cut short, and questions fall into running syncs. One of them is also told what
 * ada may not see through her client, whenever. At no moment may an answer show that.
 */
export const compareMovingTwins = async (
  seed: number,
  { embedder, skin }: { readonly embedder?: Embedder; readonly skin?: Skin } = {},
): Promise<{ difference?: Difference; hidden: number; asked: number }> => {
  const dice = diceOf(seed);
  let now = BEGIN;
  const options = { rules: rulesBy(dice), now: () => now, ...(embedder ? { embedder } : {}) };
  const twins: Twins = { seed, plain: await openIndex(options), full: await openIndex(options) };
  let [hidden, asked] = [0, 0];
  try {
    for (let step = 0; step < STEPS; step++) {
      now += dice.pick(PAUSES);
      for await (const said of dice.pick(MOVES)(twins, dice, now)) {
        hidden += said;
        for (const index of [twins.plain, twins.full]) await index.identify(ADA);
        const compared = await askBoth(twins, questions(dice), { ...(skin && { skin }) });
        asked += compared.asked;
        const { difference } = compared;
        if (difference) return { difference: { ...difference, asked: `step ${step}, ${difference.asked}` }, hidden, asked };
      }
    }
    return { hidden, asked };
  } finally {
    await twins.plain.close();
    await twins.full.close();
  }
};

/** Content past its promise is labelled or denied. */
const rulesBy = (dice: Dice): Rules => ({
  ownedDomains: ['acme.test'],
  sources: new Map([
    ['wiki', dice.pick([DEFAULT_FRESHNESS, STRICT])],
    ['vault', DEFAULT_FRESHNESS],
  ]),
  policies: NARROW,
});

/** Something happens. Both are asked wherever it yields, which is how much that is hidden was said since. */
type Move = (twins: Twins, dice: Dice, now: number) => AsyncGenerator<number>;

/** Both hear the same of what may be shown, in a whole run or in one that is cut. */
const bothAreTold: Move = async function* ({ plain, full }, dice) {
  const said = [...inOrder(shownNow(dice)), ...(dice.chance(0.3) ? [UNCHANGED] : [])];
  const cut = dice.chance(0.3);
  for (const index of [plain, full]) await index.sync('wiki', said, { cut });
  if (dice.chance(0.5)) for (const index of [plain, full]) await index.embed();
  yield 0;
};

/** A run of both: when a source is read hangs on what is hidden in it no more than what the run lands. */
const oneIsToldMore: Move = async function* ({ plain, full }, dice) {
  const said = inOrder(hiddenNow(dice));
  const [source, cut] = [dice.pick(['wiki', 'vault'] as const), dice.chance(0.3)];
  await plain.sync(source, [], { cut });
  await full.sync(source, said, { cut });
  if (dice.chance(0.3)) await full.identify(dice.pick(OTHERS));
  yield said.length;
};

/** A run of both, fact by fact; that of one says hidden facts in between. */
const bothAreAskedMeanwhile: Move = async function* ({ plain, full }, dice, now) {
  const [left, right] = [await plain.store.open('wiki', 'said', now), await full.store.open('wiki', 'said', now)];
  for (const fact of shownNow(dice).facts) {
    const more = dice.chance(0.5) ? hiddenNow(dice).facts : [];
    await left.write([fact]);
    await right.write([fact]);
    if (more.length > 0) await right.write(more);
    yield more.length;
  }
  for (const writer of [left, right]) await writer.finish(DONE, now);
  yield 0;
};

const onlyTimePasses: Move = async function* () {
  yield 0;
};

const MOVES = [bothAreTold, bothAreTold, oneIsToldMore, oneIsToldMore, bothAreAskedMeanwhile, onlyTimePasses] as const;

const inOrder = ({ facts, documents }: Said): Change[] => [...facts, ...documents];

const questions = (dice: Dice): Asked[] => [
  ['search', { query: dice.pick(WORDS), limit: 1 + dice.roll(3) }],
  ['search', { query: dice.some(WORDS, 2, 4).join(' ') }],
  ['search', { where: [{ field: 'status', is: dice.pick(['open', 'shut']) }], limit: 1 + dice.roll(4) }],
  ['search', { query: dice.pick(WORDS), where: [{ field: 'amount', from: dice.roll(6) }], limit: 2 }],
  ['list_sources', {}],
  ...[...dice.some(SHOWN_KEYS, 3, 3), ...dice.some(HIDDEN_KEYS, 2, 2), 'safe', 'home'].flatMap((key): Asked[] => [
    ['fetch', { id: `wiki:${key}` }],
    ['explain_access', { id: `wiki:${key}` }],
  ]),
];
