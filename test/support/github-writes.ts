import { allComments, allIssues, type Below, jsonSchema, NOT_FOUND, type Reply } from './github-lists.ts';
import { type RepositoryFacts, roleOf } from './github-world.ts';

const own = ({ owner, name }: RepositoryFacts): string => `/repos/${owner}/${name}`;
const ARCHIVED: Reply = { status: 403, body: { message: 'Repository was archived so is read-only.' } };
const NO_RIGHT: Reply = { status: 403, body: { message: 'Resource not accessible by integration' } };

/** Whatever writes: an archived repository takes nothing, and GitHub drops the labels of whoever may not triage. */
const writing =
  (write: Below): Below =>
  async (routing, call, repository, parts) => {
    const { archived } = jsonSchema.parse((await routing.emulated(own(repository))).body);
    if (archived === true) return ARCHIVED;
    return write(routing, call, repository, parts);
  };

const createIssue: Below = async (routing, call, repository) => {
  const { labels, ...given } = jsonSchema.parse(call.body);
  const mayLabel = roleOf(routing.world, call.login, repository) !== 'pull';
  const made = await routing.written('POST', `${own(repository)}/issues`, { ...given, ...(mayLabel && { labels }) });
  if (made.status !== 201) return made;
  const number = Number(jsonSchema.parse(made.body)['number']);
  repository.issueTimes.set(number, routing.tick());
  const issue = (await allIssues(routing, repository)).find((one) => one['number'] === number);
  return { status: 201, body: issue };
};

const updateIssue: Below = async (routing, call, repository, [number = '']) => {
  const before = (await allIssues(routing, repository)).find((one) => String(one['number']) === number);
  if (!before) return NOT_FOUND;
  if (roleOf(routing.world, call.login, repository) === 'pull') return NO_RIGHT;
  const made = await routing.written('PATCH', `${own(repository)}/issues/${number}`, call.body);
  if (made.status !== 200) return made;
  repository.issueTimes.set(Number(number), routing.tick());
  return { status: 200, body: (await allIssues(routing, repository)).find((one) => String(one['number']) === number) };
};

const addComment: Below = async (routing, call, repository, [number = '']) => {
  const of = (await allIssues(routing, repository)).find((one) => String(one['number']) === number);
  if (!of) return NOT_FOUND;
  const made = await routing.written('POST', `${own(repository)}/issues/${number}/comments`, call.body);
  if (made.status !== 201) return made;
  const id = Number(jsonSchema.parse(made.body)['id']);
  const at = routing.tick();
  repository.commentTimes.set(id, at);
  repository.issueTimes.set(Number(number), at);
  return { status: 201, body: (await allComments(routing, repository, 'issues')).find((one) => Number(one['id']) === id) };
};

const deleteComment: Below = async (routing, _, repository, [id = '']) =>
  routing.written('DELETE', `${own(repository)}/issues/comments/${id}`);

/** By method and what stands behind the repository. */
export const WRITES: readonly (readonly [RegExp, Below])[] = [
  [/^POST issues$/u, writing(createIssue)],
  [/^PATCH issues\/(\d+)$/u, writing(updateIssue)],
  [/^POST issues\/(\d+)\/comments$/u, writing(addComment)],
  [/^DELETE issues\/comments\/(\d+)$/u, writing(deleteComment)],
];
