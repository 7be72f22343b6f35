import { identityName } from '../../src/core/caller.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { sharedSchema } from '../../src/core/principal.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Service } from '../../src/core/service.ts';
import { type IndexInProcess, openIndex } from '../support/index-in-process.ts';
import { type Dice, diceOf } from './dice.ts';
import { mayCarry, mayRead } from './oracle.ts';
import { identify, type Open, replay } from './replay.ts';
import { CLIENTS, firstRun, nextStep, PEOPLE, type Step, STEP_KINDS } from './steps.ts';
import { type Person, type Rule, RULES, type SourceFacts, type World } from './world.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const OWNED = ['acme.test'];
/** How many people try every single id after a step: others another time. */
const FETCHING = 2;

/** Every rule and every kind of step: how often it was what decided. */
export type Corners = Map<string, number>;

/** A table of all corners at zero. */
export const noCorners = (): Corners => new Map([...RULES, ...STEP_KINDS].map((corner) => [corner, 0]));

/** Where the product and the model disagree. */
export interface Disagreement {
  readonly seed: number;
  readonly step: number;
  readonly what: string;
}

/** Plays one random world and compares, after every step, what each person gets with what the model allows. */
export const playWorld = async (seed: number, steps: number, corners: Corners): Promise<Disagreement | undefined> => {
  const dice = diceOf(seed);
  const freshness = new Map<string, Freshness>([
    ['wiki', DEFAULT_FRESHNESS],
    [
      'desk',
      {
        content: { within: 30 * HOUR, onBreach: dice.chance(0.5) ? 'deny' : 'label' },
        permissions: { within: 48 * HOUR, onBreach: 'label' },
      },
    ],
  ]);
  const world: World = {
    now: START,
    owned: OWNED,
    people: PEOPLE,
    clients: CLIENTS,
    sources: Object.fromEntries([...freshness].map(([name, rule]) => [name, emptySource(rule)])),
  };
  const open = new Map<string, Open>([...freshness.keys()].map((name) => [name, new Map()]));
  const index = await openIndex({ rules: rulesOf(world, freshness), now: () => world.now });
  try {
    let seen = new Set<string>();
    for (let step = 0; step <= steps; step++) {
      const name = dice.chance(0.7) ? 'wiki' : 'desk';
      const source = world.sources[name] ?? emptySource(DEFAULT_FRESHNESS);
      const taken: Step = step < 2 ? first(step) : nextStep(dice, name, source);
      await take(taken, world, open, index, dice);
      const disagreement = await compare(index, world, dice, corners);
      if (disagreement) return { seed, step, what: `after "${taken.kind}" in ${taken.source}: ${disagreement}` };
      const now = visibleTo(world);
      if (now.symmetricDifference(seen).size > 0) count(corners, taken.kind);
      seen = now;
    }
    return undefined;
  } finally {
    await index.close();
  }

  function first(step: number): Step {
    return { kind: 'whole listing', source: step === 0 ? 'wiki' : 'desk', wait: 0, runs: [firstRun(dice)] };
  }
};

/** What the configuration says of that world. */
const rulesOf = ({ people, clients, owned }: World, sources: ReadonlyMap<string, Freshness>): Rules => ({
  ownedDomains: owned,
  sources,
  services: new Map(
    people.flatMap(({ listed, ...identity }): [string, Service][] => {
      if (!listed) return [];
      const shared = listed.principals.map((principal) => sharedSchema.parse(principal));
      return [[identityName(identity), { shared, accounts: new Map(Object.entries(listed.accounts)) }]];
    }),
  ),
  policies: {
    default: NO_POLICY,
    clients: new Map(
      Object.entries(clients).map(([name, { sources: of, labels = [] }]) => [
        name,
        { ...NO_POLICY, denyLabels: labels, ...(of ? { sources: of } : {}) },
      ]),
    ),
  },
});

const emptySource = ({ content, permissions }: Freshness): SourceFacts => ({
  content: { within: content.within, deny: content.onBreach === 'deny' },
  permissions: { within: permissions.within, deny: permissions.onBreach === 'deny' },
  confirmed: 0,
  accounts: {},
  groups: {},
  items: {},
  links: {},
});

const take = async (
  step: Step,
  world: World,
  open: ReadonlyMap<string, Open>,
  index: IndexInProcess,
  dice: Dice,
): Promise<void> => {
  world.now += step.wait;
  const source = world.sources[step.source];
  const listings = open.get(step.source);
  if (!source || !listings) throw new Error(`no source ${step.source}`);
  for (const [at, changes] of step.runs.entries()) {
    const cut = at < step.runs.length - 1;
    await index.sync(step.source, changes, { cut });
    replay(source, listings, changes, world.now, world.people);
    if (!cut) listings.clear(); // what no checkpoint kept is forgotten with its run
    world.now += dice.roll(1000);
  }
};

/** What search finds for everybody, and fetch opens for some, against the model. */
const compare = async (index: IndexInProcess, world: World, dice: Dice, corners: Corners): Promise<string | undefined> => {
  const fetching = dice.some(world.people, FETCHING, FETCHING);
  for (const person of world.people) {
    await index.identify(person);
    for (const source of Object.values(world.sources)) identify(source, world.owned, person);
    const client = dice.chance(0.5) ? 'any' : dice.pick(['sealed', 'wiki', 'both']);
    const disagreement = await compareThrough(client, person);
    if (disagreement) return `${person.subject} through ${client}: ${disagreement}`;
  }
  return undefined;

  async function compareThrough(client: string, person: Person): Promise<string | undefined> {
    const asking: Asking = { person, client };
    const allowed = allowedTo(world, asking);
    const found = await searched(index, asking);
    const wrong = [...found.symmetricDifference(allowed)];
    if (wrong.length > 0) return `search ${found.has(wrong[0] ?? '') ? 'shows' : 'hides'} ${wrong.join(' ')}`;
    for (const id of fetching.includes(person) ? everyId(world) : []) {
      const fetched = await index.ask(person, 'fetch', { id }, client);
      if ('output' in fetched !== allowed.has(id)) return `fetch ${'output' in fetched ? 'shows' : 'hides'} ${id}`;
    }
    countRules(world, asking, corners);
    return undefined;
  }
};

/** Who asks, through what. */
interface Asking {
  readonly person: Person;
  readonly client: string;
}

const searched = async (index: IndexInProcess, { person, client }: Asking): Promise<Set<string>> => {
  const found = await index.ask(person, 'search', { query: 'lantern', limit: 50, max_tokens: 20_000 }, client);
  if ('error' in found) throw new Error(found.error.message);
  const { results } = found.output as { results: readonly { id: string }[] };
  return new Set(results.map(({ id }) => id));
};

const everyId = (world: World): string[] =>
  Object.entries(world.sources).flatMap(([name, { items }]) =>
    [...Object.keys(items), 'd1', 'd10', 'nowhere'].map((key) => `${name}:${key}`),
  );

const allowedTo = (world: World, { person, client }: Asking, without?: Rule): Set<string> =>
  new Set(
    Object.entries(world.sources).flatMap(([name, source]) =>
      Object.keys(source.items)
        .filter((key) => mayRead(world, person, source, key, without) && mayCarry(world, client, source, key, without))
        .map((key) => `${name}:${key}`),
    ),
  );

const visibleTo = (world: World): Set<string> =>
  new Set(
    world.people.flatMap((person) => [...allowedTo(world, { person, client: 'any' })].map((id) => `${person.subject} ${id}`)),
  );

const countRules = (world: World, asking: Asking, corners: Corners): void => {
  const allowed = allowedTo(world, asking);
  for (const rule of RULES) if (allowedTo(world, asking, rule).symmetricDifference(allowed).size > 0) count(corners, rule);
};

const count = (corners: Corners, corner: string): void => void corners.set(corner, (corners.get(corner) ?? 0) + 1);
