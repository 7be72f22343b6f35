import type { Connector, Fetch } from '../../src/core/connector.ts';
import type { SyncEnd } from '../../src/ingest/runner.ts';
import { dump } from '../kill/dump.ts';
import { aConnectedSource, type ConnectedSource } from '../support/a-connected-source.ts';

/** The keys that each of these people may see: at most 50, all of documents that hold the word "spring". */
export type Sight = Readonly<Record<string, readonly string[]>>;

/** A source with people in it, and what happens there. */
export interface FaultyWorld {
  /** Who may see what there now: by the source's own rules, not by what any connector makes of them. */
  sight(): Sight;
  /** Something is added, something taken from somebody, something deleted. */
  change(): Promise<void> | void;
  /** How often the fault has struck. A fault that never struck proves nothing. */
  struck(): number;
}

/** A world, and the connector that reads it. */
export interface Faulty<World extends FaultyWorld, Settings, Cursor> {
  readonly world: World;
  readonly connector: Connector<Settings, Cursor>;
  readonly settings: Settings;
  readonly fetch?: Fetch;
}

/**
 * How a run through a fault may end. `mended`: it is complete, and stored what a run without the fault stores. `told`: it is not
 * complete, and says this. `unseen`: nobody could notice, so it may call itself complete; what it missed is late, not lost.
 */
export type Ends = 'mended' | 'unseen' | { readonly told: RegExp };

export interface FaultCase<World> {
  readonly name: string;
  begin(world: World): Promise<void> | void;
  /** The source is well again. Without it the fault was there before the first run, and stays. */
  end?(world: World): Promise<void> | void;
  /** What happens beside the run. It ends when the signal aborts. */
  beside?(world: World, ended: AbortSignal): Promise<void>;
  /** By the kind of run, where it does not end alike in all. */
  readonly ends: Ends | Readonly<Partial<Record<Course, Ends>>>;
}

/** Which run the fault strikes: the first there is, one that goes on from a cursor, or one that lists everything again. */
export const COURSES = ['the first run', 'the next run', 'a whole listing'] as const;
export type Course = (typeof COURSES)[number];

/** Runs a connector through a fault. Gives the promises it broke, as sentences: none, if it is as it should be. */
export const brokenPromises = async <World extends FaultyWorld, Settings, Cursor>(
  { world, connector, settings, fetch }: Faulty<World, Settings, Cursor>,
  fault: FaultCase<World>,
  course: Course,
): Promise<readonly string[]> => {
  const ends = endsOf(fault, course);
  const source = await aConnectedSource(connector, settings, { ...(fetch && { fetch }) });
  if (!fault.end) await fault.begin(world);
  const isFirst = course === 'the first run';
  if (!isFirst) {
    const first = await source.sync();
    if (first.status !== 'complete') return [`the first run, without a fault, ended ${toldBy(first)}`];
    const wrong = unlike(await seenBy(source, world.sight()), world.sight(), 'after a run without a fault');
    if (wrong.length > 0) return wrong;
  }
  const before = isFirst ? {} : world.sight();
  if (!isFirst) await world.change();
  const now = world.sight();
  const seen = (): Promise<Sight> => seenBy(source, now);

  if (fault.end) await fault.begin(world);
  const end = await through(source, world, fault, course);
  const broken = [
    ...(world.struck() === 0 ? ['the fault never struck'] : []),
    ...honest(end, ends),
    ...wider(await seen(), before, now),
    ...lost(source, before, now),
    ...doubled(source),
  ];
  await fault.end?.(world);
  if (end.status === 'complete' && ends !== 'unseen') {
    broken.push(...unlike(await seen(), now, 'after it called itself complete'));
    broken.push(...(await source.differs()).map((line) => `complete, yet not what a run without the fault stores: ${line}`));
    return broken;
  }
  const next = await source.sync();
  if (next.status !== 'complete') broken.push(`the source is well, and the next run ended ${toldBy(next)}`);
  broken.push(...unlike(await seen(), now, 'after the next run'));
  broken.push(...(await source.differs()).map((line) => `after the next run, ${line}`));
  return broken;
};

const endsOf = <World>({ ends }: FaultCase<World>, course: Course): Ends => {
  if (typeof ends === 'string' || 'told' in ends) return ends;
  return ends[course] ?? 'mended';
};

const through = async <World extends FaultyWorld, Settings>(
  source: ConnectedSource<Settings>,
  world: World,
  fault: FaultCase<World>,
  course: Course,
): Promise<SyncEnd> => {
  const ended = new AbortController();
  const beside = fault.beside?.(world, ended.signal);
  try {
    return await source.sync(course === 'a whole listing' ? { due: { listing: true, permissions: true, content: true } } : {});
  } finally {
    ended.abort();
    await beside;
  }
};

/** Whether the end says what happened, in sentences that an administrator can read. */
const honest = (end: SyncEnd, ends: Ends): string[] => {
  const messages = end.problems.map(({ message }) => message);
  const unread = messages.filter((message) => !/^[^\n]{10,499}[.\w)"]$/u.test(message) || /\[object/u.test(message));
  const broken = unread.map((message) => `no sentence: ${message}`);
  if (end.status === 'complete' ? messages.length > 0 : messages.length === 0) broken.push(`it ended ${toldBy(end)}`);
  const complete = ends === 'mended' || ends === 'unseen';
  if (ends === 'mended' && end.status !== 'complete') broken.push(`it could have been mended, and ended ${toldBy(end)}`);
  if (!complete && end.status === 'complete') broken.push('it calls itself complete');
  if (!complete && end.status !== 'complete' && !messages.some((message) => ends.told.test(message))) {
    broken.push(`it does not say ${String(ends.told)}: ${toldBy(end)}`);
  }
  return broken;
};

const toldBy = ({ status, problems }: SyncEnd): string => `${status}: ${problems.map(({ message }) => message).join(' | ')}`;

/** What each of these people finds. */
const seenBy = async <Settings>(source: ConnectedSource<Settings>, people: Sight): Promise<Sight> => {
  const seen: Record<string, string[]> = {};
  for (const who of Object.keys(people)) {
    seen[who] = (await source.finds(who, 'spring')).map((id) => id.slice(id.indexOf(':') + 1));
  }
  return seen;
};

/** Nobody sees what neither the source of before nor that of now shows them. */
const wider = (seen: Sight, before: Sight, now: Sight): string[] =>
  Object.entries(seen).flatMap(([who, keys]) => {
    const allowed = new Set([...(before[who] ?? []), ...(now[who] ?? [])]);
    return keys.filter((key) => !allowed.has(key)).map((key) => `${who} sees ${key}, and never might`);
  });

const unlike = (seen: Sight, meant: Sight, when: string): string[] =>
  Object.entries(meant).flatMap(([who, keys]) => {
    const [mine, wanted] = [new Set(seen[who]), new Set(keys)];
    return [
      ...(mine.size < (seen[who] ?? []).length ? [`${when}, ${who} finds something twice`] : []),
      ...[...mine.difference(wanted)].map((key) => `${when}, ${who} still sees ${key}`),
      ...[...wanted.difference(mine)].map((key) => `${when}, ${who} does not see ${key}`),
    ];
  });

/** What was there before and is there now is stored, whatever became of the run. */
const lost = <Settings>(source: ConnectedSource<Settings>, before: Sight, now: Sight): string[] => {
  const stored = new Set(documentsOf(source));
  const kept = new Set(Object.values(before).flat()).intersection(new Set(Object.values(now).flat()));
  return [...kept].filter((key) => !stored.has(key)).map((key) => `${key} is lost`);
};

const doubled = <Settings>(source: ConnectedSource<Settings>): string[] => {
  const keys = documentsOf(source);
  return keys.filter((key, at) => keys.indexOf(key) !== at).map((key) => `${key} is stored twice`);
};

const documentsOf = <Settings>({ index }: ConnectedSource<Settings>): string[] =>
  dump(index.path).flatMap((line) => (line.startsWith('document ') ? [/"key":"([^"]*)"/u.exec(line)?.[1] ?? line] : []));
