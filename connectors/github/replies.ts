import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { parseReply } from '../../src/core/reply.ts';
import { askOne, type Caller, instantSchema, isRefusal, type Question, type Refusal } from './api.ts';

/** A kind of thing GitHub replies with: what is read of it, and what else it is known to have. */
export interface Kind<T> {
  readonly call: string;
  readonly schema: z.ZodType<T>;
  readonly ignores: readonly string[];
}

/** Understands one of them. What is not as it should be is an error of that one alone. */
export const understood = <T>({ notice }: Pick<Caller, 'notice'>, kind: Kind<T>, reply: unknown): T | AppError => {
  try {
    return parseReply(kind.schema, reply, { call: kind.call, ignores: kind.ignores, notice });
  } catch (error) {
    if (error instanceof AppError && error.code === 'source_changed') return error;
    throw error;
  }
};

/** Asks for one of them. */
export const askFor = async <T extends object>(caller: Caller, kind: Kind<T>, question: Question): Promise<T | Refusal> => {
  const answer = await askOne(caller, question);
  if (isRefusal(answer)) return answer;
  const one = understood(caller, kind, answer.reply);
  return one instanceof AppError ? { refused: one, status: 200 } : one;
};

const words = (text: string): string[] => text.trim().split(/\s+/u);
/** Each of these below another field. */
const below = (field: string, names: readonly string[]): string[] => names.map((name) => `${field}.${name}`);

const USER =
  words(`node_id avatar_url gravatar_id url html_url followers_url following_url gists_url starred_url subscriptions_url
  organizations_url repos_url events_url received_events_url type site_admin user_view_type name email starred_at`);
/** GitHub itself takes 65,536 characters. What is much longer would be read for minutes, by nobody. */
const BODY_MAX = 1_000_000;
const id = z.int().min(1);
const instant = z.iso.datetime({ offset: true });

const userSchema = z.object({ id, login: z.string().min(1) });
export type User = z.infer<typeof userSchema>;

/** Somebody in a list of members. */
export const MEMBER: Kind<User> = { call: 'list members', schema: userSchema, ignores: [...USER, 'role', 'inherited'] };

const collaboratorSchema = z.object({ ...userSchema.shape, permissions: z.object({ pull: z.boolean() }) });
export const COLLABORATOR: Kind<z.infer<typeof collaboratorSchema>> = {
  call: 'read who may see a repository',
  schema: collaboratorSchema,
  ignores: [...USER, 'role_name', ...below('permissions', words('triage push maintain admin'))],
};

const teamSchema = z.object({ id, permission: z.string().min(1) });
export const TEAM: Kind<z.infer<typeof teamSchema>> = {
  call: 'read who may see a repository',
  schema: teamSchema,
  ignores: words(`node_id url html_url name slug description privacy notification_setting permissions members_url repositories_url
    parent members_count repos_count created_at updated_at organization type organization_id enterprise_id ldap_dn
    access_source organization_selection_type group_id group_name sync_to_organizations`),
};

const organisationSchema = z.object({
  id,
  login: z.string().min(1),
  /** Shown to owners alone. */
  default_repository_permission: z.enum(['none', 'read', 'write', 'admin']).nullish(),
});
export const ORGANISATION: Kind<z.infer<typeof organisationSchema>> = {
  call: 'read the organisation',
  schema: organisationSchema,
  ignores: words(`node_id url repos_url events_url hooks_url issues_url members_url public_members_url avatar_url description name
    company blog location email twitter_username is_verified has_organization_projects has_repository_projects public_repos
    public_gists followers following html_url type site_admin user_view_type created_at updated_at archived_at total_private_repos
    owned_private_repos private_gists disk_usage collaborators billing_email plan default_repository_settings
    members_can_create_repositories two_factor_requirement_enabled members_allowed_repository_creation_type
    members_can_create_public_repositories members_can_create_private_repositories members_can_create_internal_repositories
    members_can_create_pages members_can_create_public_pages members_can_create_private_pages members_can_fork_private_repositories
    members_can_delete_repositories members_can_change_repo_visibility members_can_invite_outside_collaborators
    members_can_delete_issues display_commenter_full_name_setting_enabled readers_can_create_discussions members_can_create_teams
    members_can_view_dependency_insights default_repository_branch web_commit_signoff_required deploy_keys_enabled_for_repositories
    advanced_security_enabled_for_new_repositories dependabot_alerts_enabled_for_new_repositories
    dependabot_security_updates_enabled_for_new_repositories dependency_graph_enabled_for_new_repositories
    secret_scanning_enabled_for_new_repositories secret_scanning_push_protection_enabled_for_new_repositories
    secret_scanning_push_protection_custom_link_enabled secret_scanning_push_protection_custom_link
    secret_scanning_validity_checks_enabled`),
};

const profileSchema = z.object({ id, email: z.email().nullable() });
export const PROFILE: Kind<z.infer<typeof profileSchema>> = {
  call: 'read profiles',
  schema: profileSchema,
  ignores: [
    ...USER,
    'login',
    ...words(`company blog location hireable bio twitter_username notification_email public_repos public_gists followers following
      created_at updated_at plan suspended_at private_gists total_private_repos owned_private_repos disk_usage collaborators
      two_factor_authentication business_plus ldap_dn`),
  ],
};

const repositorySchema = z
  .object({
    id,
    name: z.string().min(1),
    full_name: z.string().min(1),
    owner: z.object({ id, login: z.string().min(1), type: z.enum(['Organization', 'User']) }),
    private: z.boolean(),
    visibility: z.enum(['public', 'internal', 'private']).exactOptional(),
    html_url: z.url(),
    archived: z.boolean(),
    has_issues: z.boolean(),
    has_wiki: z.boolean(),
    default_branch: z.string().min(1),
  })
  // What contradicts itself is not believed where it would let everybody in.
  .refine((said) => !said.private || said.visibility !== 'public', {
    path: ['visibility'],
    error: 'is public, and the repository is private',
  });
export type Repository = z.infer<typeof repositorySchema>;
/** Who GitHub shows it to. Where it does not say, private is the narrowest of what it can be. */
export const visibilityOf = ({ visibility, private: isPrivate }: Repository): 'public' | 'internal' | 'private' =>
  visibility ?? (isPrivate ? 'private' : 'public');
export const REPOSITORY: Kind<Repository> = {
  call: 'list repositories',
  schema: repositorySchema,
  ignores: [
    ...words(`node_id description fork url forks_url keys_url collaborators_url teams_url hooks_url issue_events_url events_url
      assignees_url branches_url tags_url blobs_url git_tags_url git_refs_url trees_url statuses_url languages_url stargazers_url
      contributors_url subscribers_url subscription_url commits_url git_commits_url comments_url issue_comment_url contents_url
      compare_url merges_url archive_url downloads_url issues_url pulls_url milestones_url notifications_url labels_url releases_url
      deployments_url created_at updated_at pushed_at git_url ssh_url clone_url svn_url homepage size stargazers_count
      watchers_count language has_projects has_downloads has_pages has_discussions has_pull_requests
      pull_request_creation_policy forks_count mirror_url disabled open_issues_count license allow_forking is_template
      web_commit_signoff_required topics forks open_issues watchers permissions allow_rebase_merge allow_squash_merge
      allow_merge_commit allow_auto_merge delete_branch_on_merge allow_update_branch use_squash_pr_title_as_default
      squash_merge_commit_title squash_merge_commit_message merge_commit_title merge_commit_message role_name temp_clone_token
      custom_properties organization network_count subscribers_count security_and_analysis template_repository parent source
      master_branch anonymous_access_enabled code_of_conduct starred_at code_search_index_status`),
    ...below('owner', USER),
    ...below('owner', words('description hooks_url issues_url members_url public_members_url')),
  ],
};

/** Whether one in a list lacks what GitHub describes as said in any case only of one that is asked for by itself. */
export const isSparse = (reply: unknown): boolean =>
  typeof reply === 'object' &&
  reply !== null &&
  ['archived', 'default_branch', 'has_issues', 'has_wiki'].some((field) => !Object.hasOwn(reply, field));

const issueSchema = z.object({
  id,
  number: id,
  title: z.string(),
  body: z.string().max(BODY_MAX).nullable(),
  state: z.enum(['open', 'closed']),
  user: userSchema.nullable(),
  assignee: userSchema.nullable(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])),
  created_at: instant,
  updated_at: instant,
  closed_at: instant.nullable(),
  html_url: z.url(),
  pull_request: z.object({ merged_at: instant.nullish() }).exactOptional(),
  locked: z.boolean().exactOptional(),
});
export type Issue = z.infer<typeof issueSchema>;
export const ISSUE: Kind<Issue> = {
  call: 'read issues',
  schema: issueSchema,
  ignores: [
    ...words(`node_id url repository_url labels_url comments_url events_url state_reason active_lock_reason assignees
      milestone comments closed_by reactions timeline_url performed_via_github_app author_association draft repository body_html
      body_text type sub_issues_summary parent_issue_url issue_dependencies_summary issue_field_values pinned_comment`),
    ...below('user', USER),
    ...below('assignee', USER),
    ...below('labels[]', words('id node_id url description color default')),
    ...below('pull_request', words('url html_url diff_url patch_url')),
  ],
};

const commentSchema = z.object({
  id,
  body: z.string().max(BODY_MAX),
  user: userSchema.nullable(),
  created_at: instant,
  updated_at: instant,
  html_url: z.url(),
  issue_url: z.url().exactOptional(),
  pull_request_url: z.url().exactOptional(),
});
export type Comment = z.infer<typeof commentSchema>;
export const COMMENT: Kind<Comment> = {
  call: 'read comments',
  schema: commentSchema,
  ignores: [
    ...words(`node_id url author_association reactions performed_via_github_app body_html body_text diff_hunk path position
      original_position commit_id original_commit_id in_reply_to_id _links start_line original_start_line start_side line
      original_line side subject_type pull_request_review_id pin minimized`),
    ...below('user', USER),
  ],
};

/** Of old there were four; a server may name the two that came between them. */
const permissionSchema = z.object({
  permission: z.enum(['admin', 'maintain', 'write', 'triage', 'read', 'none']),
  user: userSchema.nullable(),
});
export const PERMISSION: Kind<z.infer<typeof permissionSchema>> = {
  call: 'read who may see a repository',
  schema: permissionSchema,
  ignores: ['role_name', ...below('user', [...USER, 'permissions', 'role_name'])],
};

const sha = z.string().regex(/^[0-9a-f]{40,64}$/u);
const refSchema = z.object({ object: z.object({ sha, type: z.literal('commit') }) });
export const REF: Kind<z.infer<typeof refSchema>> = {
  call: 'read files',
  schema: refSchema,
  ignores: ['ref', 'node_id', 'url', 'object.url'],
};

const commitSchema = z.object({ sha, tree: z.object({ sha }), committer: z.object({ date: instant }) });
export const COMMIT: Kind<z.infer<typeof commitSchema>> = {
  call: 'read files',
  schema: commitSchema,
  ignores: words('node_id url html_url author message parents verification tree.url committer.name committer.email'),
};

const treeSchema = z.object({ sha, truncated: z.boolean(), tree: z.array(z.unknown()) });
export const TREE: Kind<z.infer<typeof treeSchema>> = { call: 'read files', schema: treeSchema, ignores: ['url'] };

const entrySchema = z.object({
  path: z.string().min(1),
  mode: z.string(),
  type: z.enum(['blob', 'tree', 'commit']),
  sha,
  size: z.int().min(0).exactOptional(),
});
export type Entry = z.infer<typeof entrySchema>;
export const ENTRY: Kind<Entry> = { call: 'read files', schema: entrySchema, ignores: ['url'] };

const fileSchema = z.object({ type: z.string(), path: z.string(), sha, size: z.int().min(0) });
export const FILE: Kind<z.infer<typeof fileSchema>> = {
  call: 'read files',
  schema: fileSchema,
  ignores: words('name url git_url html_url download_url encoding content _links target submodule_git_url entries'),
};

/** Of what is not understood, at least what it is. */
export const idOf = (reply: unknown): number | undefined => z.object({ id }).safeParse(reply).data?.id;
export const numberOf = (reply: unknown): number | undefined => z.object({ number: id }).safeParse(reply).data?.number;
export const secondsOf = (written: string): number => instantSchema.parse(written);
