import type { SearchRequest } from '../../src/core/view.ts';
import { type Corners, count, type Rule, RULES } from './corners.ts';
import type { Dice } from './dice.ts';
import { allowedTo, type Asking } from './oracle.ts';
import { identify, linksOf } from './links.ts';
import type { Stage } from './stage.ts';
import { type AskedOfFields, conditionsOf, someConditions } from './where.ts';
import { type ItemFacts, own, type World } from './world.ts';

/** How many people ask after a step, and for how many ids one of them does: others another time. */
const ASKING = 2;
const FETCHED = 3;
const FETCHED_LAST = 8;
/** Of how many people it is counted which rules decided; of the others only these, which seldom do. */
const COUNTED = 2;
const SELDOM: readonly Rule[] = ['formerly linked', 'guest in the directory', 'stale directory', 'group chain > 3'];

export interface Compared {
  readonly stage: Stage;
  readonly world: World;
  readonly dice: Dice;
  readonly corners: Corners;
}

/**
 * What search finds for some people, or for all, against the model; for one of them fetch has to open just that, too.
 * Where all are asked, one of them asks through the tools.
 */
export const compare = async (compared: Compared, everybody: boolean): Promise<string | undefined> => {
  const { world, dice } = compared;
  const many = everybody ? world.people.length : ASKING;
  for (const [at, person] of dice.some(world.people, many, many).entries()) {
    await visit(compared, person);
    const client = dice.chance(0.5) ? 'any' : dice.pick(['sealed', 'wiki', 'both']);
    const some = everybody ? FETCHED_LAST : FETCHED;
    const ids = at > 0 ? [] : dice.some(everyId(world), some, some);
    const asking = { person, client };
    const depth = { ids, wholePath: everybody && at === 0 };
    const disagreement =
      (await compareFor(compared, asking, depth)) ?? (at > 0 ? undefined : await compareFields(compared, asking, depth));
    if (everybody) countRules(compared, asking, at < COUNTED ? RULES : SELDOM);
    if (disagreement) return `${person.subject} through ${client}: ${disagreement}`;
  }
  return undefined;
};

/** Somebody is identified, and linked where their e-mail says who they are. */
const visit = async ({ stage, world, corners }: Compared, person: Asking['person']): Promise<void> => {
  const linked = (): string => JSON.stringify(Object.values(world.sources).map((source) => linksOf(source, person)));
  const links = linked();
  const before = allowedTo(world, { person, client: 'any' });
  await stage.index().identify(person);
  count(corners, 'kept apart by hand', identify(world, person));
  if (linked() === links) return;
  if (allowedTo(world, { person, client: 'any' }).symmetricDifference(before).size > 0) count(corners, 'link made');
};

interface Depth {
  /** Asked for one by one as well. */
  readonly ids: readonly string[];
  /** Through the tools, as everybody asks. */
  readonly wholePath: boolean;
}

const compareFor = async ({ stage, world }: Compared, asking: Asking, { ids, wholePath }: Depth): Promise<string | undefined> => {
  const allowed = allowedTo(world, asking);
  const found = wholePath ? await searched(stage, asking) : foundBy(stage, asking, world.now);
  const wrong = [...found.symmetricDifference(allowed)];
  if (wrong.length > 0) return `search ${found.has(wrong[0] ?? '') ? 'shows' : 'hides'} ${wrong.join(' ')}`;
  const ranked = ids.length > 0 ? stage.index().ranked(asking.person, asking.client) : allowed.size;
  if (ranked !== allowed.size) return `search ranks ${ranked} where ${allowed.size} may be seen`; // each is one chunk
  for (const id of ids) {
    const opened = wholePath ? await fetched(stage, asking, id) : opens(stage, asking, world.now, id);
    if (opened !== allowed.has(id)) return `fetch ${opened ? 'shows' : 'hides'} ${id}`;
  }
  return undefined;
};

/** What is asked of fields is answered with what meets it and may be seen: all of it, what changed last first. */
const compareFields = async (
  { stage, world, dice, corners }: Compared,
  asking: Asking,
  { wholePath }: Depth,
): Promise<string | undefined> => {
  const asked = someConditions(dice);
  const allowed = allowedTo(world, asking);
  const meant = [...allowed].filter((id) => asked.meets(factsOf(world, id).fields)).toSorted((a, b) => newest(world, a, b));
  const found = wholePath
    ? [...(await searched(stage, asking, { where: asked.where }))]
    : listed(stage, asking, world.now, asked);
  if (meant.length > 0 && meant.length < allowed.size) count(corners, 'asked by fields');
  if (found.join() === meant.join()) return undefined;
  return `${JSON.stringify(asked.where)} gives ${found.join(' ')} where ${meant.join(' ')} was meant`;
};

const factsOf = ({ sources }: World, id: string): Pick<ItemFacts, 'fields' | 'updatedAt'> => {
  const colon = id.indexOf(':');
  const source = own(sources, id.slice(0, colon));
  return (source && own(source.items, id.slice(colon + 1))) ?? { fields: {}, updatedAt: 0 };
};

const newest = (world: World, a: string, b: string): number =>
  factsOf(world, b).updatedAt - factsOf(world, a).updatedAt || (a < b ? -1 : 1);

/** Every document holds the word that is searched for. */
const QUERY = 'lantern';
const LIMIT = 50;

const foundBy = (stage: Stage, asking: Asking, now: number): Set<string> => new Set(found(stage, asking, now, { query: QUERY }));

const listed = (stage: Stage, asking: Asking, now: number, asked: AskedOfFields): string[] =>
  found(stage, asking, now, { query: '', where: conditionsOf(asked) });

const found = (
  stage: Stage,
  { person, client }: Asking,
  now: number,
  asked: Pick<SearchRequest, 'query' | 'where'>,
): string[] => {
  const request = { ...asked, limit: LIMIT, offset: 0 };
  const given = stage.index().answer({ kind: 'search', identity: person, client, now, request });
  if (given.kind !== 'search') throw new Error('not an answer to a search');
  return given.found.hits.map(({ document }) => document.id);
};

const opens = (stage: Stage, { person, client }: Asking, now: number, id: string): boolean => {
  const given = stage.index().answer({ kind: 'fetch', identity: person, client, now, id });
  if (given.kind !== 'fetch') throw new Error('not an answer to a fetch');
  return typeof given.found !== 'string';
};

const searched = async (stage: Stage, { person, client }: Asking, asked: object = { query: QUERY }): Promise<Set<string>> => {
  const found = await stage.index().ask(person, 'search', { ...asked, limit: LIMIT, max_tokens: 20_000 }, client);
  if ('error' in found) throw new Error(found.error.message);
  const { results } = found.output as { results: readonly { id: string }[] };
  return new Set(results.map(({ id }) => id));
};

/** What may be fetched is explained, too, and nothing else. */
const fetched = async (stage: Stage, { person, client }: Asking, id: string): Promise<boolean> => {
  const [text, why] = [
    await stage.index().ask(person, 'fetch', { id }, client),
    await stage.index().ask(person, 'explain_access', { id }, client),
  ];
  if ('output' in text !== 'output' in why)
    throw new Error(`${id} is ${'output' in why ? '' : 'not '}explained to ${person.subject}`);
  return 'output' in text;
};

/** All there are, and some that are not. */
const everyId = (world: World): string[] =>
  Object.entries(world.sources).flatMap(([name, { items }]) =>
    [...new Set([...Object.keys(items), 'd1', 'd8', 'nowhere'])].map((key) => `${name}:${key}`),
  );

const countRules = ({ world, corners }: Compared, asking: Asking, rules: readonly Rule[]): void => {
  const allowed = allowedTo(world, asking);
  for (const rule of rules) if (allowedTo(world, asking, rule).symmetricDifference(allowed).size > 0) count(corners, rule);
};
