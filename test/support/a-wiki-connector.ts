import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { type Connector, defineConnector, type Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Member, memberSchema } from '../../src/core/principal.ts';
import { jsonOf } from '../../src/core/reply-json.ts';
import { parseReply } from '../../src/core/reply.ts';

/** A mistake that a connector can be made with, for a contract to notice. */
export type Flaw =
  | 'it counts nothing'
  | 'a null names everybody'
  | 'no margin'
  | 'its own clock'
  | 'what cannot be read is passed over'
  | 'what cannot be read is not asked for again'
  | 'a circle is an end'
  | 'a reply that is none is an empty one'
  | 'a forbidden group is an empty one'
  | 'a cursor before the work';

const settingsSchema = z.strictObject({ url: z.url() });
const cursorSchema = z.strictObject({ since: z.string() });
export type WikiSettings = z.infer<typeof settingsSchema>;
type WikiRun = Run<WikiSettings, z.infer<typeof cursorSchema>>;

/** A writer may end so long after it began, in ms. */
const MARGIN = 2_000;
const PAGES_MAX = 1_000;
const TEXT_MAX = 1_000_000;

const listed = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable(), total: z.number() });
const personSchema = z.object({ id: z.string(), email: z.string(), active: z.boolean() });
const groupSchema = z.object({ name: z.string(), members: z.array(z.string()) });
const readersSchema = z.array(memberSchema);
const spaceSchema = z.object({ id: z.string(), title: z.string(), readers: readersSchema });
const pageSchema = z.object({
  id: z.string(),
  title: z.string(),
  space: z.string(),
  readers: readersSchema,
  updated_at: z.iso.datetime(),
  deleted: z.boolean().exactOptional(),
});
const textSchema = z.object({ id: z.string(), text: z.string() });

/** Reads a small wiki: whole once, then what changed since. */
export const wikiConnector = (flaw?: Flaw): Connector<WikiSettings, z.infer<typeof cursorSchema>> =>
  defineConnector({
    name: 'wiki',
    title: 'A small wiki',
    settings: settingsSchema,
    cursor: cursorSchema,
    operations: [
      { name: 'list', access: 'read', calls: ['GET /people', 'GET /groups', 'GET /spaces', 'GET /pages'] },
      { name: 'read a page', access: 'read', calls: ['GET /pages/*'] },
    ],
    hosts: ({ url }) => [new URL(url).host],
    sync: (run) => changesOf(run, flaw),
  });

async function* changesOf(run: WikiRun, flaw: Flaw | undefined): AsyncGenerator<Change<{ since: string }>> {
  const whole = run.cursor === undefined || run.due.listing;
  const since = whole ? undefined : run.cursor?.since;
  if (whole) yield { type: 'listing' };
  for await (const { id, email, active } of all(run, flaw, '/people', personSchema)) {
    yield { type: 'account', account: { id, emails: [email], active, kind: 'member' } };
  }
  for await (const { name, members } of all(run, flaw, '/groups', groupSchema)) {
    yield { type: 'members', group: name, members: members.map((id): Member => `user:${id}`) };
  }
  for await (const { id, title, readers } of all(run, flaw, '/spaces', spaceSchema)) {
    yield { type: 'container', key: `space-${id}`, title, acl: { terms: [{ allow: readers, deny: [], from: id }] } };
  }
  if (flaw === 'a cursor before the work') yield { type: 'checkpoint', cursor: { since: run.now().toISOString() } };
  const page = flaw === 'a null names everybody' ? pageSchema.extend({ readers: readersSchema.nullable() }) : pageSchema;
  let latest = since ?? '';
  let isWhole = true;
  for await (const { id, title, space, readers, updated_at: at, deleted } of all(run, flaw, '/pages', page, since)) {
    if (at > latest) latest = at;
    if (deleted) {
      yield { type: 'delete', key: id };
      continue;
    }
    const acl = aclOf(space, readers);
    const text = await textOf(run, id);
    if (typeof text === 'string') {
      const body = { kind: 'text', text, format: 'plain' } as const;
      const updatedAt = new Date(at);
      yield { type: 'document', document: { key: id, title, type: 'page', parent: `space-${space}`, updatedAt, acl, body } };
      continue;
    }
    if (flaw === 'what cannot be read is passed over') continue;
    if (flaw !== 'what cannot be read is not asked for again') isWhole = false;
    yield { type: 'acl', key: id, acl };
    yield { type: 'problem', key: id, error: text };
  }
  if (whole) yield { type: 'complete' };
  else yield { type: 'unchanged' };
  const from = flaw === 'its own clock' ? run.now().toISOString() : latest;
  const margin = flaw === 'no margin' ? 0 : MARGIN;
  if (isWhole && from !== '') yield { type: 'checkpoint', cursor: { since: new Date(Date.parse(from) - margin).toISOString() } };
}

const aclOf = (space: string, readers: readonly Member[] | null): Acl => {
  if (readers === null) return { terms: [{ allow: ['everyone'], deny: [], from: 'page' }] };
  return {
    terms: [
      readers.length > 0
        ? { allow: readers, deny: [], from: 'page' }
        : { allow: [`audience:space-${space}`], deny: [], from: space },
    ],
  };
};

/** All elements of a listing; fewer than the source counts are an error. */
async function* all<T extends z.ZodType>(
  run: WikiRun,
  flaw: Flaw | undefined,
  path: string,
  item: T,
  since?: string,
): AsyncGenerator<z.infer<T>> {
  const call = `GET ${path}`;
  const begin = since === undefined ? path : `${path}?since=${encodeURIComponent(since)}`;
  const asked = new Set<string>();
  let count = 0;
  for (let next: string | null = begin; next !== null;) {
    if (asked.has(next) || asked.size >= PAGES_MAX) {
      if (flaw === 'a circle is an end') return;
      throw new AppError('source_changed', `${call} leads in circles. It is asked again by the next run.`);
    }
    asked.add(next);
    const response = await run.fetch(new URL(next, run.settings.url));
    if (response.status !== 200) {
      await response.body?.cancel();
      if (flaw === 'a forbidden group is an empty one') return;
      throw new AppError('source_rejected', `${call} was refused (${response.status}). Let Castellan read all of the wiki.`);
    }
    const json = await jsonOf(response, call).catch((error: unknown) => {
      if (flaw === 'a reply that is none is an empty one') return { items: [], next: null, total: count };
      throw error;
    });
    const page: { items: unknown[]; next: string | null; total: number } = parseReply(listed(item), json, {
      call,
      notice: run.notice,
    });
    for (const element of page.items) {
      count += 1;
      yield item.parse(element);
    }
    next = page.next;
    if (next === null && count < page.total && flaw !== 'it counts nothing') {
      throw new AppError('source_changed', `${call} gave ${count} of ${page.total}. It is asked again by the next run.`);
    }
  }
}

/** A page's text, or why it cannot be had. */
const textOf = async (run: WikiRun, id: string): Promise<string | AppError> => {
  const call = 'GET /pages/*';
  const response = await run.fetch(new URL(`/pages/${encodeURIComponent(id)}`, run.settings.url));
  if (response.status !== 200) {
    await response.body?.cancel();
    return new AppError('source_rejected', `It was listed, and refused when it was read (${response.status}).`);
  }
  const { text } = parseReply(textSchema, await jsonOf(response, call), { call, notice: run.notice });
  return text.length <= TEXT_MAX ? text : new AppError('too_large', `It is longer than ${TEXT_MAX} characters.`);
};
