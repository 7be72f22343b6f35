import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import type { Access } from './access.ts';
import { type Repository, visibilityOf } from './replies.ts';
import type { Selection } from './repositories.ts';
import type { Settings } from './settings.ts';

/** A listing that broke off goes on where it was for so long, in ms: as long as what is gone may stay otherwise. */
const GOES_ON = 24 * 60 * 60_000;

/** The shape of a repository that was not read yet: no other is this. */
export const NEVER = '';

const repositoryState = z.strictObject({
  /** What all its documents say of it: where that differs they are read again. */
  shape: z.string(),
  issues: z.number().exactOptional(),
  comments: z.number().exactOptional(),
  reviews: z.number().exactOptional(),
  head: z.string().exactOptional(),
  wiki: z.string().exactOptional(),
});
export type RepositoryState = z.infer<typeof repositoryState>;

export const cursorSchema = z.strictObject({
  /** Of the settings: with others, what is stored is not what would be. */
  settings: z.string(),
  accounts: z.array(z.number()),
  groups: z.array(z.string()),
  repositories: z.record(z.string(), repositoryState),
  /** Of a whole listing that did not come to its end: when it began, in ms since 1970, and which repositories it has read. */
  listing: z.strictObject({ began: z.number(), read: z.array(z.number()) }).exactOptional(),
});
/** Where a run left off. */
export type Cursor = z.infer<typeof cursorSchema>;
export type GithubRun = Run<Settings, Cursor>;

/** What a run has learned so far. */
interface Reached {
  readonly selection: Selection;
  readonly access: Access | undefined;
  readonly states: ReadonlyMap<number, RepositoryState>;
}

export const cursorOf = ({ cursor, settings }: GithubRun, { selection, access, states }: Reached): Cursor => ({
  settings: digestOf(settings),
  accounts: [
    ...new Set([...(access?.people.keys() ?? []), ...(isEverybodyMet(selection, access) ? [] : (cursor?.accounts ?? []))]),
  ].toSorted((a, b) => a - b),
  groups: access ? [...access.groups.keys()] : (cursor?.groups ?? []),
  repositories: Object.fromEntries(states),
});

/** Whether whoever was met before and not now is gone: a repository that is not read now does not name those whom it alone would. */
export const isEverybodyMet = ({ dark, lost }: Selection, access: Access | undefined): boolean =>
  access?.everybody === true && dark.size === 0 && lost.length === 0;

/** The listing of a run that did not come to its end, where this one goes on with it: not where something that it read is gone. */
export const brokenOff = ({ cursor, settings, now }: GithubRun, { gone }: Selection): Cursor['listing'] => {
  const { listing } = cursor ?? {};
  if (!listing || cursor?.settings !== digestOf(settings) || now().getTime() - listing.began >= GOES_ON) return undefined;
  return listing.read.some((id) => gone.includes(id)) ? undefined : listing;
};

/** What is known of each repository in the middle of a listing: of those it did not come to, what was known before. */
export const statesSoFar = (
  { cursor }: GithubRun,
  { repositories }: Selection,
  states: ReadonlyMap<number, RepositoryState>,
): ReadonlyMap<number, RepositoryState> => {
  const all = new Map(states);
  for (const { id } of repositories) if (!all.has(id)) remember(all, id, cursor?.repositories[id]);
  return all;
};

export const remember = (states: Map<number, RepositoryState>, id: number, state: RepositoryState | undefined): void => {
  if (state) states.set(id, state);
};

/** What of a repository stands in every document of it, or decides which there are or who may see them. */
export const shapeOf = (repository: Repository): string => {
  const { full_name, html_url, default_branch, has_issues, has_wiki, archived } = repository;
  return [full_name, html_url, default_branch, has_issues, has_wiki, visibilityOf(repository), archived].join(' ');
};

/** Of what the settings say of documents: secrets say nothing in JSON. */
export const digestOf = (settings: Settings): string => {
  const { people: _people, profile_emails: _emails, token: _token, app: _app, webhook_secret: _secret, ...rest } = settings;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
};
