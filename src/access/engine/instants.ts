import type { Rules } from '../../core/rules.ts';
import type { SourceRow } from '../../store/permission-rows.ts';
import { type Graph, LISTED } from './graph.ts';

/** The promises at one instant, by source. */
export interface Instants {
  /** What was confirmed at or after it may decide; not a number where the source is not configured: nothing of it counts. */
  readonly since: Float64Array;
  readonly confirmedAt: Float64Array;
  isConfigured(source: number): boolean;
}

/** More sources than anybody configures: a higher id is none that we wrote. */
const SOURCES_MAX = 1_000_000;

/** The promises of the configured sources at `now`. */
export const instantsAt = (rules: Rules, sources: readonly SourceRow[], now: number): Instants => {
  const length = Math.max(0, ...sources.map(({ id }) => id)) + 1;
  if (length > SOURCES_MAX) throw new RangeError(`there is no source ${length - 1}`);
  const since = new Float64Array(length).fill(Number.NaN);
  const confirmedAt = new Float64Array(length);
  for (const { id, name, confirmedAt: at } of sources) {
    const promised = rules.sources.get(name)?.permissions;
    if (!promised) continue;
    since[id] = promised.onBreach === 'deny' ? now - promised.within : -Infinity;
    confirmedAt[id] = at;
  }
  return { since, confirmedAt, isConfigured: (source) => !Number.isNaN(since[source] ?? Number.NaN) };
};

/** Whether the last whole listing of a group may decide. A failed try since then leaves that listing to age. */
export const isFreshGroup = ({ source, listed, at }: Graph, { since, confirmedAt }: Instants, group: number): boolean => {
  const how = listed.values[group] ?? 0;
  if (how === 0) return false;
  const of = source.values[group] ?? 0;
  const listedAt = at.values[group] ?? 0;
  return (how === LISTED ? Math.max(listedAt, confirmedAt[of] ?? 0) : listedAt) >= (since[of] ?? Number.NaN);
};

/** Whether the acl of a named item may decide. */
export const isFreshAudience = ({ source, at }: Graph, { since, confirmedAt }: Instants, audience: number): boolean => {
  const of = source.values[audience] ?? 0;
  return Math.max(at.values[audience] ?? 0, confirmedAt[of] ?? 0) >= (since[of] ?? Number.NaN);
};

/** How long, in ms, everything that may decide keeps its promise, and whether anything has run past it. */
export const lasting = (graph: Graph, { since, confirmedAt }: Instants): { readonly slack: number; readonly stale: boolean } => {
  let slack = Infinity;
  let stale = false;
  for (const [source, { audiences, groups, unknownGroups }] of graph.times) {
    const from = since[source] ?? Number.NaN;
    if (Number.isNaN(from)) continue;
    const confirmed = confirmedAt[source] ?? 0;
    const oldest = Math.min(
      audiences.oldest(from, confirmed),
      groups.oldest(from, confirmed),
      unknownGroups.oldest(from, -Infinity),
    );
    slack = Math.min(slack, oldest - from);
    // A group whose last try failed stays out of this: once it is listed again, the epoch moves.
    stale ||= audiences.anyBefore(from, confirmed) || groups.anyBefore(from, confirmed);
  }
  return { slack, stale };
};
