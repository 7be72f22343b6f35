import type { Operation } from '../../src/core/connector.ts';

/** Every call, as it is named in the README. GitHub Enterprise Server has the same ones below `/api/v3`. */
const operation = (name: string, scope: string, paths: readonly string[]): Operation => ({
  name,
  access: 'read',
  scope,
  calls: paths.flatMap((path) => [`GET ${path}`, `GET /api/v3${path}`]),
});

/** What is asked of GitHub, and the fine-grained permission each call needs. */
export const OPERATIONS: readonly Operation[] = [
  operation('read the organisation', 'organization: administration (read)', ['/orgs/*']),
  operation('list members', 'organization: members (read)', ['/orgs/*/members', '/organizations/*/team/*/members']),
  operation('read profiles', 'none', ['/users/*']),
  operation('list repositories', 'repository: metadata (read)', ['/orgs/*/repos', '/repos/*/*', '/repositories/*']),
  operation('read who may see a repository', 'repository: metadata (read), administration (read)', [
    '/repositories/*/teams',
    '/repositories/*/collaborators',
    '/repositories/*/collaborators/*/permission',
  ]),
  operation('read issues', 'repository: issues (read), pull requests (read)', [
    '/repositories/*/issues',
    '/repositories/*/issues/*',
  ]),
  operation('read comments', 'repository: issues (read), pull requests (read)', [
    '/repositories/*/issues/comments/*',
    '/repositories/*/issues/*/comments',
    '/repositories/*/pulls/comments',
    '/repositories/*/pulls/comments/*',
    '/repositories/*/pulls/*/comments',
  ]),
  operation('read files', 'repository: contents (read)', [
    '/repositories/*/git/ref/heads/**',
    '/repositories/*/git/commits/*',
    '/repositories/*/git/trees/*',
    '/repositories/*/git/blobs/*',
    '/repositories/*/contents/**',
  ]),
];
