import { COMMON, OF_THE_DIRECTORY, type Words } from './changes.ts';
import { compare } from './compare.ts';
import { type Corners, count } from './corners.ts';
import { type Dice, diceOf } from './dice.ts';
import { allowedTo } from './oracle.ts';
import { CLIENTS, DECIDED_ABOUT, PEOPLE } from './people.ts';
import { land } from './holding.ts';
import { decideByHand } from './links.ts';
import { endRun, nothingOpen, type Open, replay } from './replay.ts';
import { asFacts, DIRECTORY, promisesOf, rulesOf } from './rules.ts';
import { openStage, type OtherProcess, type Stage, type Writer } from './stage.ts';
import { firstStep, nextStep, type SaidRun, type Step } from './steps.ts';
import { type LinkFacts, own, silentSource, type SourceFacts, type World } from './world.ts';

/** In so many worlds SQL decides alone, as it does until memory is ready. */
const SQL_DECIDES = 0.3;
/** Whoever lost something longer ago holds back no more. */
const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 5);

/** Where the product and the model disagree. */
export interface Disagreement {
  readonly seed: number;
  readonly step: number;
  readonly what: string;
}

export interface PlayOptions {
  readonly steps: number;
  readonly corners: Corners;
  /** Writes some of the runs, where there is one. */
  readonly other?: OtherProcess;
}

interface Play {
  readonly dice: Dice;
  readonly world: World;
  readonly stage: Stage;
  readonly corners: Corners;
  readonly writers: readonly [Writer, ...Writer[]];
  readonly told: ReadonlyMap<string, Told>;
}

/** What a source has said. */
interface Told {
  readonly open: Open;
  last: readonly SaidRun[];
  /** Every key there ever was. */
  readonly keys: Set<string>;
}

/** Plays one random world and compares, after every step, what some people get with what the model allows; at last for all. */
export const playWorld = async (seed: number, { steps, corners, other }: PlayOptions): Promise<Disagreement | undefined> => {
  const dice = diceOf(seed);
  const promises = promisesOf(dice);
  const names = dice.some([...promises.keys()], promises.size, promises.size);
  const last = names.length + steps - 1;
  const world: World = {
    now: START,
    owned: ['acme.test'],
    ...(promises.has(DIRECTORY) ? { directory: DIRECTORY } : {}),
    people: PEOPLE,
    clients: CLIENTS,
    sources: Object.fromEntries([...promises].map(([name, rule]) => [name, silentSource(asFacts(rule))])),
  };
  const decides = dice.chance(SQL_DECIDES) ? 'sql' : 'memory';
  const play: Play = {
    dice,
    world,
    corners,
    stage: await openStage({ rules: rulesOf(world, promises), now: () => world.now, decides }, other),
    writers: dice.pick<Play['writers']>([['own'], ['own', other ? 'process' : 'own'], ['own', 'connection']]),
    told: new Map(names.map((name) => [name, { open: nothingOpen(), last: [], keys: new Set<string>() }])),
  };
  try {
    let seen = visibleTo(world);
    for (let step = 0; step <= last; step++) {
      const taken = stepOf(play, names[step]);
      const events = new Set<string>([taken.kind]);
      const wrong = (await take(play, taken, events)) ?? (await compared(step));
      if (wrong) return { seed, step, what: `after "${taken.kind}" in ${taken.source}: ${wrong}` };
      const now = visibleTo(world);
      if (now.symmetricDifference(seen).size > 0 || events.has('replay')) for (const event of events) count(corners, event);
      seen = now;
    }
    return undefined;
  } finally {
    await play.stage.close();
  }

  /** Nobody is asked before every source has said all it has. */
  async function compared(step: number): Promise<string | undefined> {
    return step < names.length - 1 ? undefined : compare(play, step === last);
  }
};

const stepOf = ({ dice, world, told }: Play, first: string | undefined): Step => {
  const wordsOf = (name: string): Words => (name === world.directory ? OF_THE_DIRECTORY : COMMON);
  if (first !== undefined) return firstStep(dice, first, wordsOf(first));
  const name = world.directory !== undefined && dice.chance(0.4) ? world.directory : dice.chance(0.7) ? 'wiki' : 'desk';
  return nextStep(dice, {
    name,
    words: wordsOf(name),
    source: factsOf(world, name),
    people: DECIDED_ABOUT,
    said: told.get(name)?.last ?? [],
  });
};

/** Lets a step happen to the index and to the model, and says where they disagree meanwhile. `events`: what happened on the way. */
const take = async (play: Play, step: Step, events: Set<string>): Promise<string | undefined> => {
  const { world, dice, told } = play;
  const source = factsOf(world, step.source);
  const of = told.get(step.source);
  if (!of) throw new Error(`no source ${step.source}`);
  world.now += step.wait;
  if (step.decision) {
    const allowed = decideByHand(world, source, step.decision);
    const done = await play.stage.decide(step.source, step.decision);
    if (allowed !== done) return `"${step.kind}" was ${done ? 'done' : 'refused'}`;
  }
  for (const run of step.runs) {
    const before = noted(source, of.keys);
    const wrong = await happen(play, { step, run, source, open: of.open }, events);
    if (wrong) return wrong;
    for (const event of eventsIn(source, before)) events.add(event);
    for (const key of Object.keys(source.items)) of.keys.add(key);
    world.now += dice.roll(1000);
  }
  if (step.runs.length > 0) of.last = step.runs;
  return undefined;
};

interface Happening {
  readonly step: Step;
  readonly run: SaidRun;
  readonly source: SourceFacts;
  readonly open: Open;
}

const happen = async (play: Play, { step, run, source, open }: Happening, events: Set<string>): Promise<string | undefined> => {
  const { world, stage, dice } = play;
  const at = world.now;
  const { changes, end } = run;
  const writer: Writer = step.kind === 'restart' || end !== 'whole' ? 'own' : dice.pick(play.writers);
  if (writer !== 'own') events.add(`by another ${writer}`);
  source.running = true;
  let wrong: string | undefined;
  let told = 0;
  let lost = false;
  // Whoever asks meanwhile writes by themselves, and no runner holds back for them.
  const holds = end !== 'asked' && source.ran;
  source.ran = true;
  const tell = (until: number): void => {
    lost = replay(source, open, changes.slice(told, until), { at, people: world.people, holds }) || lost;
    told = until;
  };
  const ended = await stage[step.kind === 'restart' ? 'restart' : 'perform']({
    source: step.source,
    run,
    writer,
    meanwhile: async (until) => {
      tell(until);
      wrong ??= await compare(play, false);
    },
  });
  tell(changes.length);
  endRun(open);
  if (end === 'whole' && (!lost || source.whole === undefined || world.now - source.whole > DAY)) land(source, world.people);
  if (end === 'asked' || (end === 'whole' && !lost)) source.whole = at;
  source.running = end === 'killed';
  if (step.kind !== 'replay' || wrong || !ended || !saysEachOnce(changes)) return wrong;
  const { changed, deleted } = ended.counts;
  return changed + deleted === 0 ? undefined : `the same once more changed ${changed} and deleted ${deleted}`;
};

/** A run that says two things of one key has more to say when it is said again. */
const saysEachOnce = (changes: SaidRun['changes']): boolean => {
  const keys = changes.flatMap((change) => {
    if (change.type === 'document') return [change.document.key];
    return change.type === 'container' || change.type === 'acl' || change.type === 'delete' ? [change.key] : [];
  });
  return new Set(keys).size === keys.length;
};

interface Noted {
  readonly links: ReadonlyMap<string, readonly LinkFacts[]>;
  /** Groups that something names and that no listing named yet. */
  readonly awaited: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

const noted = (source: SourceFacts, keys: ReadonlySet<string>): Noted => ({
  links: new Map(Object.entries(source.links)),
  awaited: new Set(groupsNamed(source).filter((group) => !own(source.groups, group)?.members)),
  gone: new Set([...keys].filter((key) => !own(source.items, key))),
});

const groupsNamed = ({ items, groups }: SourceFacts): string[] => {
  const terms = Object.values(items).flatMap(({ acl }) => (acl === 'unknown' ? [] : acl));
  const named = [
    ...terms.flatMap(({ allow, deny }) => [...allow, ...deny]),
    ...Object.values(groups).flatMap(({ members = [] }) => members),
  ];
  return named.filter((principal) => principal.startsWith('group:')).map((principal) => principal.slice(6));
};

/** What a run did that is no kind of step. */
const eventsIn = (source: SourceFacts, before: Noted): string[] => {
  const ended = [...before.links].some(([subject, links]) => links.some((link) => !own(source.links, subject)?.includes(link)));
  const again = [...before.gone].some((key) => own(source.items, key));
  const listed = [...before.awaited].some((group) => own(source.groups, group)?.members);
  return [
    ...(ended ? ['link ended'] : []),
    ...(again ? ['created again'] : []),
    ...(listed ? ['members before their group'] : []),
    ...(source.running ? ['asked of a killed run'] : []),
  ];
};

const factsOf = (world: World, name: string): SourceFacts => {
  const source = own(world.sources, name);
  if (!source) throw new Error(`no source ${name}`);
  return source;
};

const visibleTo = (world: World): Set<string> =>
  new Set(
    world.people.flatMap((person) => [...allowedTo(world, { person, client: 'any' })].map((id) => `${person.subject} ${id}`)),
  );
