import type { Member } from '../../../core/principal.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';
import { comingGroupsOf, WAITING } from './coming-groups.ts';
import type { History } from './history.ts';
import type { Principals } from './principals.ts';
import type { Seen } from './seen.ts';

export interface Groups {
  /** A whole listing takes the place of the last one; where the run holds back, as far as it narrows. */
  list(commit: Commit, seen: Seen, group: string, members: readonly Member[]): void;
  /** The members could not be learned: the last whole listing stays, and ages. */
  unknown(commit: Commit, seen: Seen, group: string, why: string): void;
  /** A group becomes never listed. */
  forget(commit: Commit, source: number, group: string): void;
  /** Groups that name this member, of its own source. */
  holders(source: number, member: Member): readonly string[];
  /** Groups that no listing since `tick` named become never listed. */
  unlist(commit: Commit, source: number, tick: number): void;
  /** Lists one of the groups that wait as it was told. Gives how many rows that took; 0 when none is left. */
  land(commit: Commit, source: number): number;
}

interface Group {
  readonly principal: number;
  readonly listed_at: number | null;
  readonly unknown: string | null;
}

interface Parts {
  readonly db: Database;
  readonly principals: Principals;
  readonly history: History;
}

/** Groups and their members, as they were last listed whole. */
export const groupsOf = ({ db, principals, history }: Parts): Groups => {
  const find = db.prepare<[number], Group>('SELECT principal, listed_at, unknown FROM member_group WHERE principal = ?');
  const put = db.prepare<[{ principal: number; listed: number | null; unknown: string | null } & Seen]>(`
    INSERT INTO member_group (principal, source, listed_at, unknown, tick)
    VALUES (:principal, :source, :listed, :unknown, :tick)
    ON CONFLICT (principal) DO UPDATE SET listed_at = excluded.listed_at, unknown = excluded.unknown, tick = excluded.tick`);
  const membersOf = db.prepare<[number], { id: number; name: string }>(`
    SELECT principal.id, iif(principal.kind = 'everyone', 'everyone', principal.kind || ':' || principal.name) AS name
    FROM member
    JOIN principal ON principal.id = member.member
    WHERE member.member_group = ?
    ORDER BY principal.kind, principal.name`);
  const addMember = db.prepare<[number, number]>('INSERT INTO member (member_group, member) VALUES (?, ?)');
  const removeMember = db.prepare<[number, number]>('DELETE FROM member WHERE member_group = ? AND member = ?');
  const removeMembers = db.prepare<[number]>('DELETE FROM member WHERE member_group = ?');
  const unseen = db.prepare<[number, number], { principal: number; name: string }>(`
    SELECT member_group.principal, principal.name
    FROM member_group
    JOIN principal ON principal.id = member_group.principal
    WHERE member_group.source = ? AND member_group.tick < ? AND member_group.listed_at IS NOT NULL
    ORDER BY member_group.principal`);
  const setUnlisted = db.prepare<[number]>('UPDATE member_group SET listed_at = NULL, unknown = NULL WHERE principal = ?');
  const setListed = db.prepare<[number, number]>(
    'UPDATE member_group SET listed_at = coalesce(listed_at, ?) WHERE principal = ?',
  );
  const holders = db
    .prepare<[number], string>(`
      SELECT principal.name
      FROM member
      JOIN principal ON principal.id = member.member_group
      WHERE member.member = ?
      ORDER BY principal.name`)
    .pluck();
  const coming = comingGroupsOf(db);

  const forget = (
    commit: Commit,
    source: number,
    { principal, name }: { readonly principal: number; readonly name: string },
  ): void => {
    const old = membersOf.all(principal).map((member) => member.name);
    removeMembers.run(principal);
    setUnlisted.run(principal);
    history.record(commit, { source, subject: 'members', key: name, old, new: undefined });
    commit.moveEpoch();
  };

  const unknown = (commit: Commit, seen: Seen, group: string, why: string): void => {
    const principal = principals.intern(seen.source, `group:${group}`);
    const was = find.get(principal);
    put.run({ principal, listed: was?.listed_at ?? null, unknown: why, ...seen });
    if ((was?.unknown ?? null) === null) commit.moveEpoch();
  };

  return {
    list(commit, seen, group, members) {
      // A group of the source that resolves what waits would let in whom it names.
      if (group === WAITING) return unknown(commit, seen, group, 'this name means something else here');
      const principal = principals.intern(seen.source, `group:${group}`);
      const was = find.get(principal);
      const first = (was?.listed_at ?? null) === null;
      const old = new Map(membersOf.all(principal).map(({ id, name }) => [id, name]));
      const now = new Map<number, string>(members.map((member) => [principals.intern(seen.source, member), member]));
      const waits = coming.forget(principal);
      const gone = [...old].filter(([id]) => !now.has(id));
      const come = [...now].filter(([id]) => !old.has(id));
      const moves = first || gone.length > 0 || come.length > 0;
      const holds = seen.holds && (moves || waits);
      const waiting: [number, string] = [principals.intern(seen.source, `group:${WAITING}`), `group:${WAITING}`];
      if (holds)
        coming.put(
          { principal, source: seen.source, at: seen.at },
          come.map(([id]) => id),
        );
      const left = holds ? gone.filter(([id]) => id !== waiting[0]) : gone;
      const joined = holds ? (first || old.has(waiting[0]) ? [] : [waiting]) : come;
      for (const [id] of left) removeMember.run(principal, id);
      for (const [id] of joined) addMember.run(principal, id);
      put.run({ principal, listed: holds && first ? null : seen.at, unknown: null, ...seen });
      if ((first && !holds) || left.length > 0 || joined.length > 0) {
        history.record(commit, { source: seen.source, subject: 'members', key: group, old: names(left), new: names(joined) });
        commit.moveEpoch();
      }
      if ((was?.unknown ?? null) !== null) commit.moveEpoch();
    },
    unknown,
    unlist(commit, source, tick) {
      coming.forgetUnseen(source, tick);
      for (const group of unseen.all(source, tick)) forget(commit, source, group);
    },
    forget(commit, source, name) {
      const principal = principals.intern(source, `group:${name}`);
      coming.forget(principal);
      if ((find.get(principal)?.listed_at ?? null) !== null) forget(commit, source, { principal, name });
    },
    holders: (source, member) => holders.all(principals.intern(source, member)),
    land(commit, source) {
      const next = coming.next(source);
      if (!next) return 0;
      const { principal, group, at } = next;
      const come = coming.membersOf(principal);
      coming.forget(principal);
      const waited = removeMember.run(principal, principals.intern(source, `group:${WAITING}`)).changes > 0;
      for (const { id } of come) addMember.run(principal, id);
      setListed.run(at, principal);
      const old = waited ? [`group:${WAITING}`] : [];
      history.record(commit, { source, subject: 'members', key: group, old, new: come.map(({ name }) => name).toSorted() });
      commit.moveEpoch();
      return 1 + come.length;
    },
  };
};

const names = (members: readonly [number, string][]): string[] => members.map(([, name]) => name).toSorted();
