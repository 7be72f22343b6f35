import type { Acl } from '../../src/core/acl.ts';
import type { Members } from '../../src/core/change.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import type { Principal } from '../../src/core/principal.ts';
import { askAll, type Caller, isRefusal, type Question } from './api.ts';
import { forEach } from './lanes.ts';
import {
  askFor,
  COLLABORATOR,
  type Kind,
  MEMBER,
  ORGANISATION,
  type Repository,
  TEAM,
  understood,
  type User,
  visibilityOf,
} from './replies.ts';

/** Who may see what, as of now. */
export interface Access {
  readonly acls: ReadonlyMap<number, Acl>;
  readonly groups: ReadonlyMap<string, Members>;
  /** Everybody who was met, by their id. */
  readonly people: ReadonlyMap<number, Person>;
  /** Whether all members were met. */
  readonly whole: boolean;
  /** And all who are no members: none of these repositories kept to itself who may see it. */
  readonly everybody: boolean;
  readonly problems: readonly { readonly key: string; readonly error: AppError }[];
}

export interface Person {
  readonly login: string;
  readonly kind: 'member' | 'guest';
}

/** An organisation, and whether its members may see every repository of it; undefined where that is not told. */
interface Organisation {
  readonly id: number;
  readonly login: string;
  readonly members: readonly User[] | AppError;
  readonly owners: readonly User[] | AppError;
  readonly membersSee: boolean | AppError;
}

const membersGroup = (organisation: number): `group:${string}` => `group:members:${organisation}`;
const ownersGroup = (organisation: number): `group:${string}` => `group:owners:${organisation}`;
const teamGroup = (team: number): `group:${string}` => `group:team:${team}`;

/** Asks who may see each of these repositories, and who is in the groups that may. What is not told is unknown, and seen by nobody. */
export const readAccess = async (caller: Caller, repositories: readonly Repository[]): Promise<Access> => {
  const owners = new Map(repositories.filter(isOfOrganisation).map(({ owner }) => [owner.id, owner]));
  const organisations = new Map(
    (await forEach([...owners.values()], async (owner) => readOrganisation(caller, owner))).map((one) => [one.id, one]),
  );
  const readers = await forEach(repositories, async (repository) => readReaders(caller, repository, organisations));
  const teams = new Map(readers.flatMap(({ teams: own }) => own.map((team) => [team.id, team] as const)));
  const listed = await forEach([...teams.values()], async (team) => ({ team, members: await readTeam(caller, team) }));
  const groups = new Map<string, Members>();
  const problems: { key: string; error: AppError }[] = [];
  const list = (group: `group:${string}`, members: readonly User[] | AppError, key: string): void => {
    if (members instanceof AppError) problems.push({ key, error: members });
    groups.set(
      group.slice('group:'.length),
      members instanceof AppError ? { unknown: members.message.slice(0, 1_000) } : members.map(({ id }) => `user:${id}` as const),
    );
  };
  for (const { id, members, owners: admins } of organisations.values()) {
    list(membersGroup(id), members, `organisation:${id}`);
    list(ownersGroup(id), admins, `organisation:${id}`);
  }
  for (const { team, members } of listed) list(teamGroup(team.id), members, `team:${team.id}`);
  for (const { key, error } of readers) if (error) problems.push({ key, error });
  const whole = organisations.values().every(({ members }) => !(members instanceof AppError));
  return {
    acls: new Map(readers.map(({ repository, acl }) => [repository, acl])),
    groups,
    people: peopleOf([...organisations.values()], readers, listed),
    whole,
    everybody: whole && readers.every(({ error }) => !error),
    problems,
  };
};

const isOfOrganisation = ({ owner }: Repository): boolean => owner.type === 'Organization';

interface Team {
  readonly id: number;
  readonly organisation: number;
}

/** Who may see one repository. */
interface Readers {
  readonly repository: number;
  readonly key: string;
  readonly acl: Acl;
  readonly teams: readonly Team[];
  readonly collaborators: readonly User[];
  readonly error?: AppError;
}

const readReaders = async (
  caller: Caller,
  repository: Repository,
  organisations: ReadonlyMap<number, Organisation>,
): Promise<Readers> => {
  const { id, full_name, owner } = repository;
  const visibility = visibilityOf(repository);
  const none = { repository: id, key: `repo:${id}`, teams: [], collaborators: [] };
  const only = (allow: readonly Principal[]): Acl => ({ terms: [{ allow, deny: [], from: `repository ${full_name}` }] });
  const unknown = (error: AppError): Readers => ({ ...none, acl: { unknown: error.message.slice(0, 1_000) }, error });
  if (visibility === 'public') return { ...none, acl: only(['public']) };
  const organisation = organisations.get(owner.id);
  const seen = visibility === 'internal' || (organisation?.membersSee ?? false);
  if (seen instanceof AppError) return unknown(seen);
  const [collaborators, teams] = await Promise.all([
    askEach(caller, COLLABORATOR, {
      what: `the collaborators of ${full_name}`,
      path: path`/repositories/${id}/collaborators`,
      query: { affiliation: 'direct' },
    }),
    organisation ? askEach(caller, TEAM, { what: `the teams of ${full_name}`, path: path`/repositories/${id}/teams` }) : [],
  ]);
  if (collaborators instanceof AppError) return unknown(collaborators);
  if (teams instanceof AppError) return unknown(teams);
  const direct = collaborators.filter(({ permissions }) => permissions.pull);
  const ofOwner: Principal[] = organisation
    ? [ownersGroup(organisation.id), ...(seen ? [membersGroup(organisation.id)] : [])]
    : [`user:${owner.id}`];
  return {
    ...none,
    acl: only([...ofOwner, ...teams.map((team) => teamGroup(team.id)), ...direct.map((user) => `user:${user.id}` as const)]),
    teams: teams.map((team) => ({ id: team.id, organisation: owner.id })),
    collaborators: organisation ? direct : [...direct, owner],
  };
};

const readOrganisation = async (caller: Caller, { id, login }: User): Promise<Organisation> => {
  const [said, members, owners] = await Promise.all([
    askFor(caller, ORGANISATION, { what: `the organisation ${login}`, path: path`/orgs/${login}` }),
    readMembers(caller, login, 'all'),
    readMembers(caller, login, 'admin'),
  ]);
  if (isRefusal(said)) return { id, login, members, owners, membersSee: said.refused };
  if (said.id === id) return { id, login, members, owners, membersSee: basePermission(login, said) };
  // The name went to somebody else in between: nothing that was said is of them.
  const error = new AppError('source_changed', `${login} is another organisation than the one that owned its repositories.`);
  return { id, login, members: error, owners: error, membersSee: error };
};

const basePermission = (
  login: string,
  { default_repository_permission: base }: { readonly default_repository_permission?: string | null | undefined },
): boolean | AppError =>
  base
    ? base !== 'none'
    : new AppError(
        'source_rejected',
        `GitHub did not say whether members of ${login} may see its private repositories. It says it to owners alone: sign in as one, or with the permission to read the organisation’s administration.`,
      );

const readMembers = async (caller: Caller, login: string, role: 'all' | 'admin'): Promise<readonly User[] | AppError> =>
  askEach(caller, MEMBER, {
    what: role === 'all' ? `the members of ${login}` : `the owners of ${login}`,
    path: path`/orgs/${login}/members`,
    query: { role },
  });

/** Those of the teams below it are among its members, as GitHub lists them. */
const readTeam = async (caller: Caller, { id, organisation }: Team): Promise<readonly User[] | AppError> =>
  askEach(caller, MEMBER, {
    what: `the members of the team ${id}`,
    path: path`/organizations/${organisation}/team/${id}/members`,
  });

/** All of a list, each understood and each once, or why not: a part of it would be a guess. */
const askEach = async <T extends { readonly id: number }>(
  caller: Caller,
  kind: Kind<T>,
  question: Question,
): Promise<readonly T[] | AppError> => {
  const answer = await askAll(caller, question);
  if (isRefusal(answer)) return answer.refused;
  const all = new Map<number, T>();
  for (const reply of answer) {
    const one = understood(caller, kind, reply);
    if (one instanceof AppError) return one;
    all.set(one.id, one);
  }
  return [...all.values()].toSorted((a, b) => a.id - b.id);
};

/** Whoever is no member of an organisation here is a guest. */
const peopleOf = (
  organisations: readonly Organisation[],
  readers: readonly Readers[],
  teams: readonly { readonly members: readonly User[] | AppError }[],
): ReadonlyMap<number, Person> => {
  const people = new Map<number, Person>();
  const meet = (users: readonly User[] | AppError, kind: Person['kind']): void => {
    if (users instanceof AppError) return;
    for (const { id, login } of users) people.set(id, { login, kind: people.get(id)?.kind === 'member' ? 'member' : kind });
  };
  for (const { members } of organisations) meet(members, 'member');
  for (const { owners } of organisations) meet(owners, 'member');
  for (const { members } of teams) meet(members, 'guest');
  for (const { collaborators } of readers) meet(collaborators, 'guest');
  return new Map([...people].toSorted(([a], [b]) => a - b));
};
