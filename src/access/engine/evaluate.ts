import { ROUNDS } from '../../core/decide.ts';
import { PRINCIPAL_KINDS, type LeafStandings } from '../../store/permission-rows.ts';
import { type Column, ids, type List, list, makeRoom, push } from './column.ts';
import { type Graph, sourceKind } from './graph.ts';
import { type Instants, isFreshAudience, isFreshGroup } from './instants.ts';

/** What is noted while one caller is decided, kept from caller to caller: a mark counts only with the stamp of this one. */
export interface Scratch {
  stamp: number;
  readonly sure: Column<Uint32Array>;
  readonly possible: Column<Uint32Array>;
  /** Of terms: denied, or held already. */
  readonly settled: Column<Uint32Array>;
  /** Of acls: met already, and how many of its terms do not hold yet. */
  readonly met: Column<Uint32Array>;
  readonly missing: Column<Uint32Array>;
  readonly reached: List;
  readonly held: List;
}

/** Nothing noted. */
export const emptyScratch = (): Scratch => ({
  stamp: 0,
  sure: ids(),
  possible: ids(),
  settled: ids(),
  met: ids(),
  missing: ids(),
  reached: list(),
  held: list(),
});

/**
 * Every acl that holds for one caller: what `store/sqlite/visibility.ts` says in SQL, on the arrays.
 * Undefined: the caller stands to a whole kind in a way that only SQL follows.
 */
export const evaluate = (
  graph: Graph,
  scratch: Scratch,
  standings: LeafStandings,
  instants: Instants,
): Uint32Array | undefined => {
  const { kinds, asksDirectory } = standings;
  const followed = kinds.every(
    ({ rest, named }) => rest === 'no' || (rest === 'undecided' && named.every(({ is }) => is !== 'no')),
  );
  if (!followed) return undefined;
  begin(graph, scratch);
  if (graph.deniedOf.size > 0) settleDenied(graph, scratch, standings, instants);
  const { reached, sure, stamp } = scratch;
  reached.length = 0;
  for (const { named } of kinds) {
    for (const { principal, is } of named) if (is === 'yes') reach(scratch.reached, sure.values, stamp, principal);
  }
  climb(graph, instants, scratch, sure.values, asksDirectory);
  holdRounds(graph, scratch, instants);
  return scratch.held.items.values.slice(0, scratch.held.length);
};

/** Makes room for all there is, and a new stamp. */
const begin = (graph: Graph, scratch: Scratch): void => {
  const { sure, possible, settled, met, missing } = scratch;
  makeRoom(graph.principals, sure, possible);
  makeRoom(graph.terms, settled);
  makeRoom(graph.acls, met, missing);
  scratch.held.length = 0;
  scratch.reached.length = 0;
  scratch.stamp = (scratch.stamp + 1) % 2 ** 32;
  if (scratch.stamp > 0) return;
  for (const { values } of [sure, possible, settled, met]) values.fill(0); // once round: old marks must not count again
  scratch.stamp = 1;
};

const reach = (reached: List, marks: Uint32Array, stamp: number, principal: number): void => {
  if (marks[principal] === stamp) return;
  marks[principal] = stamp;
  push(reached, principal);
};

/** From whom was reached up, through any chain of groups that may decide, and to what the organisation calls its groups. */
const climb = (
  graph: Graph,
  instants: Instants,
  { reached, stamp }: Scratch,
  marks: Uint32Array,
  asksDirectory: boolean,
): void => {
  const [heldBy, edgeGroup, nextEdge] = [graph.heldBy.values, graph.edgeGroup.values, graph.nextEdge.values];
  for (let place = 0; place < reached.length; place++) {
    const member = reached.items.values[place] ?? 0;
    for (let edge = heldBy[member] ?? 0; edge !== 0; edge = nextEdge[edge] ?? 0) {
      const group = edgeGroup[edge] ?? 0;
      if (marks[group] !== stamp && isFreshGroup(graph, instants, group)) reach(reached, marks, stamp, group);
    }
    if (!asksDirectory) continue;
    for (let org = graph.firstOrg.values[member] ?? 0; org !== 0; org = graph.nextOrg.values[org] ?? 0) {
      if (instants.isConfigured(graph.source.values[org] ?? 0)) reach(reached, marks, stamp, org);
    }
  }
};

/** Settles the terms that deny somebody the caller may be. A group that may not decide could hold anybody. */
const settleDenied = (graph: Graph, scratch: Scratch, { kinds, asksDirectory }: LeafStandings, instants: Instants): void => {
  const { reached, stamp } = scratch;
  const possible = scratch.possible.values;
  const undecided = new Uint8Array(instants.since.length); // by source: a bit for each kind of which anybody may be the caller
  for (const { source, kind, rest, named } of kinds) {
    for (const { principal, is } of named) if (is !== 'no') reach(reached, possible, stamp, principal);
    if (rest === 'no') continue;
    undecided[source] = (undecided[source] ?? 0) | (1 << kind);
    const denied = graph.deniedOf.get(sourceKind(source, kind));
    if (denied) for (let place = 0; place < denied.length; place++) settle(graph, scratch, denied.items.values[place] ?? 0);
  }
  for (let slot = 0; slot < graph.groups.length; slot++) {
    const group = graph.groups.items.values[slot] ?? 0;
    const source = graph.source.values[group] ?? 0;
    if (!instants.isConfigured(source)) continue;
    const may = !isFreshGroup(graph, instants, group) || holdsAny(graph, slot, undecided[source] ?? 0);
    if (may) reach(reached, possible, stamp, group);
  }
  if (asksDirectory) reachLoneOrgs(graph, scratch, instants);
  climb(graph, instants, scratch, possible, asksDirectory);
  for (let place = 0; place < reached.length; place++) settle(graph, scratch, reached.items.values[place] ?? 0);
};

/** Of what the directory has no group for nobody can say who is in it. */
const reachLoneOrgs = ({ orgs, orgGroup, source }: Graph, { reached, possible, stamp }: Scratch, instants: Instants): void => {
  for (let place = 0; place < orgs.length; place++) {
    const org = orgs.items.values[place] ?? 0;
    const alone = orgGroup.values[org] === 0 && instants.isConfigured(source.values[org] ?? 0);
    if (alone) reach(reached, possible.values, stamp, org);
  }
};

/** Whether a group itself holds a member of one of these kinds. */
const holdsAny = ({ holds }: Graph, slot: number, kinds: number): boolean => {
  if (kinds === 0) return false;
  for (let kind = 0; kind < PRINCIPAL_KINDS.length; kind++) {
    if ((kinds & (1 << kind)) !== 0 && (holds.values[slot * PRINCIPAL_KINDS.length + kind] ?? 0) > 0) return true;
  }
  return false;
};

/** Settles what denies a principal: it can hold no more. */
const settle = ({ denied, grantTerm, nextGrant }: Graph, { settled, stamp }: Scratch, principal: number): void => {
  for (let grant = denied.values[principal] ?? 0; grant !== 0; grant = nextGrant.values[grant] ?? 0) {
    settled.values[grantTerm.values[grant] ?? 0] = stamp;
  }
};

/** Round by round: what those who were reached allow, and the containers that come to hold by it. */
const holdRounds = (graph: Graph, scratch: Scratch, instants: Instants): void => {
  const { reached, held } = scratch;
  const [audiences, nextAudience] = [graph.audiences.values, graph.nextAudience.values];
  let from = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const end = reached.length;
    const before = held.length;
    for (; from < end; from++) allow(graph, scratch, reached.items.values[from] ?? 0);
    if (round === ROUNDS) return;
    for (let place = before; place < held.length; place++) {
      const acl = held.items.values[place] ?? 0;
      for (let audience = audiences[acl] ?? 0; audience !== 0; audience = nextAudience[audience] ?? 0) {
        if (isFreshAudience(graph, instants, audience)) push(reached, audience);
      }
    }
    if (reached.length === end) return;
  }
};

/** What allows a principal holds, unless it is settled; an acl holds with the last of its terms. */
const allow = (graph: Graph, { settled, met, missing, held, stamp }: Scratch, principal: number): void => {
  const [grantTerm, nextGrant, termAcl] = [graph.grantTerm.values, graph.nextGrant.values, graph.termAcl.values];
  const [settledValues, metValues, missingValues] = [settled.values, met.values, missing.values];
  for (let grant = graph.allowed.values[principal] ?? 0; grant !== 0; grant = nextGrant[grant] ?? 0) {
    const term = grantTerm[grant] ?? 0;
    if (settledValues[term] === stamp) continue;
    settledValues[term] = stamp;
    const acl = termAcl[term] ?? 0;
    const left = (metValues[acl] === stamp ? (missingValues[acl] ?? 0) : (graph.termCount.values[acl] ?? 0)) - 1;
    metValues[acl] = stamp;
    missingValues[acl] = left;
    if (left === 0) push(held, acl);
  }
};
