import type { AudienceRow, GroupRow } from '../../store/permission-rows.ts';
import { PRINCIPAL_KINDS } from '../../store/permission-rows.ts';
import { bytes, ids, type List, list, makeRoom, push, times } from './column.ts';
import { type Tally, tally } from './tally.ts';

/** A principal's kind as the rows count it. */
const KIND = {
  org: PRINCIPAL_KINDS.indexOf('org'),
  group: PRINCIPAL_KINDS.indexOf('group'),
} as const;

/** When the rows of one source that can run past a promise were confirmed. */
export interface Times {
  readonly audiences: Tally;
  /** Of groups whose last try to list them succeeded: a run that only confirms speaks for them too. */
  readonly groups: Tally;
  readonly unknownGroups: Tally;
}

/**
 * Who is in what, and what allows whom, as arrays by the ids of the rows: no object for a principal, an acl or an edge.
 * Lists are chains of places: a head, and for each place the next; place 0 ends one.
 */
export type Graph = ReturnType<typeof emptyGraph>;

/** Nothing yet. */
export const emptyGraph = () => ({
  // By principal. heldBy: its chain of edges to groups. allowed, denied: its chains of grants. slot: of a group its place in `groups`.
  source: ids(),
  kind: bytes(),
  heldBy: ids(),
  allowed: ids(),
  denied: ids(),
  slot: ids(),
  // Of a group: listed whole, or not. Of an audience: its acl, 0 where the item is not there; its neighbours with the same acl.
  listed: bytes(),
  at: times(),
  acl: ids(),
  nextAudience: ids(),
  lastAudience: ids(),
  // Of a group of the directory: its chain of `org:` principals. Of such a one: the next, and its group, 0 where there is none.
  firstOrg: ids(),
  nextOrg: ids(),
  orgGroup: ids(),
  orgs: list(),
  // By edge: which group, the next edge. Edges that were taken out are chained up from `freeEdge`.
  edgeGroup: ids(),
  nextEdge: ids(),
  edges: 0,
  freeEdge: 0,
  // By grant: which term, the next grant.
  grantTerm: ids(),
  nextGrant: ids(),
  grants: 0,
  // By term, and by acl: how many terms it has, and its chain of audiences.
  termAcl: ids(),
  termCount: ids(),
  audiences: ids(),
  acls: 0,
  terms: 0,
  principals: 0,
  /** All groups, and by slot and kind how many members of the kind a group holds itself. */
  groups: list(),
  holds: ids(),
  /** By source and kind: the principals that some acl denies. */
  deniedOf: new Map<number, List>(),
  times: new Map<number, Times>(),
});

/** How a group stands that was listed whole: by its last try, or by the one before, which ages. */
export const LISTED = 1;
const LISTED_BEFORE = 2;

/** The key of a source and a kind in `deniedOf`. */
export const sourceKind = (source: number, kind: number): number => source * PRINCIPAL_KINDS.length + kind;

/** The times of a source's rows. */
const timesOf = (graph: Graph, source: number): Times => {
  const known = graph.times.get(source);
  if (known) return known;
  const made: Times = { audiences: tally(), groups: tally(), unknownGroups: tally() };
  graph.times.set(source, made);
  return made;
};

/** Takes in a principal. */
export const addPrincipal = (graph: Graph, id: number, source: number, kind: number): void => {
  const { heldBy, allowed, denied, slot, listed, at, acl, nextAudience, lastAudience, firstOrg, nextOrg, orgGroup } = graph;
  makeRoom(id, graph.source, graph.kind, heldBy, allowed, denied, slot, listed, at, acl, nextAudience, lastAudience);
  makeRoom(id, firstOrg, nextOrg, orgGroup);
  if (kind < 0) throw new RangeError(`the principal ${id} is of a kind that is not known here`);
  graph.source.values[id] = source;
  graph.kind.values[id] = kind;
  graph.principals = id;
  if (kind === KIND.org) push(graph.orgs, id);
  if (kind !== KIND.group) return;
  slot.values[id] = graph.groups.length;
  push(graph.groups, id);
  makeRoom(graph.groups.length * PRINCIPAL_KINDS.length, graph.holds);
};

/** Takes in which group of the directory an `org:` principal is. Said twice, it says nothing new. */
export const setOrgGroup = ({ firstOrg, nextOrg, orgGroup }: Graph, org: number, group: number): void => {
  if (orgGroup.values[org] === group) return;
  orgGroup.values[org] = group;
  nextOrg.values[org] = firstOrg.values[group] ?? 0;
  firstOrg.values[group] = org;
};

/** Takes in a term of an acl. */
export const addTerm = (graph: Graph, id: number, acl: number): void => {
  makeRoom(id, graph.termAcl);
  makeRoom(acl, graph.termCount, graph.audiences);
  graph.termAcl.values[id] = acl;
  graph.termCount.values[acl] = (graph.termCount.values[acl] ?? 0) + 1;
  graph.acls = Math.max(graph.acls, acl);
  graph.terms = id;
};

/** Takes in whom a term allows or denies. */
export const addGrant = (graph: Graph, term: number, deny: boolean, principal: number): void => {
  const place = ++graph.grants;
  makeRoom(place, graph.grantTerm, graph.nextGrant);
  const heads = deny ? graph.denied : graph.allowed;
  const head = heads.values[principal] ?? 0;
  graph.grantTerm.values[place] = term;
  graph.nextGrant.values[place] = head;
  heads.values[principal] = place;
  if (!deny || head !== 0) return;
  const key = sourceKind(graph.source.values[principal] ?? 0, graph.kind.values[principal] ?? 0);
  const denied = graph.deniedOf.get(key) ?? list();
  graph.deniedOf.set(key, denied);
  push(denied, principal);
};

/** Says that a group holds a member, or that it does not. Said twice, it says nothing new. */
export const setMember = (graph: Graph, group: number, member: number, is: boolean): void => {
  const { heldBy, edgeGroup, nextEdge } = graph;
  let before = 0;
  let edge = heldBy.values[member] ?? 0;
  while (edge !== 0 && edgeGroup.values[edge] !== group) {
    before = edge;
    edge = nextEdge.values[edge] ?? 0;
  }
  if ((edge !== 0) === is) return;
  count(graph, group, member, is ? 1 : -1);
  if (is) addEdge(graph, group, member);
  else removeEdge(graph, member, before, edge);
};

const addEdge = (graph: Graph, group: number, member: number): void => {
  const { heldBy, edgeGroup, nextEdge } = graph;
  const edge = graph.freeEdge === 0 ? ++graph.edges : graph.freeEdge;
  makeRoom(edge, edgeGroup, nextEdge);
  if (edge === graph.freeEdge) graph.freeEdge = nextEdge.values[edge] ?? 0;
  edgeGroup.values[edge] = group;
  nextEdge.values[edge] = heldBy.values[member] ?? 0;
  heldBy.values[member] = edge;
};

const removeEdge = (graph: Graph, member: number, before: number, edge: number): void => {
  const { heldBy, nextEdge } = graph;
  const after = nextEdge.values[edge] ?? 0;
  if (before === 0) heldBy.values[member] = after;
  else nextEdge.values[before] = after;
  nextEdge.values[edge] = graph.freeEdge;
  graph.freeEdge = edge;
};

const count = ({ slot, kind, holds }: Graph, group: number, member: number, by: 1 | -1): void => {
  const place = (slot.values[group] ?? 0) * PRINCIPAL_KINDS.length + (kind.values[member] ?? 0);
  holds.values[place] = (holds.values[place] ?? 0) + by;
};

/** Says how a group stands; without a row it was never listed. */
export const setGroup = (graph: Graph, principal: number, row: GroupRow | undefined): void => {
  const { listed, at, source } = graph;
  const { groups, unknownGroups } = timesOf(graph, source.values[principal] ?? 0);
  const was = listed.values[principal] ?? 0;
  if (was !== 0) (was === LISTED ? groups : unknownGroups).remove(at.values[principal] ?? 0);
  const listedAt = row?.listedAt ?? null;
  const is = listedAt === null ? 0 : row?.unknown === 1 ? LISTED_BEFORE : LISTED;
  listed.values[principal] = is;
  at.values[principal] = listedAt ?? 0;
  if (is !== 0) (is === LISTED ? groups : unknownGroups).add(at.values[principal] ?? 0);
};

/** Says which acl the item has that a principal names; without a row it is not there. */
export const setAudience = (graph: Graph, principal: number, row: AudienceRow | undefined): void => {
  const { acl, at, source } = graph;
  const { audiences } = timesOf(graph, source.values[principal] ?? 0);
  const was = acl.values[principal] ?? 0;
  if (was !== 0) {
    audiences.remove(at.values[principal] ?? 0);
    if (was !== row?.acl) leaveAcl(graph, principal, was);
  }
  if (row && was !== row.acl) joinAcl(graph, principal, row.acl);
  acl.values[principal] = row?.acl ?? 0;
  at.values[principal] = row?.at ?? 0;
  if (row) audiences.add(row.at);
};

const joinAcl = ({ audiences, nextAudience, lastAudience }: Graph, principal: number, acl: number): void => {
  makeRoom(acl, audiences);
  const head = audiences.values[acl] ?? 0;
  nextAudience.values[principal] = head;
  lastAudience.values[principal] = 0;
  if (head !== 0) lastAudience.values[head] = principal;
  audiences.values[acl] = principal;
};

const leaveAcl = ({ audiences, nextAudience, lastAudience }: Graph, principal: number, acl: number): void => {
  const before = lastAudience.values[principal] ?? 0;
  const after = nextAudience.values[principal] ?? 0;
  if (before === 0) audiences.values[acl] = after;
  else nextAudience.values[before] = after;
  if (after !== 0) lastAudience.values[after] = before;
};
