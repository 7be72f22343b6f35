import { z } from 'zod';

import type { RepositoryFacts, WorldFacts } from './github-world.ts';

/** What is answered to a call. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call by somebody who showed who they are. */
export interface Call {
  readonly login: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly method: string;
  /** What was sent, where that was JSON. */
  readonly body?: unknown;
}

/** What the routes stand on. */
export interface Routing {
  readonly world: WorldFacts;
  /** Entries a page at most, whatever is asked for. */
  readonly pageSize: () => number;
  /** Of this server. */
  readonly base: () => string;
  /** The emulator, which keeps what is written and gives it the form GitHub gives it. */
  readonly emulated: (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** The same for what writes. */
  readonly written: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** The next second of this world's own clock. */
  readonly tick: () => number;
}

/** Answers a call below a repository that its caller may see. */
export type Below = (
  routing: Routing,
  call: Call,
  repository: RepositoryFacts,
  parts: readonly string[],
) => Promise<Reply> | Reply;

export const NOT_FOUND: Reply = { status: 404, body: { message: 'Not Found' } };

export type Json = Record<string, unknown>;
export const entriesSchema = z.array(z.record(z.string(), z.unknown()));
export const jsonSchema = z.record(z.string(), z.unknown());
/** All that the emulator has of a list, in its own pages. */
const everything = async ({ emulated }: Routing, path: string): Promise<Json[]> => {
  const all: Json[] = [];
  for (let page = 1; ; page += 1) {
    const entries = entriesSchema.parse(
      (await emulated(`${path}${path.includes('?') ? '&' : '?'}per_page=100&page=${page}`)).body,
    );
    all.push(...entries);
    if (entries.length < 100) return all;
  }
};

const writtenAt = (seconds = 0): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** Pull requests are issues too, and each has a time of this world's own. */
export const allIssues = async (routing: Routing, repository: RepositoryFacts): Promise<Json[]> => {
  const own = `/repos/${repository.owner}/${repository.name}`;
  const [plain, pulls] = await Promise.all([
    everything(routing, `${own}/issues?state=all`),
    everything(routing, `${own}/pulls?state=all`),
  ]);
  const asIssue = ({ url, html_url, diff_url, patch_url, merged_at, ...pull }: Json): Json => {
    const taken = Object.entries(pull).filter(([name]) => PULL_FIELDS.has(name));
    return { ...Object.fromEntries(taken), url, html_url, pull_request: { url, html_url, diff_url, patch_url, merged_at } };
  };
  return [...plain, ...pulls.map(asIssue)]
    .map((one) => ({ number: Number(one['number']), one }))
    .filter(({ number }) => !repository.deletedIssues.has(number))
    .map(({ number, one }) => ({
      ...one,
      id: repository.id * 1_000_000 + number,
      updated_at: writtenAt(repository.issueTimes.get(number)),
    }));
};

const PULL_FIELDS = new Set(
  'node_id number state locked title user body created_at closed_at assignee assignees labels milestone draft comments author_association'.split(
    ' ',
  ),
);

/** By each issue or pull request: the emulator takes its own list of them all for one of these. */
export const allComments = async (routing: Routing, repository: RepositoryFacts, kind: 'issues' | 'pulls'): Promise<Json[]> => {
  const all = await allIssues(routing, repository);
  const own = `/repos/${repository.owner}/${repository.name}/${kind}`;
  const of = all
    .filter((one) => kind === 'issues' || 'pull_request' in one)
    .filter((one) => Number(one['comments']) > 0 || kind === 'pulls');
  const found = await Promise.all(
    of.map(async (one) => {
      const comments = await everything(routing, `${own}/${String(one['number'])}/comments`);
      return comments.map((written): Json => ({
        ...written,
        ...(kind === 'issues' && { html_url: `${String(one['html_url'])}#issuecomment-${String(written['id'])}` }),
        updated_at: writtenAt(repository.commentTimes.get(Number(written['id']))),
      }));
    }),
  );
  return found.flat().toSorted((a, b) => Number(a['id']) - Number(b['id']));
};

/** As it is asked for: since when, in which state, in which order. */
export const sorted = (routing: Routing, call: Call, all: readonly Json[], own: string): Reply => {
  const since = call.query.get('since');
  const at = (one: Json): string => String(one[call.query.get('sort') === 'updated' ? 'updated_at' : 'created_at']);
  const found = all
    .filter((one) => since === null || String(one['updated_at']) >= since)
    .filter(
      (one) => !('state' in one) || call.query.get('state') === 'all' || one['state'] === (call.query.get('state') ?? 'open'),
    )
    .toSorted((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
  return paged(routing, call, call.query.get('direction') === 'asc' ? found : found.toReversed(), own);
};

/** A page, and where the next one is: by GitHub's own path for it, which is another than was asked for. */
export const paged = ({ pageSize, base }: Routing, { query }: Call, all: readonly unknown[], own: string): Reply => {
  const size = Math.min(Number(query.get('per_page') ?? 30), pageSize());
  const page = Number(query.get('page') ?? 1);
  const next = new URLSearchParams(query);
  next.set('page', String(page + 1));
  const more = page * size < all.length;
  return {
    status: 200,
    body: all.slice((page - 1) * size, page * size),
    ...(more && { headers: { link: `<${base()}${own}?${next.toString()}>; rel="next", <${base()}${own}?page=99>; rel="last"` } }),
  };
};
