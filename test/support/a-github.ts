import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createEmulator } from 'emulate';
import { afterAll, onTestFinished } from 'vitest';
import { z } from 'zod';

import { OPERATIONS } from '../../connectors/github/calls.ts';
import type { Fetch } from '../../src/core/connector.ts';
import { gitHubWikis } from './a-github-wiki.ts';
import { aWayOut } from './a-way-out.ts';
import type { Reply, Routing } from './github-lists.ts';
import { routed } from './github-routes.ts';
import { maySee, type RepositoryFacts, type Role, type Visibility, type WorldFacts } from './github-world.ts';

/** What is answered instead, by whoever wants something else; undefined: as GitHub would. */
export type Instead = (path: string, reply: () => Promise<Reply>, nth: number) => Promise<Reply | undefined> | Reply | undefined;

/**
 * GitHub, with an organisation `acme` of its own: its content is kept by an emulator, and who may see what, the order and the pages
 * of its lists, and what the emulator lacks are by GitHub's documentation. An unknown token is refused.
 */
export interface AGitHub {
  readonly url: string;
  readonly host: string;
  readonly world: WorldFacts;
  /** Every call since the start: by whom, and what. */
  readonly arrived: { readonly login: string; readonly method: string; readonly path: string; readonly query: string }[];
  /** Entries a page at most. */
  pageSize: number;
  instead: Instead;
  /** Of somebody. */
  tokenOf(login: string): string;
  /** The governed way out to it, signed in with the token of somebody. */
  fetchAs(login: string, options?: { readonly writes: boolean }): Fetch;
  sees(login: string, repository: number): boolean;
  repository(name: string, visibility: Visibility, owner?: string): Promise<number>;
  change(repository: number, patch: Readonly<Record<string, unknown>>): Promise<void>;
  rename(repository: number, name: string): Promise<void>;
  transfer(repository: number, owner: string): Promise<void>;
  delete(repository: number): Promise<void>;
  issue(repository: number, given: { readonly title: string; readonly body?: string | null }): Promise<number>;
  pull(repository: number, given: { readonly title: string; readonly body?: string }): Promise<number>;
  edit(repository: number, number: number, patch: Readonly<Record<string, unknown>>): Promise<void>;
  deleteIssue(repository: number, number: number): void;
  comment(repository: number, number: number, body: string): Promise<number>;
  editComment(repository: number, comment: number, body: string): Promise<void>;
  deleteComment(repository: number, number: number, comment: number): Promise<void>;
  file(repository: number, path: string, text: string): Promise<void>;
  deleteFile(repository: number, path: string): Promise<void>;
  reviewComment(repository: number, number: number, body: string): Promise<number>;
  /** A team that may see a repository, and maybe one below another. */
  team(repository: number, slug: string, members: readonly string[], parent?: number): number;
  collaborate(repository: number, login: string, role?: Role): void;
  /** Writes pages of its wiki in one commit; takes out those that are undefined. */
  wiki(repository: number, pages: Readonly<Record<string, string | Buffer | undefined>>, at?: bigint): Promise<void>;
  /** The last commit of its wiki. */
  wikiHead(repository: number): string;
}

/** All that have an account; `crawler` owns both organisations. */
export const USERS = ['nobody', 'crawler', 'ada', 'bob', 'cyd', 'dan', 'eve', 'gus', 'mallory'];
const ORGANISATIONS = ['acme', 'other'];
const json = z.record(z.string(), z.unknown());

/** Starts one that ends with the test, or with the file where it is started outside of tests. */
export const aGitHub = async (ends: 'test' | 'file' = 'test'): Promise<AGitHub> => {
  const members = [{ login: 'crawler', role: 'admin' }];
  const emulator = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens: { root: { login: 'crawler', scopes: ['repo', 'admin:org', 'delete_repo'] } },
      github: {
        users: USERS.map((login) => ({ login, email: `${login}@acme.test` })),
        orgs: ORGANISATIONS.map((login) => ({ login, members })),
      },
    },
  });
  const world: WorldFacts = { users: new Map(), organisations: new Map(), repositories: new Map(), moved: new Map() };
  const emulate = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      headers: { authorization: 'Bearer root', 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const replied = await response.text();
    return { status: response.status, body: replied === '' ? null : JSON.parse(replied) };
  };
  const done = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const answer = await emulate(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return json.nullable().parse(answer.body) ?? {};
  };
  const arrived: AGitHub['arrived'][number][] = [];
  let clock = Date.parse('2026-02-01T00:00:00Z') / 1000;
  const routing: Routing = {
    world,
    pageSize: () => github.pageSize,
    base: () => github.url,
    emulated: (path) => emulate('GET', path),
    written: emulate,
    tick: () => (clock += 1),
  };
  const wikis = gitHubWikis(world, () => github.url);
  const server = createServer(
    (request, response) => void answer(request, response).catch((error: unknown) => response.writeHead(501).end(String(error))),
  );
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://github.test');
    const login = /^Bearer (\w+)-token$/u.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const body = await bodyOf(request);
    const path = url.pathname.replace(/^\/api\/v3/u, '');
    const method = request.method ?? 'GET';
    arrived.push({ login, method, path, query: url.search });
    const usual = async (): Promise<Reply> => {
      const ofWiki = await wikis.answer({ method, url, headers: request.headers, body });
      if (ofWiki) return ofWiki;
      if (!world.users.has(login)) return { status: 401, body: { message: 'Bad credentials' } };
      if (!request.headers['user-agent']) return { status: 403, body: { message: 'Request forbidden by administrative rules.' } };
      if (request.headers['x-github-api-version'] !== '2022-11-28') return { status: 400, body: { message: 'Unknown version' } };
      const accept = request.headers.accept ?? '';
      return routed(routing, {
        login,
        method,
        path,
        query: url.searchParams,
        accept,
        body: body.length === 0 ? undefined : JSON.parse(body.toString()),
      });
    };
    const reply = (await github.instead(path, usual, arrived.length)) ?? (await usual());
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(Buffer.isBuffer(reply.body) || typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await emulator.close();
    await wikis.remove();
  };
  if (ends === 'test') onTestFinished(end);
  else afterAll(end);
  const host = `127.0.0.1:${portOf(server.address())}`;
  for (const login of USERS) world.users.set(login, Number((await done('GET', `/users/${login}`))['id']));
  for (const login of ORGANISATIONS) {
    const id = Number((await done('GET', `/orgs/${login}`))['id']);
    world.organisations.set(login, { id, login, base: 'none', members: new Map([['crawler', 'admin']]), teams: new Map() });
  }
  const known = (id: number): RepositoryFacts => world.repositories.get(id) ?? missing(id);
  const own = (id: number): string => `/repos/${known(id).owner}/${known(id).name}`;
  const touch = (id: number, number: number): void => void known(id).issueTimes.set(number, (clock += 37));
  const touchComment = (id: number, comment: number): void => void known(id).commentTimes.set(comment, (clock += 1));
  let teams = 1_000;

  const github: AGitHub = {
    url: `http://${host}`,
    host,
    world,
    arrived,
    pageSize: 2,
    instead: () => undefined,
    tokenOf: (login) => `${login}-token`,
    fetchAs: (login, { writes } = { writes: false }) =>
      aWayOut({
        writes,
        name: 'app',
        hosts: [host],
        operations: OPERATIONS,
        authorise: { headers: async () => ({ authorization: `Bearer ${login}-token` }), remedy: 'Bring another token.' },
      }).fetch,
    sees: (login, id) => maySee(world, login, known(id)),
    async repository(name, visibility, owner = 'acme') {
      const made = await done('POST', owner === 'crawler' ? '/user/repos' : `/orgs/${owner}/repos`, {
        name,
        private: visibility !== 'public',
      });
      const id = Number(made['id']);
      const none = {
        collaborators: new Map(),
        invited: new Map(),
        teams: new Map(),
        issueTimes: new Map(),
        commentTimes: new Map(),
      };
      world.repositories.set(id, { id, owner, name, visibility, ...none, deletedIssues: new Set() });
      world.moved.delete(`${owner}/${name}`);
      if (visibility === 'internal') await done('PATCH', own(id), { visibility });
      return id;
    },
    async change(id, patch) {
      await done('PATCH', own(id), patch);
      const { visibility } = z.object({ visibility: z.enum(['public', 'internal', 'private']).optional() }).parse(patch);
      if (visibility) known(id).visibility = visibility;
    },
    async rename(id, name) {
      await done('PATCH', own(id), { name });
      world.moved.set(`${known(id).owner}/${known(id).name}`, id);
      known(id).name = name;
    },
    async transfer(id, owner) {
      await done('POST', `${own(id)}/transfer`, { new_owner: owner });
      world.moved.set(`${known(id).owner}/${known(id).name}`, id);
      known(id).owner = owner;
      known(id).teams.clear();
    },
    async delete(id) {
      await done('DELETE', own(id));
      world.repositories.delete(id);
    },
    async issue(id, given) {
      const number = Number((await done('POST', `${own(id)}/issues`, given))['number']);
      touch(id, number);
      return number;
    },
    async pull(id, given) {
      const number = Number(
        (await done('POST', `${own(id)}/pulls`, { ...given, head: `work-${clock}`, base: 'main' }))['number'],
      );
      touch(id, number);
      return number;
    },
    async edit(id, number, patch) {
      await done('PATCH', `${own(id)}/issues/${number}`, patch);
      touch(id, number);
    },
    deleteIssue: (id, number) => void known(id).deletedIssues.add(number),
    async comment(id, number, body) {
      const comment = Number((await done('POST', `${own(id)}/issues/${number}/comments`, { body }))['id']);
      touchComment(id, comment);
      touch(id, number);
      return comment;
    },
    async reviewComment(id, number, body) {
      const { sha } = json.parse((await done('GET', `${own(id)}/pulls/${number}`))['head']);
      const given = { body, commit_id: sha, path: 'docs/guide.md', line: 1 };
      const comment = Number((await done('POST', `${own(id)}/pulls/${number}/comments`, given))['id']);
      touchComment(id, comment);
      touch(id, number);
      return comment;
    },
    async editComment(id, comment, body) {
      await done('PATCH', `${own(id)}/issues/comments/${comment}`, { body });
      touchComment(id, comment);
    },
    async deleteComment(id, number, comment) {
      await done('DELETE', `${own(id)}/issues/comments/${comment}`);
      touch(id, number);
    },
    async file(id, path, written) {
      const was = await emulate('GET', `${own(id)}/contents/${path}`);
      const sha = was.status === 200 ? { sha: json.parse(was.body)['sha'] } : {};
      await done('PUT', `${own(id)}/contents/${path}`, {
        message: 'write',
        content: Buffer.from(written).toString('base64'),
        ...sha,
      });
    },
    async deleteFile(id, path) {
      const { sha } = await done('GET', `${own(id)}/contents/${path}`);
      await done('DELETE', `${own(id)}/contents/${path}`, { message: 'delete', sha });
    },
    team(id, slug, logins, parent) {
      teams += 1;
      world.organisations.get('acme')?.teams.set(teams, { id: teams, slug, parent, members: new Set(logins) });
      known(id).teams.set(teams, 'pull');
      return teams;
    },
    wiki: (id, pages, at) => wikis.commit(id, pages, at),
    wikiHead: (id) => wikis.head(id),
    collaborate: (id, login, role = 'pull') => void known(id).collaborators.set(login, role),
  };
  return github;
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
};

const missing = (id: number): never => {
  throw new Error(`no repository ${id}`);
};

const portOf = (address: AddressInfo | string | null): number => {
  if (typeof address === 'object' && address) return address.port;
  throw new Error('it listens nowhere');
};
