import { decide, type Facts } from '../../src/core/decide.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import type { Leaf } from '../../src/core/principal.ts';
import type { Rules } from '../../src/core/rules.ts';
import { sharedSchema } from '../../src/core/principal.ts';
import { identityName } from '../../src/core/caller.ts';
import type { Past } from '../../src/store/past.ts';
import type { Reader } from '../../src/store/reader.ts';
import { openPast } from '../../src/store/sqlite/history-past.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import { diceOf } from '../property/dice.ts';
import { COMMON } from '../property/changes.ts';
import { CLIENTS, DECIDED_ABOUT, PEOPLE } from '../property/people.ts';
import { endRun, nothingOpen, replay } from '../property/replay.ts';
import { firstStep, nextStep } from '../property/steps.ts';
import { silentSource, type SourceFacts, type World } from '../property/world.ts';
import { openIndex } from './index-in-process.ts';

/** Nothing runs out, as for the past: when facts were confirmed is not remembered. */
const LASTING: Freshness = {
  content: { ...DEFAULT_FRESHNESS.content, onBreach: 'label' },
  permissions: { ...DEFAULT_FRESHNESS.permissions, onBreach: 'label' },
};
const SOURCES = ['wiki', 'desk'] as const;
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((n) => [`d${n}`, `c${n}`]);
const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5', 'g9'];
const LEAVES: readonly Leaf[] = [
  ...['u1', 'u2', 'u3', 'u4', 'u5', 'u6'].map((id) => `user:${id}` as const),
  'person:ada@acme.test',
  'person:bob@acme.test',
  'domain:acme.test',
  'org:staff',
  'everyone',
  'public',
];

const rulesBy = (directory: string | undefined): Rules => ({
  ...(directory === undefined ? {} : { directory }),
  ownedDomains: ['acme.test'],
  sources: new Map(SOURCES.map((name) => [name, LASTING])),
  services: new Map(
    PEOPLE.flatMap(({ listed, ...identity }) =>
      listed
        ? [
            [
              identityName(identity),
              {
                shared: listed.principals.map((principal) => sharedSchema.parse(principal)),
                accounts: new Map(Object.entries(listed.accounts)),
              },
            ],
          ]
        : [],
    ),
  ),
});

/** All there is to know of the permissions at one version, as text. */
interface Noted {
  readonly version: number;
  readonly at: number;
  readonly says: string;
}

/** What could be told apart between the index as it was and as it is remembered; undefined where nothing can. */
export const rememberWorld = async (seed: number, steps: number): Promise<string | undefined> => {
  const dice = diceOf(seed);
  const rules = rulesBy(dice.pick([undefined, 'wiki', 'desk']));
  const world: World = {
    now: Date.UTC(2026, 0, 5),
    owned: rules.ownedDomains,
    people: PEOPLE,
    clients: CLIENTS,
    sources: Object.fromEntries(SOURCES.map((name) => [name, emptySource()])),
  };
  const index = await openIndex({ rules, now: () => world.now });
  const reader = openReader(index.path);
  const past = openPast(index.path);
  const noted: Noted[] = [];
  try {
    for (let step = 0; step <= steps; step++) {
      const name = step < SOURCES.length ? (SOURCES[step] ?? 'wiki') : dice.pick(SOURCES);
      const source = world.sources[name] ?? emptySource();
      const said = { name, words: COMMON, source, people: DECIDED_ABOUT, said: [] };
      const { runs } = step < SOURCES.length ? firstStep(dice, name, COMMON) : nextStep(dice, said);
      const open = nothingOpen();
      for (const { changes, end } of runs) {
        world.now += 1000;
        await index.sync(name, changes, { cut: end !== 'whole' });
        replay(source, open, changes, { at: world.now, people: world.people, holds: false });
        endRun(open);
        noted.push(noteNow(reader, rules, world.now));
      }
      for (const person of dice.some(PEOPLE, 0, 3)) {
        world.now += 1000;
        await index.identify(person);
        noted.push(noteNow(reader, rules, world.now));
      }
      const some = dice.some(noted, 1, 2); // while more is written
      for (const then of some) if (noteThen(past, rules, then) !== then.says) return difference(past, rules, then, seed);
    }
    past.close();
    const again = openPast(index.path);
    try {
      for (const then of dice.some(noted, 8, 8))
        if (noteThen(again, rules, then) !== then.says) return difference(again, rules, then, seed);
      return undefined;
    } finally {
      again.close();
    }
  } finally {
    reader.close();
    await index.close();
  }
};

const noteNow = (reader: Reader, rules: Rules, at: number): Noted =>
  reader.read((reading) => ({
    version: reading.basis.version,
    at,
    says: note(
      (source, person) => reading.facts(source, person, rules, at),
      (source, key) => reading.document(source, key)?.acl.id,
    ),
  }));

const noteThen = (past: Past, rules: Rules, { version }: Noted): string =>
  past.read((reading) => {
    const then = reading.asOf(version);
    return note(
      (source, person) => then.facts(source, person, rules),
      (source, key) => {
        const item = then.item(source, key);
        return item?.container === false ? item.acl.id : undefined;
      },
    );
  });

type Someone = (typeof PEOPLE)[number];

/** Every fact the rule may ask for, and every decision it makes of them. Not when something was confirmed. */
const note = (
  factsOf: (source: string, person: Someone) => Facts,
  aclOf: (source: string, key: string) => number | undefined,
): string =>
  SOURCES.flatMap((source) => {
    const [anybody] = PEOPLE;
    const shared = anybody && factsOf(source, anybody);
    return [
      ...GROUPS.map((group) => `${source} ${group} ${shared?.listing(group)?.members.toSorted().join(' ') ?? 'never listed'}`),
      ...KEYS.map((key) => `${source} ${key} ${aclOf(source, key) ?? '-'} ${JSON.stringify(shared?.audience(key)?.acl)}`),
      ...PEOPLE.flatMap((person) => {
        const facts = factsOf(source, person);
        const may = KEYS.filter((key) => {
          const there = facts.audience(key);
          return there && decide(there.acl, facts);
        });
        return [
          `${source} ${person.subject} is ${LEAVES.map((leaf) => `${leaf} ${facts.leaf(leaf).is}`).join(', ')}`,
          `${source} ${person.subject} may ${may.join(' ')}`,
        ];
      }),
    ];
  }).join('\n');

const difference = (past: Past, rules: Rules, then: Noted, seed: number): string => {
  const was = then.says.split('\n');
  const line = noteThen(past, rules, then)
    .split('\n')
    .findIndex((one, at) => one !== was[at]);
  return `seed ${seed}, version ${then.version}: was "${was[line]}", is remembered as "${noteThen(past, rules, then).split('\n')[line]}"`;
};

const emptySource = (): SourceFacts =>
  silentSource({ content: { within: 1, deny: false }, permissions: { within: 1, deny: false } });
