import { unreachable } from '../../core/errors.ts';
import type { Rules } from '../../core/rules.ts';
import type { Marks, Moved, PermissionRows } from '../../store/permission-rows.ts';
import {
  addGrant,
  addPrincipal,
  addTerm,
  emptyGraph,
  type Graph,
  setAudience,
  setGroup,
  setMember,
  setOrgGroup,
} from './graph.ts';

/** A graph that is being read, or was: it may be asked only when a step said that it is whole, in that transaction. */
export interface Following {
  readonly graph: Graph;
  /** The source that is the directory. */
  readonly directory: string | undefined;
  /** The last entry of the change log that it has followed. */
  log: number;
  /** The last principals of which the item, and the listing, were read; and the last member. */
  audience: number;
  group: number;
  member: readonly [number, number];
  groupsRead: boolean;
  membersRead: boolean;
}

/** Starts where the rows stand now: what moves from here on is in the change log. */
export const startFollowing = (rows: PermissionRows, { directory, sources }: Rules): Following => ({
  graph: emptyGraph(),
  directory: directory !== undefined && sources.has(directory) ? directory : undefined,
  log: rows.marks().log,
  audience: 0,
  group: 0,
  member: [0, 0],
  groupsRead: false,
  membersRead: false,
});

/** Whether the rows are no longer those that were followed: they are fewer, or what moved among them has been forgotten. */
export const isLost = ({ log, graph }: Following, rows: PermissionRows): boolean => {
  const marks = rows.marks();
  if (marks.log < log || marks.principal < graph.principals || marks.term < graph.terms) return true;
  return marks.log > log && (marks.oldest === 0 || marks.oldest > log + 1);
};

/**
 * Reads at most about so many rows further; true: the graph is what the rows of this transaction say. Each row is taken as it is
 * now, so that rows that were read at different times agree once the log has been followed to its end.
 */
export const follow = (following: Following, rows: PermissionRows, budget: number): boolean => {
  if (isWhole(following, rows.marks())) return true;
  let left = budget;
  for (const read of STEPS) {
    left -= read(following, rows, left);
    if (left <= 0) return false;
  }
  return true;
};

/** Whether nothing came since the last row was read. */
const isWhole = ({ graph, log, audience, groupsRead, membersRead }: Following, marks: Marks): boolean =>
  groupsRead && membersRead && audience === marks.principal && isAt(graph, marks) && log === marks.log;

const isAt = ({ principals, terms }: Graph, marks: Marks): boolean => principals === marks.principal && terms === marks.term;

/** How many rows were read. Whatever names a principal comes after the principals. */
type Step = (following: Following, rows: PermissionRows, left: number) => number;

const principals: Step = ({ graph, directory }, rows, left) => {
  const after = graph.principals;
  const read = rows.principals(after, left);
  for (const [id, source, kind] of read) addPrincipal(graph, id, source, kind);
  if (read.length === 0 || directory === undefined) return read.length;
  for (const [org, group] of rows.orgGroups(directory, after, graph.principals)) setOrgGroup(graph, org, group);
  return read.length;
};

const terms: Step = ({ graph }, rows, left) => {
  const after = graph.terms;
  const read = rows.terms(after, left);
  for (const [id, acl] of read) addTerm(graph, id, acl);
  if (read.length === 0) return 0;
  const grants = rows.grants(after, graph.terms);
  for (const [term, deny, principal] of grants) addGrant(graph, term, deny === 1, principal);
  return read.length + grants.length;
};

const audiences: Step = (following, rows, left) => {
  const { graph, audience } = following;
  const through = Math.min(graph.principals, audience + left);
  if (through === audience) return 0;
  const read = rows.audiences(audience, through);
  for (const row of read) setAudience(graph, row.principal, row);
  following.audience = through;
  return through === graph.principals ? read.length : left;
};

const groups: Step = (following, rows, left) => {
  if (following.groupsRead) return 0;
  const read = rows.groups(following.group, left);
  for (const row of read) setGroup(following.graph, row.principal, row);
  following.group = read.at(-1)?.principal ?? following.group;
  following.groupsRead = read.length < left;
  return read.length;
};

const members: Step = (following, rows, left) => {
  if (following.membersRead) return 0;
  const read = rows.members(following.member, left);
  for (const [group, member] of read) setMember(following.graph, group, member, true);
  following.member = read.at(-1) ?? following.member;
  following.membersRead = read.length < left;
  return read.length;
};

const changes: Step = (following, rows, left) => {
  const read = rows.changes(following.log, left);
  for (const moved of read) {
    take(following.graph, rows, moved);
    following.log = moved.id;
  }
  return read.length;
};

const take = (graph: Graph, rows: PermissionRows, moved: Moved): void => {
  switch (moved.kind) {
    case 'member':
      return setMember(graph, moved.a, moved.b, rows.isMember(moved.a, moved.b));
    case 'group':
      return setGroup(graph, moved.a, rows.group(moved.a));
    case 'audience':
      return setAudience(graph, moved.a, rows.audience(moved.a));
    default:
      return unreachable(moved);
  }
};

const STEPS: readonly Step[] = [principals, terms, audiences, groups, members, changes];
