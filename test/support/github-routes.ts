import {
  allComments,
  allIssues,
  type Call,
  entriesSchema,
  type Json,
  jsonSchema,
  type Below,
  NOT_FOUND,
  paged,
  type Reply,
  type Routing,
  sorted,
} from './github-lists.ts';
import { WRITES } from './github-writes.ts';
import { isAdmin, maySee, type RepositoryFacts, roleOf, teamsWithin } from './github-world.ts';

/** Answers as GitHub documents it: what somebody may not see is not there. */
export const routed = async (routing: Routing, call: Call): Promise<Reply> => {
  for (const [pattern, answer] of ROUTES) {
    const found = pattern.exec(call.path);
    if (found)
      return answer(
        routing,
        call,
        found.slice(1).map((part) => decodeURIComponent(part)),
      );
  }
  return NOT_FOUND;
};

type Answer = (routing: Routing, call: Call, parts: readonly string[]) => Promise<Reply> | Reply;

const ofOrganisation: Answer = async ({ world, emulated }, { login }, [name = '']) => {
  const organisation = world.organisations.get(name);
  if (!organisation) return NOT_FOUND;
  const body = jsonSchema.parse((await emulated(`/orgs/${name}`)).body);
  const { default_repository_permission: _, billing_email: __, ...shown } = body;
  if (organisation.members.get(login) !== 'admin') return { status: 200, body: shown };
  return { status: 200, body: { ...body, default_repository_permission: organisation.base } };
};

const members: Answer = async (routing, call, [name = '']) => {
  const organisation = routing.world.organisations.get(name);
  if (!organisation) return NOT_FOUND;
  if (!organisation.members.has(call.login)) {
    return { status: 302, body: null, headers: { location: `${routing.base()}/orgs/${name}/public_members` } };
  }
  const role = call.query.get('role') ?? 'all';
  const logins = [...organisation.members].filter(([, own]) => role === 'all' || own === role).map(([login]) => login);
  return paged(routing, call, await usersOf(routing, logins), `/organizations/${organisation.id}/members`);
};

const teamMembers: Answer = async (routing, call, [id = '', team = '']) => {
  const organisation = [...routing.world.organisations.values()].find((one) => String(one.id) === id);
  if (!organisation?.members.has(call.login)) return NOT_FOUND;
  const within = teamsWithin(organisation, Number(team));
  if (within.length === 0) return NOT_FOUND;
  const logins = [...new Set(within.flatMap((one) => [...one.members]))];
  return paged(routing, call, await usersOf(routing, logins), `/organizations/${id}/team/${team}/members`);
};

const organisationRepositories: Answer = async (routing, call, [name = '']) => {
  const { world } = routing;
  if (!world.organisations.has(name)) return NOT_FOUND;
  const seen = [...world.repositories.values()].filter((one) => one.owner === name && maySee(world, call.login, one));
  const bodies = await Promise.all(seen.toSorted((a, b) => a.id - b.id).map((one) => repositoryBody(routing, one)));
  return paged(routing, call, bodies, `/organizations/${world.organisations.get(name)?.id ?? 0}/repos`);
};

const namedRepository: Answer = async (routing, call, [owner = '', name = '']) => {
  const { world } = routing;
  const is = [...world.repositories.values()].find((one) => one.owner === owner && one.name === name);
  if (is && maySee(world, call.login, is)) return { status: 200, body: await repositoryBody(routing, is) };
  const moved = world.repositories.get(world.moved.get(`${owner}/${name}`) ?? 0);
  if (is || !moved || !maySee(world, call.login, moved)) return NOT_FOUND;
  return {
    status: 301,
    body: { message: 'Moved Permanently' },
    headers: { location: `${routing.base()}/repositories/${moved.id}` },
  };
};

const inRepository: Answer = async (routing, call, [id = '', rest = '']) => {
  const repository = routing.world.repositories.get(Number(id));
  if (!repository || !maySee(routing.world, call.login, repository)) return NOT_FOUND;
  if (rest === '') return { status: 200, body: await repositoryBody(routing, repository) };
  for (const [pattern, answer] of call.method === 'GET' ? BELOW : WRITES) {
    const found = pattern.exec(call.method === 'GET' ? rest.slice(1) : `${call.method} ${rest.slice(1)}`);
    if (found) return answer(routing, { ...call, path: call.path }, repository, found.slice(1));
  }
  return NOT_FOUND;
};

/** What the permission of a role is called. */
const PERMISSIONS = {
  none: 'none',
  pull: 'read',
  triage: 'triage',
  push: 'write',
  maintain: 'maintain',
  admin: 'admin',
} as const;

const teams: Below = ({ world, ...routing }, call, repository) => {
  const organisation = world.organisations.get(repository.owner);
  if (!organisation || !isAdmin(world, call.login, repository)) return NOT_FOUND;
  const all = [...repository.teams].map(([id, permission]) => {
    const slug = organisation.teams.get(id)?.slug ?? '';
    return { id, node_id: `T_${id}`, name: slug, slug, description: null, privacy: 'closed', permission, parent: null };
  });
  return paged({ world, ...routing }, call, all, `/repositories/${repository.id}/teams`);
};

const collaborators: Below = async (routing, call, repository) => {
  const { world } = routing;
  if (!isAdmin(world, call.login, repository))
    return { status: 403, body: { message: 'Must have push access to view repository collaborators.' } };
  const logins =
    call.query.get('affiliation') === 'direct'
      ? [...repository.collaborators.keys()]
      : [...world.users.keys()].filter((login) => maySee(world, login, repository));
  const users = await usersOf(routing, logins);
  const all = users.map((user) => ({
    ...user,
    permissions: { pull: true, triage: false, push: false, maintain: false, admin: false },
    role_name: 'read',
  }));
  return paged(routing, call, all, `/repositories/${repository.id}/collaborators`);
};

const permission: Below = async (routing, call, repository, [login = '']) => {
  const { world } = routing;
  if (!isAdmin(world, call.login, repository) || !world.users.has(login)) return NOT_FOUND;
  const [user] = await usersOf(routing, [login]);
  const role = PERMISSIONS[roleOf(world, login, repository)];
  return { status: 200, body: { permission: role, role_name: role, user } };
};

/** Pull requests are issues too, each thing has a time of this world's own, and the list is sorted, filtered and paged. */
const issues: Below = async (routing, call, repository) => {
  const body = jsonSchema.parse(await repositoryBody(routing, repository));
  if (body['has_issues'] === false) return { status: 410, body: { message: 'Issues are disabled for this repo' } };
  return sorted(routing, call, await allIssues(routing, repository), `/repositories/${repository.id}/issues`);
};

const issue: Below = async (routing, _, repository, [number = '']) => {
  const found = (await allIssues(routing, repository)).find((one) => String(one['number']) === number);
  return found ? { status: 200, body: found } : NOT_FOUND;
};

const comments =
  (kind: 'issues' | 'pulls'): Below =>
  async (routing, call, repository) =>
    sorted(routing, call, await allComments(routing, repository, kind), `/repositories/${repository.id}/${kind}/comments`);

const comment =
  (kind: 'issues' | 'pulls'): Below =>
  async (routing, _, repository, [id = '']) => {
    const found = (await allComments(routing, repository, kind)).find((one) => String(one['id']) === id);
    return found ? { status: 200, body: found } : NOT_FOUND;
  };

const commentsOfOne: Below = async (routing, call, repository, [kind = '', number = '']) => {
  const all = await allComments(routing, repository, kind === 'pulls' ? 'pulls' : 'issues');
  const own = all.filter((one) => String(one['issue_url'] ?? one['pull_request_url']).endsWith(`/${number}`));
  return paged(routing, call, own, `/repositories/${repository.id}/${kind}/${number}/comments`);
};

const git: Below = async (routing, call, repository, [rest = '']) => {
  const search = call.query.size > 0 ? `?${call.query.toString()}` : '';
  const answer = await routing.emulated(`/repos/${repository.owner}/${repository.name}/${rest}${search}`);
  if (answer.status === 404 && rest.startsWith('git/ref/')) return { status: 409, body: { message: 'Git Repository is empty.' } };
  if (answer.status !== 200 || !rest.startsWith('git/blobs/') || !call.accept.includes('raw')) return answer;
  return { status: 200, body: Buffer.from(String(jsonSchema.parse(answer.body)['content']), 'base64') };
};

const BELOW: readonly (readonly [RegExp, Below])[] = [
  [/^teams$/u, teams],
  [/^collaborators$/u, collaborators],
  [/^collaborators\/([^/]+)\/permission$/u, permission],
  [/^issues$/u, issues],
  [/^issues\/(\d+)$/u, issue],
  [/^issues\/comments$/u, comments('issues')],
  [/^issues\/comments\/(\d+)$/u, comment('issues')],
  [/^pulls\/comments$/u, comments('pulls')],
  [/^pulls\/comments\/(\d+)$/u, comment('pulls')],
  [/^(issues|pulls)\/(\d+)\/comments$/u, commentsOfOne],
  [/^((?:git|contents)\/.+)$/u, git],
];

const ROUTES: readonly (readonly [RegExp, Answer])[] = [
  [/^\/orgs\/([^/]+)$/u, ofOrganisation],
  [/^\/orgs\/([^/]+)\/members$/u, members],
  [/^\/orgs\/([^/]+)\/repos$/u, organisationRepositories],
  [/^\/organizations\/(\d+)\/team\/(\d+)\/members$/u, teamMembers],
  [/^\/user$/u, async (routing, { login }) => ({ status: 200, body: (await usersOf(routing, [login]))[0] })],
  [/^\/users\/([^/]+)$/u, ({ emulated }, _, [login = '']) => emulated(`/users/${login}`)],
  [/^\/repos\/([^/]+)\/([^/]+)$/u, namedRepository],
  [/^\/repositories\/(\d+)(\/.+|)$/u, inRepository],
];

const repositoryBody = async ({ emulated }: Routing, { owner, name }: RepositoryFacts): Promise<unknown> =>
  (await emulated(`/repos/${owner}/${name}`)).body;

const usersOf = async ({ emulated }: Routing, logins: readonly string[]): Promise<Json[]> => {
  const known = entriesSchema.parse((await emulated('/users?per_page=100')).body);
  return logins.map((login) => known.find((user) => user['login'] === login) ?? {});
};
