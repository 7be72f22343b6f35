import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { OPERATIONS } from '../../connectors/github/calls.ts';
import { commentDocument, issueDocument, issueOf, repositoryChange } from '../../connectors/github/map.ts';
import {
  COLLABORATOR,
  COMMENT,
  COMMIT,
  ENTRY,
  FILE,
  ISSUE,
  type Kind,
  MEMBER,
  ORGANISATION,
  PERMISSION,
  PROFILE,
  REF,
  REPOSITORY,
  TEAM,
  TREE,
  understood,
} from '../../connectors/github/replies.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Notice } from '../../src/core/notice.ts';
import { beyond, descriptionOf } from '../support/a-github-description.ts';

const github = descriptionOf('api.github.com');
const ofRepository = '/repos/*/*';

/** What is asked of each path, as it is described there: below the owner and the name that GitHub’s number stands for. */
const described = (path: string): string =>
  path
    .replace(/^\/repositories\/\*/u, ofRepository)
    .replace('/organizations/*/team/*', '/orgs/*/teams/*')
    .replace('/git/ref/heads/**', '/git/ref/*')
    .replace('/contents/**', '/contents/*');

/** Every kind of reply, and the paths that give it: one, or a list of them. */
const KINDS: readonly (readonly [string, Kind<object>, readonly string[]])[] = [
  ['a member', MEMBER, ['/orgs/*/members', '/orgs/*/teams/*/members']],
  ['an organisation', ORGANISATION, ['/orgs/*']],
  ['a profile', PROFILE, ['/users/*']],
  ['a repository', REPOSITORY, [ofRepository]],
  ['a repository in a list', REPOSITORY, ['/orgs/*/repos']],
  ['a team', TEAM, [`${ofRepository}/teams`]],
  ['a collaborator', COLLABORATOR, [`${ofRepository}/collaborators`]],
  ['a right', PERMISSION, [`${ofRepository}/collaborators/*/permission`]],
  ['an issue', ISSUE, [`${ofRepository}/issues`, `${ofRepository}/issues/*`]],
  [
    'a comment',
    COMMENT,
    [`${ofRepository}/issues/comments`, `${ofRepository}/issues/comments/*`, `${ofRepository}/issues/*/comments`],
  ],
  [
    'a comment on code',
    COMMENT,
    [`${ofRepository}/pulls/comments`, `${ofRepository}/pulls/comments/*`, `${ofRepository}/pulls/*/comments`],
  ],
  ['a branch', REF, [`${ofRepository}/git/ref/*`]],
  ['a commit', COMMIT, [`${ofRepository}/git/commits/*`]],
  ['a tree', TREE, [`${ofRepository}/git/trees/*`]],
];

/** What is demanded though it is not promised, and why. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // Whatever lacks one of these in a list is asked for by itself.
  'a repository in a list': [
    'archived may be left out',
    'default_branch may be left out',
    'has_issues may be left out',
    'has_wiki may be left out',
  ],
  // A text is left out for other media types than the one that is asked for; without it a document would silently be empty.
  'an issue': ['body may be left out'],
  'a comment': ['body may be left out', 'pull_request_url is not described'],
  'a comment on code': ['issue_url is not described'],
  // Who may do what is the point of this list: without it nobody is let in, and the run says so.
  'a collaborator': ['permissions may be left out'],
};

const itemsOf = (reply: unknown): readonly unknown[] => (Array.isArray(reply) ? reply : [reply]);

describe('GitHub’s own description of its interface', () => {
  test.each(['api.github.com', 'ghec', 'ghes-3.19'])('has every call that is made of it: %s', (name) => {
    const { paths } = name === 'api.github.com' ? github : descriptionOf(name);
    const calls = OPERATIONS.flatMap((operation) => operation.calls).filter((call) => call.startsWith('GET /'));
    const asked = calls.map((call) => call.slice('GET '.length)).filter((path) => !/^\/api\/v3|\.wiki\.git/u.test(path));
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((path) => !paths.includes(described(path)))).toEqual([]);
  });

  test('has a reply for every call whose reply is understood here', () => {
    const asked = OPERATIONS.flatMap(({ calls }) => calls)
      .filter((call) => call.startsWith('GET /') && !/^GET \/api\/v3|\.wiki\.git/u.test(call))
      .map((call) => described(call.slice('GET '.length)));
    const compared = new Set(KINDS.flatMap(([, , paths]) => paths));
    // Bytes are taken as they are; what a path of files leads to is compared by itself; of whose token it is the status is enough.
    expect([...new Set(asked)].filter((path) => !compared.has(path)).toSorted()).toEqual([
      `${ofRepository}/contents/*`,
      `${ofRepository}/git/blobs/*`,
      '/user',
    ]);
  });

  test.each(KINDS)('promises what is demanded of %s', (name, { schema }, paths) => {
    for (const path of paths) {
      const { schema: reply } = github.reply(path);
      const one = github.resolve(reply).type === 'array' ? (github.resolve(reply).items ?? {}) : reply;
      expect([path, [...new Set(beyond(schema, one, github))].toSorted()]).toEqual([path, KNOWN[name] ?? []]);
    }
  });

  test('promises what is demanded of an entry of a tree', () => {
    const { properties } = github.resolve(github.reply(`${ofRepository}/git/trees/*`).schema);
    expect(beyond(ENTRY.schema, properties?.['tree']?.items ?? {}, github)).toEqual([]);
  });

  test.each(KINDS)('gives examples of %s that are understood, with no field nobody knows', (name, kind, paths) => {
    const examples = paths.flatMap((path) => github.reply(path).examples.flatMap(itemsOf));
    expect(examples.length).toBeGreaterThan(0);
    const notices: Notice[] = [];
    for (const example of examples) {
      const one = understood({ notice: (notice) => void notices.push(notice) }, kind, example);
      expect([name, one instanceof AppError ? one.message : undefined]).toEqual([name, undefined]);
    }
    expect(notices).toEqual([]);
  });

  test('gives examples of files that are understood', () => {
    const example = github.reply(`${ofRepository}/contents/*`).examples.flatMap(itemsOf);
    const all = example.map((one) => understood({ notice: () => undefined }, FILE, one));
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((one) => one instanceof AppError)).toEqual([]);
  });
});

const parsed = <T>(kind: Kind<T>, path: string): T => {
  const one = understood({ notice: () => undefined }, kind, itemsOf(github.reply(path).examples[0])[0]);
  if (one instanceof AppError) throw one;
  return one;
};

describe('an example of GitHub’s becomes a document:', () => {
  const repository = parsed(REPOSITORY, ofRepository);

  test('a repository', () => {
    expect(repositoryChange(repository, { unknown: 'x' })).toMatchObject({ key: 'repo:1296269', title: 'octocat/Hello-World' });
  });

  test('an issue', () => {
    expect(issueDocument(repository, parsed(ISSUE, `${ofRepository}/issues/*`))).toMatchObject({
      key: 'issue:1296269/1347',
      title: 'Found a bug',
      url: 'https://github.com/octocat/Hello-World/issues/1347',
      author: 'user:1',
      labels: ['bug'],
      fields: { assignee: 'octocat', created_at: '2011-04-22T13:33:48.000Z' },
      acl: { terms: [{ allow: ['audience:repo:1296269'] }] },
    });
  });

  test.each([
    ['comment', `${ofRepository}/issues/comments`, 'Me too', 1347],
    ['review', `${ofRepository}/pulls/comments`, 'Great stuff!', 1],
  ] as const)('a %s', (kind, path, text, number) => {
    const comment = parsed(COMMENT, path);
    expect(issueOf(comment)).toBe(number);
    expect(commentDocument(repository, kind, { issue: number, comment })).toMatchObject({
      parent: `issue:1296269/${number}`,
      body: { text },
      author: 'user:1',
    });
  });
});

test('a comparison finds what is not promised', () => {
  const theirs = {
    type: 'object',
    required: ['id', 'user'],
    properties: {
      id: { type: 'integer' },
      user: { type: 'object', nullable: true, required: [], properties: { login: { type: 'string' } } },
      state: { type: 'string', enum: ['open', 'closed', 'draft'] },
    },
  };
  const ours = z.object({
    id: z.string(),
    user: z.object({ login: z.string() }),
    state: z.enum(['open', 'closed']),
    other: z.string().optional(),
  });
  expect(beyond(ours, theirs, github)).toEqual([
    'id is described as integer, not string',
    'user may be null',
    'user.login may be left out',
    'state may be left out',
    'state can be draft',
    'other is not described',
  ]);
});
