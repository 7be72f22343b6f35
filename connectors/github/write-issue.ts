import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { type Aim, defineWrite, type Receipt } from '../../src/core/write.ts';
import { askAll, askOne, type Caller, isRefusal } from './api.ts';
import { issueKey, namedBy, repositoryKey } from './map.ts';
import { askFor, ISSUE, type Issue, type Repository, REPOSITORY, understood, visibilityOf } from './replies.ts';
import { isMeant } from './repositories.ts';
import type { Settings } from './settings.ts';
import { isAtLeast, rightOf, sendFor, writableRepository } from './write-calls.ts';
import { bodySchema, isMarked, labelsSchema, marked, mentionsIn, titleSchema } from './write-text.ts';

/** What is not there so long after it was sent will not be there any more, in ms; until then nobody knows. */
const ARRIVED_WITHIN = 5 * 60_000;
/** Clocks differ by less, in ms. */
export const SKEW = 5 * 60_000;

const createInput = z.strictObject({
  repository: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}\/[A-Za-z0-9._-]{1,100}$/u)
    .describe('With its owner: acme/handbook'),
  title: titleSchema,
  body: bodySchema.default(''),
  labels: labelsSchema.default([]),
});
type CreateInput = z.infer<typeof createInput>;

/** Opens an issue. Whoever may read a repository may do that; GitHub shows Castellan as its author. */
export const createIssue = defineWrite<Settings, CreateInput>({
  name: 'github.create_issue',
  title: 'Create an issue',
  description: 'Opens an issue in a repository. It is shown as written by Castellan.',
  input: createInput,
  on: 'source',
  operations: ['list repositories', 'read who may see a repository', 'read issues', 'create issues'],
  mayWrite: async ({ input }, run, as) => {
    const repository = await repositoryNamed(run, input.repository);
    return repository !== undefined && isAtLeast(await rightOf(run, repository, as), needsToOpen(input));
  },
  preview: async ({ input }, run) => {
    const repository = await writable(run, input.repository);
    return {
      target: `a new issue in ${repository.full_name}`,
      revision: shapeOf(repository),
      changes: [
        { field: 'title', after: input.title },
        ...(input.body === '' ? [] : [{ field: 'body', after: input.body }]),
        ...(input.labels.length === 0 ? [] : [{ field: 'labels', after: shown(input.labels) }]),
      ],
      audience: audienceOf(repositoryKey(repository.id), repository),
      warnings: [...noteOf(repository), ...mentionsIn(`${input.title}\n${input.body}`, repository)],
    };
  },
  commit: async ({ input }, run, as, { intent }) => {
    const repository = await writable(run, input.repository);
    if (shapeOf(repository) !== intent.revision) throw moved();
    await mustHave(run, repository, as, needsToOpen(input));
    const issue = await sendFor(run, ISSUE, {
      what: `a new issue in ${repository.full_name}`,
      method: 'POST',
      path: path`/repositories/${repository.id}/issues`,
      body: { title: input.title, body: marked(input.body, intent.id), ...(input.labels.length > 0 && { labels: input.labels }) },
    });
    return receiptOf(repository, issue);
  },
  settle: async ({ input }, run, _, { id, at }) => {
    const repository = await repositoryNamed(run, input.repository);
    if (!repository) return 'uncertain';
    const since = new Date(at.getTime() - SKEW).toISOString().replace(/\.\d+Z$/u, 'Z');
    const query = { state: 'all', since, sort: 'created', direction: 'desc' };
    const all = await askAll(run, { what: 'the new issues', path: path`/repositories/${repository.id}/issues`, query });
    if (isRefusal(all)) throw all.refused;
    for (const reply of all) {
      const issue = understood(run, ISSUE, reply);
      if (issue instanceof AppError) continue;
      if (isMarked(issue.body, id)) return receiptOf(repository, issue);
    }
    return notArrived(run, at);
  },
});

export interface Found {
  readonly repository: Repository;
  readonly issue: Issue;
}

/** Of what is not there: it never will be. Rejects while it may still be on its way, so that somebody asks again. */
export const notArrived = ({ now }: Pick<Run<Settings, never>, 'now'>, at: Date): 'absent' => {
  if (now().getTime() - at.getTime() > ARRIVED_WITHIN) return 'absent';
  throw new AppError('source_unavailable', 'GitHub has not heard of it, and may yet. Ask again in some minutes.');
};

/** The issue a key names, as it is now; undefined where it is not there, or not read by this source. */
export const issueAt = async ({ key = '' }: Aim, run: Caller): Promise<Found | undefined> => {
  const named = namedBy(key);
  if (named?.kind !== 'issue') return undefined;
  const repository = await writableRepository(run, named.repository);
  if (!repository) return undefined;
  const issue = await askFor(run, ISSUE, {
    what: 'the issue',
    path: path`/repositories/${repository.id}/issues/${named.number}`,
  });
  if (!isRefusal(issue)) return issue.number === named.number ? { repository, issue } : undefined;
  if ([301, 404, 410].includes(issue.status)) return undefined;
  throw issue.refused;
};

export const existing = async (aim: Aim, run: Caller): Promise<Found> => {
  const found = await issueAt(aim, run);
  if (!found) throw new AppError('not_found', 'GitHub does not have this issue any more.');
  if (found.repository.archived) throw archived(found.repository);
  return found;
};

/** By its name, also by one it had before. */
const repositoryNamed = async (run: Caller & { readonly settings: Settings }, name: string): Promise<Repository | undefined> => {
  const [owner = '', own = ''] = name.split('/');
  const answer = await askOne(run, { what: name, path: path`/repos/${owner}/${own}`, follow: true });
  if (isRefusal(answer)) {
    if (answer.status === 404) return undefined;
    throw answer.refused;
  }
  const repository = understood(run, REPOSITORY, answer.reply);
  if (repository instanceof AppError) throw repository;
  return isMeant(run.settings, repository) ? repository : undefined;
};

const writable = async (run: Caller, name: string): Promise<Repository> => {
  const repository = await repositoryNamed(run, name);
  if (!repository) throw new AppError('not_found', `There is no repository ${name} in this source. Name one that is.`);
  if (repository.archived) throw archived(repository);
  if (!repository.has_issues) throw new AppError('invalid_input', `${repository.full_name} has its issues switched off.`);
  return repository;
};

const mustHave = async (run: Caller, repository: Repository, as: Account, least: 'read' | 'triage'): Promise<void> => {
  if (!isAtLeast(await rightOf(run, repository, as), least)) throw notAllowed();
};

/** GitHub drops the labels of whoever may not triage without a word; so they are asked for. */
const needsToOpen = ({ labels }: CreateInput): 'read' | 'triage' => (labels.length > 0 ? 'triage' : 'read');

export const receiptOf = (repository: Repository, issue: Issue): Receipt => ({
  key: issueKey(repository.id, issue.number),
  url: issue.html_url,
  after: revisionOf(repository, issue),
  undo: {
    action: 'github.update_issue',
    aim: { key: issueKey(repository.id, issue.number), input: { state: 'closed' } },
    revision: revisionOf(repository, issue),
  },
});

/** GitHub counts no revisions: this is of all that a write rests on, its audience too. */
export const revisionOf = (repository: Repository, issue: Issue): string =>
  digestOf([shapeOf(repository), issue.title, issue.body, issue.state, issue.locked ?? false, labelsOf(issue), issue.updated_at]);

/** Who may read a repository hangs on these. */
export const shapeOf = (repository: Repository): string =>
  digestOf([repository.id, repository.full_name, visibilityOf(repository), repository.archived]);

const digestOf = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

export const labelsOf = ({ labels }: Issue): string[] =>
  labels.flatMap((label) => (typeof label === 'string' ? label : (label.name ?? []))).toSorted();
export const shown = (labels: readonly string[]): string => [...new Set(labels)].toSorted().join(', ');
export const named = ({ number, pull_request }: Issue): string => `${pull_request ? 'pull request' : 'issue'} #${number}`;

export const audienceOf = (key: string, { full_name }: Repository): Acl => ({
  terms: [{ allow: [`audience:${key}`], deny: [], from: `repository ${full_name}` }],
});

export const noteOf = (repository: Repository): string[] => [
  'GitHub shows Castellan as its author.',
  ...(visibilityOf(repository) === 'public' ? [`Everybody on the internet can read ${repository.full_name}.`] : []),
];

const archived = ({ full_name }: Repository): AppError =>
  new AppError('invalid_input', `${full_name} is archived, and nothing can be written there.`);
export const moved = (): AppError => new AppError('conflict', 'It is not what it was when this was proposed. Propose it again.');
export const notAllowed = (): AppError =>
  new AppError('forbidden', 'GitHub does not let this person write there. Ask somebody who may.');
