import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { decide } from '../../src/core/decide.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import type { Reader } from '../../src/store/reader.ts';
import type { Rules } from '../../src/core/rules.ts';
import { openIndex } from '../support/index-in-process.ts';
import { aContainer, aDocument, anAccount, COMMON, someMembers } from './changes.ts';
import { type Dice, diceOf } from './dice.ts';
import { land } from './holding.ts';
import { identify } from './links.ts';
import { allowedTo } from './oracle.ts';
import { CLIENTS, PEOPLE } from './people.ts';
import { nothingOpen, replay } from './replay.ts';
import { asFacts, rulesOf } from './rules.ts';
import { type SourceFacts, silentSource, type World } from './world.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';

/** In so many runs nothing moves at the source while it is read. */
const STILL = 0.5;
/** A run that is cut off after so many of its parts at least, and is not. */
const ENDS = 0.4;

/** Moments of a source, each all that it says then, by name: accounts, groups, containers, documents, in the order a run tells them. */
type Moment = ReadonlyMap<string, readonly Change[]>;

const USERS = COMMON.users.slice(0, 4);
const GROUPS = COMMON.groups.slice(0, 3);
const CONTAINERS = ['c1', 'c2', 'c3'];
const DOCUMENTS = ['d1', 'd2', 'd3', 'd4', 'd5'];
const NAMES: readonly string[] = [...USERS, ...GROUPS, ...CONTAINERS, ...DOCUMENTS];

/** How one thing of a source is at some moment; nothing where it is not there. An acl names no audience that is told after it. */
const someOf = (dice: Dice, name: string): readonly Change[] => {
  const words = { ...COMMON, containers: CONTAINERS.slice(0, CONTAINERS.includes(name) ? CONTAINERS.indexOf(name) : 3) };
  if (USERS.includes(name)) return [anAccount(dice, name)];
  if (GROUPS.includes(name)) return someMembers(dice, words, name);
  if (dice.chance(0.15)) return [];
  const change = CONTAINERS.includes(name) ? aContainer(dice, words, name) : aDocument(dice, words, name);
  // Without a parent: what is gone takes nothing with it that the source still has.
  if (change.type === 'container') {
    const { parent: _, ...container } = change;
    return [{ ...container, acl: naming(change.acl, () => false) }];
  }
  if (change.type !== 'document') return [change];
  const { parent: _, ...document } = change.document;
  return [{ type: 'document', document: { ...document, acl: naming(document.acl, (key) => key === 'd1' && name !== 'd1') } }];
};

/** An acl without the documents it may not name. */
const naming = (acl: Acl, may: (key: string) => boolean): Acl => {
  if ('unknown' in acl) return acl;
  const [first, ...rest] = acl.terms.map((term) => ({
    ...term,
    allow: term.allow.filter((name) => !/^audience:(?:d\d|nowhere)$/u.test(name) || may(name.slice(9))),
  }));
  return first ? { terms: [first, ...rest] } : acl;
};

/** The next moment: some of it is another than it was. */
const after = (dice: Dice, moment: Moment): Moment =>
  new Map(NAMES.map((name) => [name, dice.chance(0.35) ? someOf(dice, name) : (moment.get(name) ?? [])]));

/** What a run reads: each thing as it is at a moment of its own, never one before that of the thing it read before. */
const readOf = (dice: Dice, moments: readonly [Moment, ...Moment[]]): Moment => {
  let at = 0;
  return new Map(
    NAMES.map((name) => {
      if (dice.chance(0.2)) at = Math.min(at + 1, moments.length - 1);
      return [name, moments[at]?.get(name) ?? []];
    }),
  );
};

const alike = (one: readonly Change[] | undefined, other: readonly Change[] | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** What an incremental run says of it: what is not as it was at the cursor, and what is gone. */
const newsOf = (read: Moment, cursor: Moment): Change[][] =>
  NAMES.filter((name) => !alike(read.get(name), cursor.get(name))).map((name) => {
    const now = read.get(name) ?? [];
    return now.length === 0 ? [{ type: 'delete', key: name }] : [...now];
  });

/** Plays a source and runs of it that die halfway; says who saw what they should not have, and what did not come in. */
export const playHalfway = async (seed: number, runs: number): Promise<string | undefined> => {
  const dice = diceOf(seed);
  const source = silentSource(asFacts(DEFAULT_FRESHNESS));
  const world: World = {
    now: Date.UTC(2026, 0, 5),
    owned: ['acme.test'],
    people: PEOPLE,
    clients: CLIENTS,
    sources: { wiki: source },
  };
  const rules = rulesOf(world, new Map([['wiki', DEFAULT_FRESHNESS]]));
  const index = await openIndex({ rules, now: () => world.now });
  const reader = openReader(index.path);
  let moment: Moment = new Map(NAMES.map((name) => [name, someOf(dice, name)]));
  let cursor: Moment = new Map();
  try {
    for (let run = 0; run < runs; run++) {
      world.now += 1000;
      const moments: [Moment, ...Moment[]] = [moment];
      if (!dice.chance(STILL))
        for (let more = dice.roll(3); more >= 0; more--) moments.push(after(dice, moments.at(-1) ?? moment));
      const read = readOf(dice, moments);
      const listing = cursor.size === 0 || dice.chance(0.4);
      const parts = listing ? NAMES.map((name) => [...(read.get(name) ?? [])]) : newsOf(read, cursor);
      const told = parts.slice(0, dice.chance(ENDS) ? parts.length : dice.roll(parts.length + 1));
      const cut = told.length < parts.length || dice.chance(0.2);
      // A cursor may pass what waits: it is kept.
      const marks = !cut || (!listing && dice.chance(0.5));
      const changes: Change[] = [
        ...(listing ? [{ type: 'listing' } as const] : []),
        ...told.flat(),
        ...(listing && !cut ? [{ type: 'complete' } as const] : []),
        ...(marks ? [{ type: 'checkpoint', cursor: { run } } as const] : []),
      ];
      const before = allowed(world);
      const whole = structuredClone(source);
      const holds = run > 0;
      replay(source, nothingOpen(), changes, { at: world.now, people: PEOPLE, holds });
      if (!cut) land(source, PEOPLE);
      land(whole, PEOPLE);
      // What a listing does not name is known to be gone when it is complete, and stands until then.
      tellAll(whole, read, world.now);
      const mayUntil = allowed({ ...world, sources: { wiki: whole } });
      tellAll(whole, read, world.now, { type: 'complete' });
      const mayNow = allowed({ ...world, sources: { wiki: whole } });
      await index.sync('wiki', changes, { cut });
      const sees = visible(reader, rules, world.now);
      const leaked = [...sees].filter((one) => !before.has(one) && !mayUntil.has(one) && !mayNow.has(one));
      if (leaked.length > 0) return `seed ${seed}, run ${run}: ${leaked.join(', ')}`;
      const late = cut ? [] : [...mayNow.symmetricDifference(sees)];
      if (late.length > 0) return `seed ${seed}, run ${run} ended, and this is not as it was told: ${late.join(', ')}`;
      cursor = cut ? reached(cursor, read, told, marks) : read;
      moment = moments.at(-1) ?? moment;
      if (dice.chance(0.7)) moment = after(dice, moment);
      for (const person of dice.some(PEOPLE, 0, 4)) {
        await index.identify(person);
        identify(world, person);
      }
    }
    return undefined;
  } finally {
    reader.close();
    await index.close();
  }
};

const nameOfChange = (change: Change): string => {
  if (change.type === 'account') return change.account.id;
  if (change.type === 'members') return change.group;
  if (change.type === 'document') return change.document.key;
  return 'key' in change ? (change.key ?? '') : '';
};

const isTold = (told: readonly (readonly Change[])[], name: string): boolean =>
  told.some((part) => part.some((change) => nameOfChange(change) === name));

/** How far a run came that was cut off: what it told and did not mark is told again, for nobody knows how much of it came in. */
const reached = (cursor: Moment, read: Moment, told: readonly (readonly Change[])[], marked: boolean): Moment => {
  const names = NAMES.filter((name) => isTold(told, name));
  const rest = [...cursor].filter(([name]) => !names.includes(name));
  return new Map([...rest, ...(marked ? names.map((name) => [name, read.get(name) ?? []] as const) : [])]);
};

/** A source as it would stand, had the run said all that it read. */
const tellAll = (source: SourceFacts, read: Moment, at: number, ...last: readonly Change[]): void => {
  const changes: Change[] = [{ type: 'listing' }, ...[...read.values()].flat(), ...last];
  replay(source, nothingOpen(), changes, { at, people: PEOPLE, holds: false });
};

const allowed = (world: World): Set<string> =>
  new Set(PEOPLE.flatMap((person) => [...allowedTo(world, { person, client: 'any' })].map((id) => `${person.subject} ${id}`)));

/** The same of the index, by the reference rule on its rows. */
const visible = (reader: Reader, rules: Rules, now: number): Set<string> =>
  reader.read((reading) => {
    const seen = new Set<string>();
    for (const person of PEOPLE) {
      const facts = reading.facts('wiki', person, rules, now);
      for (const key of DOCUMENTS) {
        const document = reading.document('wiki', key);
        if (document && decide(document.acl.value, facts)) seen.add(`${person.subject} wiki:${key}`);
      }
    }
    return seen;
  });
