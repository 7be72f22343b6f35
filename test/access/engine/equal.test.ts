import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import { createEngine, type Engine } from '../../../src/access/engine/engine.ts';
import type { Identity } from '../../../src/core/caller.ts';
import type { OnBreach } from '../../../src/core/freshness.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { openStore } from '../../../src/store/sqlite/index-store.ts';
import type { HeldAcls, Reader, Reading } from '../../../src/store/reader.ts';
import type { Store, Write } from '../../../src/store/store.ts';
import { type AnIndex, anIndex } from '../../support/an-index.ts';
import { type Dice, diceOf } from '../../property/dice.ts';
import { chain, SOURCES, writes } from './steps.ts';

const WITHIN = 50;
const promised = (onBreach: OnBreach) =>
  ({ permissions: { within: WITHIN, onBreach }, content: { within: WITHIN, onBreach: 'label' } }) as const;

const rulesWith = (directory: 'wiki' | 'crm' | 'spare' | undefined, late: 'label' | 'live'): Rules => ({
  ...(directory && { directory }),
  ownedDomains: ['acme.test'],
  sources: new Map([
    ['wiki', promised('deny')],
    ['crm', promised(late)],
    ['never-synced', promised('deny')],
  ]),
  services: new Map([
    ['idp|s0', { shared: ['domain:acme.test', 'org:x'], accounts: new Map([['wiki', ['u0', 'u1', 'never']]]) }],
    ['idp|p1s', { shared: ['person:p0@acme.test'], accounts: new Map([['crm', ['u2']]]) }],
  ]),
});

const CALLERS: readonly [Identity, ...Identity[]] = [
  { issuer: 'idp', subject: 'p0', email: 'p0@acme.test' },
  { issuer: 'idp', subject: 'p1', email: 'p1@acme.test' },
  { issuer: 'idp', subject: 'p2', email: 'p2@partner.test' },
  { issuer: 'idp', subject: 'p3' },
  { issuer: 'idp', subject: 's0' },
  { issuer: 'idp', subject: 'p1s', email: 'p1@acme.test' },
];

/** An index that two processes write, and that one engine is asked about, among others. */
interface Place {
  readonly index: AnIndex;
  readonly stores: readonly [Store, Store];
  readonly reader: Reader;
}

const aPlace = async (): Promise<Place> => {
  const index = await anIndex();
  const other = await openStore({ path: index.path, now: () => 0 });
  onTestFinished(() => other.close());
  return { index, stores: [index.store, other], reader: index.reader() };
};

const comparable = (held: HeldAcls | undefined) => held && { ...held, acls: [...held.acls].toSorted((a, b) => a - b) };

const FINISHED = { status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] } as const;

/** A run of one source, by one of the two processes; a whole listing forgets what it does not name. */
const sync = async ({ stores }: Place, dice: Dice, now: number, said: readonly Write[]): Promise<void> => {
  const writer = await dice.pick(stores).open(dice.pick(SOURCES), 'test', now);
  const whole = dice.roll(4) === 0;
  if (whole) await writer.write([{ type: 'listing' }]);
  await writer.write(said);
  if (whole) await writer.sweep({ ratio: 1, documents: 1000, accept: true });
  if (dice.roll(3) > 0 || whole) await writer.finish(FINISHED, now);
  else await writer.finish({ ...FINISHED, status: 'failed' }, now);
};

const link = async ({ stores }: Place, dice: Dice, now: number): Promise<void> => {
  const email = `p${dice.roll(3)}@acme.test`;
  const [source, account] = [dice.pick(SOURCES), `u${dice.roll(4)}`];
  const identity = dice.pick(CALLERS);
  await dice
    .pick(stores)
    .link(identity, { source, account, method: 'email', evidence: { email }, at: now })
    .catch(() => undefined); // nobody has that account
};

/** The log loses entries that the engine may not have followed. */
const prune = ({ index }: Place, dice: Dice): void => {
  const db = new SQLite(index.path);
  db.prepare('DELETE FROM change_log WHERE id <= (SELECT max(id) FROM change_log) - ?').run(dice.roll(3) * 5);
  db.close();
};

interface Counted {
  engine: number;
  sql: number;
  held: number;
  until: number;
  stale: number;
}

interface At {
  readonly rules: Rules;
  readonly now: number;
}

/** Compares what both say about everybody at one instant. */
const compare = (engine: Engine, reading: Reading, { rules, now }: At, counted: Counted): void => {
  for (const caller of CALLERS) {
    const sql = reading.holdAcls(caller, rules, now);
    const held = engine.hold(reading, caller, now);
    counted[held ? 'engine' : 'sql']++;
    if (!held) continue;
    expect(comparable(held)).toEqual(comparable(sql));
    counted.held += held.acls.length;
    counted.until += Number(held.until < Infinity);
    counted.stale += Number(held.stale);
  }
};

const world = async (seed: number, counted: Counted): Promise<void> => {
  const dice = diceOf(seed);
  const places: [Place, Place] = [await aPlace(), await aPlace()];
  const rules = rulesWith(dice.pick([undefined, 'wiki', 'wiki', 'crm', 'spare']), dice.pick(['label', 'live']));
  const engine = createEngine(rules, { slice: dice.pick([3, 40, 5000]) });
  let now = 100;
  for (let step = 0; step < STEPS; step++) {
    const place = dice.pick(places);
    const what = dice.roll(12);
    if (what < 7) await sync(place, dice, now, writes(dice));
    else if (what === 7) await sync(place, dice, now, chain(dice));
    else if (what === 8) await link(place, dice, now);
    else if (what === 9) prune(place, dice);
    else now += dice.pick([1, 10, 60, -30]);
    for (const { reader } of dice.chance(0.3) ? places : [place]) {
      for (let slices = dice.roll(40); slices > 0 && reader.read((reading) => engine.advance(reading)); slices--);
      reader.read((reading) => compare(engine, reading, { rules, now }, counted));
    }
  }
};

const WORLDS = 12;
const STEPS = 40;

test('the engine holds the acls that SQL holds, as long, and as stale, whatever is written by whom and when', async () => {
  const counted: Counted = { engine: 0, sql: 0, held: 0, until: 0, stale: 0 };
  for (let seed = 1; seed <= WORLDS; seed++) await world(seed, counted);
  // Worlds in which it says nothing, or nothing ever moves, prove nothing.
  expect(Object.entries(counted).filter(([, times]) => times < 100)).toEqual([]);
}, 120_000);
