import type { Database } from '../database.ts';

/**
 * What a group holds while some of its members wait: a group that is never listed, so that whoever is not surely in it is
 * undecided. An allow does not let them in then, and a deny keeps them out.
 */
export const WAITING = 'members that wait for the end of a run';

/** A group that waits to be listed as it was told. */
export interface ComingGroup {
  readonly principal: number;
  readonly group: string;
  /** Start of the run that listed it. */
  readonly at: number;
}

export interface ComingGroups {
  /** Nothing of this group waits any more; says whether something did. */
  forget(principal: number): boolean;
  /** The same for all that no listing since `tick` named. */
  forgetUnseen(source: number, tick: number): void;
  put(group: { readonly principal: number; readonly source: number; readonly at: number }, members: readonly number[]): void;
  next(source: number): ComingGroup | undefined;
  membersOf(principal: number): readonly { readonly id: number; readonly name: string }[];
}

/** Groups whose members wait for the end of a run. */
export const comingGroupsOf = (db: Database): ComingGroups => {
  const remove = db.prepare<[number]>('DELETE FROM coming_group WHERE principal = ?');
  const removeUnseen = db.prepare<[number, number]>(`
    DELETE FROM coming_group
    WHERE principal IN (
      SELECT coming_group.principal
      FROM coming_group
      JOIN member_group ON member_group.principal = coming_group.principal
      WHERE coming_group.source = ? AND member_group.tick < ?)`);
  const insert = db.prepare<[number, number, number]>('INSERT INTO coming_group (principal, source, listed_at) VALUES (?, ?, ?)');
  const insertMember = db.prepare<[number, number]>('INSERT INTO coming_member (member_group, member) VALUES (?, ?)');
  const next = db.prepare<[number], ComingGroup>(`
    SELECT coming_group.principal, principal.name AS "group", coming_group.listed_at AS at
    FROM coming_group
    JOIN principal ON principal.id = coming_group.principal
    WHERE coming_group.source = ?
    ORDER BY coming_group.principal
    LIMIT 1`);
  const members = db.prepare<[number], { id: number; name: string }>(`
    SELECT principal.id, iif(principal.kind = 'everyone', 'everyone', principal.kind || ':' || principal.name) AS name
    FROM coming_member
    JOIN principal ON principal.id = coming_member.member
    WHERE coming_member.member_group = ?`);
  return {
    forget: (principal) => remove.run(principal).changes > 0,
    forgetUnseen: (source, tick) => void removeUnseen.run(source, tick),
    put({ principal, source, at }, come) {
      insert.run(principal, source, at);
      for (const member of come) insertMember.run(principal, member);
    },
    next: (source) => next.get(source),
    membersOf: (principal) => members.all(principal),
  };
};
