import { z } from 'zod';

import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { defineWrite, type FieldChange, type Undo } from '../../src/core/write.ts';
import type { Caller } from './api.ts';
import { issueKey, repositoryKey } from './map.ts';
import { ISSUE, type Issue } from './replies.ts';
import type { Settings } from './settings.ts';
import { isAtLeast, rightOf, sendFor } from './write-calls.ts';
import {
  audienceOf,
  existing,
  type Found,
  issueAt,
  labelsOf,
  moved,
  named,
  notAllowed,
  notArrived,
  noteOf,
  receiptOf,
  revisionOf,
  shown,
} from './write-issue.ts';
import { bodySchema, isMarked, labelsSchema, marked, mentionsIn, titleSchema, unmarked } from './write-text.ts';

const updateInput = z
  .strictObject({
    title: titleSchema.exactOptional(),
    body: bodySchema.exactOptional(),
    state: z.enum(['open', 'closed']).exactOptional(),
    labels: labelsSchema.exactOptional().describe('All it is to have: others are taken off'),
  })
  .refine((given) => Object.keys(given).length > 0, { error: 'must name what is to change' });
type UpdateInput = z.infer<typeof updateInput>;

/** Changes an issue or a pull request. Its author may change its words and close it; labels and the rest are for whoever may triage. */
export const updateIssue = defineWrite<Settings, UpdateInput>({
  name: 'github.update_issue',
  title: 'Update an issue',
  description: 'Changes title, body, state or labels of an issue or pull request.',
  input: updateInput,
  on: 'document',
  operations: ['list repositories', 'read who may see a repository', 'read issues', 'update issues'],
  mayWrite: async (aim, run, as) => {
    const found = await issueAt(aim, run);
    return found !== undefined && mayUpdate(aim.input, found, run, as);
  },
  preview: async (aim, run) => {
    const { repository, issue } = await existing(aim, run);
    const changes = changesOf(aim.input, issue);
    if (changes.length === 0)
      throw new AppError('invalid_input', 'The issue is like that already. Propose something that changes it.');
    return {
      target: `${named(issue)} in ${repository.full_name}`,
      revision: revisionOf(repository, issue),
      changes,
      audience: audienceOf(repositoryKey(repository.id), repository),
      warnings: [...noteOf(repository), ...mentionsIn(`${aim.input.title ?? ''}\n${aim.input.body ?? ''}`, repository)],
    };
  },
  commit: async (aim, run, as, { intent }) => {
    const found = await existing(aim, run);
    const { repository, issue } = found;
    if (revisionOf(repository, issue) !== intent.revision) throw moved();
    if (!(await mayUpdate(aim.input, found, run, as))) throw notAllowed();
    const { body, ...rest } = aim.input;
    const after = await sendFor(run, ISSUE, {
      what: `${named(issue)} in ${repository.full_name}`,
      method: 'PATCH',
      path: path`/repositories/${repository.id}/issues/${issue.number}`,
      body: { ...rest, ...(body !== undefined && { body: marked(body, intent.id) }) },
    });
    return { ...receiptOf(repository, after), before: revisionOf(repository, issue), undo: undoOf(aim.input, found, after) };
  },
  settle: async (aim, run, _, intent) => {
    const found = await issueAt(aim, run);
    if (!found) return 'uncertain';
    const { repository, issue } = found;
    const now = revisionOf(repository, issue);
    if (now === intent.revision) return notArrived(run, intent.at);
    if (aim.input.body !== undefined && !isMarked(issue.body, intent.id)) return 'uncertain';
    if (changesOf(aim.input, issue).length > 0) return 'uncertain';
    return { ...receiptOf(repository, issue), ...(intent.revision !== undefined && { before: intent.revision }) };
  },
});

const mayUpdate = async (input: UpdateInput, { repository, issue }: Found, run: Caller, as: Account): Promise<boolean> => {
  const right = await rightOf(run, repository, as);
  if (isAtLeast(right, 'write')) return true;
  const isOwn = String(issue.user?.id) === as.id && isAtLeast(right, 'read');
  const words = input.title === undefined && input.body === undefined;
  if (isAtLeast(right, 'triage') && (words || isOwn)) return true;
  return isOwn && input.labels === undefined && input.state !== 'open';
};

const changesOf = ({ title, body, state, labels }: UpdateInput, issue: Issue): FieldChange[] => {
  const fields: readonly (readonly [string, string, string | undefined])[] = [
    ['title', issue.title, title],
    ['body', unmarked(issue.body), body],
    ['state', issue.state, state],
    ['labels', shown(labelsOf(issue)), labels && shown(labels)],
  ];
  return fields.flatMap(([field, before, after]) => (after === undefined || after === before ? [] : [{ field, before, after }]));
};

/** What takes an update back: what was there, of what was changed. */
const undoOf = (input: UpdateInput, { repository, issue }: Found, after: Issue): Undo => ({
  action: 'github.update_issue',
  aim: {
    key: issueKey(repository.id, issue.number),
    input: {
      ...(input.title !== undefined && { title: issue.title }),
      ...(input.body !== undefined && { body: unmarked(issue.body) }),
      ...(input.state !== undefined && { state: issue.state }),
      ...(input.labels !== undefined && { labels: labelsOf(issue) }),
    },
  },
  revision: revisionOf(repository, after),
});
