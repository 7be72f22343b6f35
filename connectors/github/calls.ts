import type { Operation } from '../../src/core/connector.ts';

/** Every call, as it is named in the README. GitHub Enterprise Server has the same ones below `/api/v3`. */
const operation = (name: string, scope: string | undefined, paths: readonly string[]): Operation => ({
  name,
  access: 'read',
  ...(scope !== undefined && { scope }),
  calls: paths.flatMap((path) => [`GET ${path}`, `GET /api/v3${path}`]),
});

/** A call that writes: made by a write that was decided, and by no run. */
const writing = (name: string, method: 'POST' | 'PATCH' | 'DELETE', path: string): Operation => ({
  name,
  access: 'write',
  scope: 'issues:write',
  calls: [`${method} ${path}`, `${method} /api/v3${path}`],
});

/** What is asked of GitHub, and the permissions each call needs, as an app or a fine-grained token calls them. */
export const OPERATIONS: readonly Operation[] = [
  operation('read the organisation', 'organization_administration:read', ['/orgs/*']),
  operation('read who signs in', undefined, ['/user']),
  operation('list members', 'members:read', ['/orgs/*/members', '/organizations/*/team/*/members']),
  operation('read profiles', undefined, ['/users/*']),
  operation('list repositories', 'metadata:read', ['/orgs/*/repos', '/repos/*/*', '/repositories/*']),
  operation('read who may see a repository', 'metadata:read administration:read', [
    '/repositories/*/teams',
    '/repositories/*/collaborators',
    '/repositories/*/collaborators/*/permission',
  ]),
  operation('read issues', 'issues:read pull_requests:read', ['/repositories/*/issues', '/repositories/*/issues/*']),
  operation('read comments', 'issues:read pull_requests:read', [
    '/repositories/*/issues/comments/*',
    '/repositories/*/issues/*/comments',
    '/repositories/*/pulls/comments',
    '/repositories/*/pulls/comments/*',
    '/repositories/*/pulls/*/comments',
  ]),
  operation('read files', 'contents:read', [
    '/repositories/*/git/ref/heads/**',
    '/repositories/*/git/commits/*',
    '/repositories/*/git/trees/*',
    '/repositories/*/git/blobs/*',
    '/repositories/*/contents/**',
  ]),
  {
    name: 'read wikis',
    access: 'read',
    scope: 'contents:read',
    // The one way to a wiki is git's own, beside the REST interface; it takes a token as a password alone.
    as: 'x-access-token',
    calls: ['GET /*/*.wiki.git/info/refs', 'POST /*/*.wiki.git/git-upload-pack'],
  },
  writing('create issues', 'POST', '/repositories/*/issues'),
  writing('update issues', 'PATCH', '/repositories/*/issues/*'),
  writing('add comments', 'POST', '/repositories/*/issues/*/comments'),
  writing('delete comments', 'DELETE', '/repositories/*/issues/comments/*'),
];
