/** What decides at GitHub who may see what. It stands apart from what is under test: both follow GitHub's own words. */

export type Visibility = 'public' | 'internal' | 'private';
export type Role = 'pull' | 'triage' | 'push' | 'maintain' | 'admin';

export interface TeamFacts {
  readonly id: number;
  readonly slug: string;
  parent: number | undefined;
  readonly members: Set<string>;
}

export interface OrganisationFacts {
  readonly id: number;
  readonly login: string;
  base: 'none' | 'read' | 'write' | 'admin';
  readonly members: Map<string, 'admin' | 'member'>;
  readonly teams: Map<number, TeamFacts>;
}

export interface RepositoryFacts {
  readonly id: number;
  owner: string;
  name: string;
  visibility: Visibility;
  readonly collaborators: Map<string, Role>;
  /** Asked, and not in yet. */
  readonly invited: Map<string, Role>;
  readonly teams: Map<number, Role>;
  /** Seconds since 1970, by number and by comment. */
  readonly issueTimes: Map<number, number>;
  readonly commentTimes: Map<number, number>;
  readonly deletedIssues: Set<number>;
}

export interface WorldFacts {
  /** Login → id. */
  readonly users: Map<string, number>;
  readonly organisations: Map<string, OrganisationFacts>;
  readonly repositories: Map<number, RepositoryFacts>;
  /** A name that was left, and whose it was. */
  readonly moved: Map<string, number>;
}

/** A team and all that are below it. */
export const teamsWithin = ({ teams }: OrganisationFacts, top: number): TeamFacts[] => {
  const within = [...teams.values()].filter(({ id }) => id === top);
  for (const team of within) within.push(...[...teams.values()].filter(({ parent }) => parent === team.id));
  return within;
};

/** Whether somebody may see a repository, as GitHub says of roles, teams, base permissions and visibility. */
export const maySee = (world: WorldFacts, login: string, repository: RepositoryFacts): boolean => {
  if (repository.visibility === 'public' || repository.owner === login || repository.collaborators.has(login)) return true;
  const organisation = world.organisations.get(repository.owner);
  const role = organisation?.members.get(login);
  if (!organisation || !role) return false;
  if (role === 'admin' || repository.visibility === 'internal' || organisation.base !== 'none') return true;
  return [...repository.teams.keys()].some((team) => teamsWithin(organisation, team).some(({ members }) => members.has(login)));
};

const ORDER: readonly Role[] = ['pull', 'triage', 'push', 'maintain', 'admin'];

/** The highest role that somebody has in a repository, whichever way. */
export const roleOf = (world: WorldFacts, login: string, repository: RepositoryFacts): Role | 'none' => {
  if (!maySee(world, login, repository)) return 'none';
  const organisation = world.organisations.get(repository.owner);
  const isMember = organisation?.members.has(login) === true;
  const own = repository.collaborators.get(login);
  const ofTeams = [...repository.teams].flatMap(([team, role]) =>
    organisation && isMember && teamsWithin(organisation, team).some(({ members }) => members.has(login)) ? [role] : [],
  );
  const base = { none: 'pull', read: 'pull', write: 'push', admin: 'admin' } as const;
  const all: Role[] = ['pull', ...(own ? [own] : []), ...ofTeams];
  if (isMember && organisation) all.push(base[organisation.base]);
  if (isAdmin(world, login, repository)) all.push('admin');
  return all.toSorted((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0] ?? 'none';
};

/** Whether somebody may change who sees it. */
export const isAdmin = (world: WorldFacts, login: string, repository: RepositoryFacts): boolean =>
  repository.owner === login ||
  repository.collaborators.get(login) === 'admin' ||
  world.organisations.get(repository.owner)?.members.get(login) === 'admin';
