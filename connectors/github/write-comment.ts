import { createHash } from 'node:crypto';

import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { type Aim, defineWrite, type Receipt } from '../../src/core/write.ts';
import { askAll, type Caller, isRefusal } from './api.ts';
import { commentKey, issueKey, namedBy } from './map.ts';
import { askFor, COMMENT, type Comment, type Repository, understood } from './replies.ts';
import type { Settings } from './settings.ts';
import { isAtLeast, rightOf, send, sendFor, writableRepository } from './write-calls.ts';
import {
  SKEW,
  audienceOf,
  existing,
  type Found,
  issueAt,
  moved,
  notAllowed,
  notArrived,
  noteOf,
  shapeOf,
} from './write-issue.ts';
import { bodySchema, isMarked, marked, mentionsIn, unmarked } from './write-text.ts';

const nothing = z.strictObject({});
const addInput = z.strictObject({ body: bodySchema.min(1) });

/** Comments on an issue or pull request. */
export const addComment = defineWrite<Settings, z.infer<typeof addInput>>({
  name: 'github.add_comment',
  title: 'Comment on an issue',
  description: 'Adds a comment to an issue or pull request. It is shown as written by Castellan.',
  input: addInput,
  on: 'document',
  operations: ['list repositories', 'read who may see a repository', 'read issues', 'read comments', 'add comments'],
  mayWrite: async (aim, run, as) => {
    const found = await issueAt(aim, run);
    return found !== undefined && isAtLeast(await rightOf(run, found.repository, as), needsToComment(found));
  },
  preview: async (aim, run) => {
    const found = await existing(aim, run);
    const { repository, issue } = found;
    return {
      target: `a comment on #${issue.number} in ${repository.full_name}`,
      revision: placeOf(found),
      changes: [{ field: 'body', after: aim.input.body }],
      audience: audienceOf(issueKey(repository.id, issue.number), repository),
      warnings: [...noteOf(repository), ...mentionsIn(aim.input.body, repository)],
    };
  },
  commit: async (aim, run, as, { intent }) => {
    const found = await existing(aim, run);
    const { repository, issue } = found;
    if (placeOf(found) !== intent.revision) throw moved();
    if (!isAtLeast(await rightOf(run, repository, as), needsToComment(found))) throw notAllowed();
    const comment = await sendFor(run, COMMENT, {
      what: `a comment on #${issue.number} in ${repository.full_name}`,
      method: 'POST',
      path: path`/repositories/${repository.id}/issues/${issue.number}/comments`,
      body: { body: marked(aim.input.body, intent.id) },
    });
    return receiptOf(repository, comment);
  },
  settle: async (aim, run, _, { id, at }) => {
    const found = await issueAt(aim, run);
    if (!found) return 'uncertain';
    const { repository, issue } = found;
    const all = await askAll(run, {
      what: 'the comments',
      path: path`/repositories/${repository.id}/issues/${issue.number}/comments`,
      query: { since: new Date(at.getTime() - SKEW).toISOString().replace(/\.\d+Z$/u, 'Z') },
    });
    if (isRefusal(all)) throw all.refused;
    for (const reply of all) {
      const comment = understood(run, COMMENT, reply);
      if (!(comment instanceof AppError) && isMarked(comment.body, id)) return receiptOf(repository, comment);
    }
    return notArrived(run, at);
  },
});

/** Takes back a comment that Castellan wrote, while it is what it wrote. */
export const deleteComment = defineWrite<Settings, z.infer<typeof nothing>>({
  name: 'github.delete_comment',
  title: 'Take back a comment',
  description: 'Deletes a comment that Castellan wrote.',
  input: nothing,
  on: 'document',
  operations: ['list repositories', 'read who may see a repository', 'read comments', 'delete comments'],
  undoes: true,
  mayWrite: async (aim, run, as) => {
    const found = await commentAt(aim, run);
    return found !== undefined && isOurs(found.comment) && isAtLeast(await rightOf(run, found.repository, as), 'read');
  },
  preview: async (aim, run) => {
    const { repository, comment } = await ours(aim, run);
    return {
      target: `a comment in ${repository.full_name}`,
      revision: commentRevision(comment),
      changes: [{ field: 'body', before: unmarked(comment.body) }],
      audience: audienceOf(aim.key ?? '', repository),
      warnings: ['It cannot be brought back.'],
    };
  },
  commit: async (aim, run, as, { intent }) => {
    const { repository, comment } = await ours(aim, run);
    if (commentRevision(comment) !== intent.revision) throw moved();
    if (!isAtLeast(await rightOf(run, repository, as), 'read')) throw notAllowed();
    const response = await send(run, {
      what: `a comment in ${repository.full_name}`,
      method: 'DELETE',
      path: path`/repositories/${repository.id}/issues/comments/${comment.id}`,
    });
    await response.body?.cancel();
    return { key: aim.key ?? '', before: commentRevision(comment) };
  },
  settle: async (aim, run, _, { at, revision }) => {
    const found = await look(aim, run);
    if (found === 'unreached') return 'uncertain';
    // Also where somebody else took it: what was wanted is so.
    if (found === 'gone') return { key: aim.key ?? '', ...(revision !== undefined && { before: revision }) };
    return notArrived(run, at);
  },
});

/** Who may read what is below a locked issue may not write there. */
const needsToComment = ({ issue }: Found): 'read' | 'write' => (issue.locked === true ? 'write' : 'read');

/** Where a comment goes: what it is about, and who may read that. What else is said there meanwhile changes nothing. */
const placeOf = ({ repository, issue }: Found): string =>
  digestOf([shapeOf(repository), issue.number, issue.title, issue.state, issue.locked ?? false]);

interface FoundComment {
  readonly repository: Repository;
  readonly comment: Comment;
}

const commentAt = async (aim: Aim, run: Caller): Promise<FoundComment | undefined> => {
  const found = await look(aim, run);
  return typeof found === 'string' ? undefined : found;
};

/** The comment, that it is gone, or that this source does not reach it: then it may be there for others. */
const look = async ({ key = '' }: Aim, run: Caller): Promise<FoundComment | 'gone' | 'unreached'> => {
  const named = namedBy(key);
  if (named?.kind !== 'comment') return 'unreached';
  const repository = await writableRepository(run, named.repository);
  if (!repository) return 'unreached';
  const from = path`/repositories/${repository.id}/issues/comments/${named.number}`;
  const comment = await askFor(run, COMMENT, { what: 'the comment', path: from });
  if (!isRefusal(comment)) return comment.id === named.number ? { repository, comment } : 'unreached';
  if (comment.status === 301) return 'unreached'; // with its issue, it is in another repository
  if ([404, 410].includes(comment.status)) return 'gone';
  throw comment.refused;
};

const ours = async (aim: Aim, run: Caller): Promise<FoundComment> => {
  const found = await commentAt(aim, run);
  if (!found) throw new AppError('not_found', 'GitHub does not have this comment any more.');
  if (!isOurs(found.comment)) throw new AppError('forbidden', 'Castellan did not write this comment, so it does not delete it.');
  return found;
};

const isOurs = ({ body }: Comment): boolean => unmarked(body) !== body;

const commentRevision = ({ id, body, updated_at }: Comment): string => digestOf([id, body, updated_at]);

const digestOf = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const receiptOf = (repository: Repository, comment: Comment): Receipt => {
  const key = commentKey('comment', repository.id, comment.id);
  const revision = commentRevision(comment);
  return {
    key,
    url: comment.html_url,
    after: revision,
    undo: { action: 'github.delete_comment', aim: { key, input: {} }, revision },
  };
};
