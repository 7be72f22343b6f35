import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change, Members } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Member } from '../../src/core/principal.ts';
import { type Input, openInput } from './api.ts';
import { type AccountFact, type GroupFact, type ItemFact, WHOLE } from './fold.ts';
import { accountOf } from './map.ts';
import { readDocument } from './read.ts';
import { type Cursor, cursorSchema, documentStanding, isDocument, lookUp, type Read, type Survey, surveyed } from './standing.ts';

/** Members yielded at once. */
const PAGE = 10_000;

/** The path that means standard input. */
const STANDARD_INPUT = '-';

const settingsSchema = z.strictObject({ path: z.string().min(1) });
type Settings = z.infer<typeof settingsSchema>;

/** Bring your own data: a file of changes, one JSON object a line. */
export const jsonl = defineConnector<Settings, Cursor>({
  name: 'jsonl',
  title: 'JSON lines',
  settings: settingsSchema,
  cursor: cursorSchema,
  operations: [],
  hosts: () => [],
  watches: ({ path }, folder) => (path === STANDARD_INPUT ? [] : [{ path: resolve(folder, path) }]),
  readsStandardInput: ({ path }) => path === STANDARD_INPUT,
  async *sync(run) {
    const { path } = run.settings;
    const input = await openInput(run, path === STANDARD_INPUT ? givenTo(run) : path);
    try {
      const found = await survey(run, input);
      if (path === STANDARD_INPUT) assertWhole(found, run);
      yield* changesOf(found, input, run.signal);
    } finally {
      await input.close();
    }
  },
  read: readDocument(({ path }) => path !== STANDARD_INPUT),
});

/** The file that standard input was read into. */
const givenTo = ({ input, source }: Run<Settings, Cursor>): string => {
  if (input !== undefined) return input;
  throw new AppError('config', `sources.${source} is read from standard input, and only by: castellan sync ${source}`);
};

/** A pipe whose writer died ends like any other. What it had still to say may have closed something, so nothing is believed. */
const assertWhole = ({ fold, lastLine }: Survey, { source }: Run<Settings, Cursor>): void => {
  const whole = fold.completed.size === 1 && fold.completed.has(WHOLE); // it covers those before it, and none came after it
  if (whole && fold.lastComplete === lastLine) return;
  throw new AppError(
    'source_rejected',
    'Standard input does not end by completing a whole listing, so it may have been cut off and nothing was changed. ' +
      `Let its writer begin with {"type":"listing"} and end with {"type":"complete"}, then: castellan sync ${source}`,
  );
};

/** The first pass. The second yields what it found to stand, line by line. */
const survey = async (run: Run<Settings, Cursor>, input: Input): Promise<Survey> => {
  const { due, settings } = run;
  const cursor = settings.path === STANDARD_INPUT ? undefined : run.cursor; // what was piped before is no beginning of it
  const known = cursor && (await input.resume(cursor.offset, cursor.sha256));
  const whole = known !== undefined && cursor?.whole === true;
  const fromTheBeginning = (): Promise<Survey> => surveyed(input, { offset: 0, number: 1 }, createHash('sha256'), whole);

  // Only of a whole file can be said that all before its appended lines still stands.
  if (!known || !cursor.whole || !cursor.done || due.listing) return fromTheBeginning();
  const appended = await surveyed(input, known, known.digest, whole);
  const { lastDelete, lastComplete, troubles } = appended.fold;
  if (lastDelete === 0 && lastComplete === 0 && troubles.length === 0) return appended;
  // These reach what was stated before: only the whole file knows what that is.
  const all = await fromTheBeginning();
  const reaches = troubles.length > 0 || Math.max(lastComplete, all.fold.lastMove) >= known.number;
  return reaches ? all : { ...all, since: known.number };
};

async function* changesOf({ fold, since, cursor }: Survey, input: Input, signal: AbortSignal): AsyncGenerator<Change<Cursor>> {
  await input.verify(cursor.sha256);
  const { troubles, uncounted } = fold;
  const listings = since === 1 && uncounted === 0 && troubles.every(({ key }) => key !== undefined) ? [...fold.completed] : [];
  const read = lookUp(input, signal);
  const readAcl = lookUp(input, signal); // acls stated later stand elsewhere: two places are read at once

  // From here on the index may hold what this file says: should it be another one next time, that must be known.
  yield { type: 'checkpoint', cursor };
  for (const of of listings) yield { type: 'listing', ...named(of) };
  for (const { message, key } of troubles)
    yield { type: 'problem', error: new Error(message), ...(key === undefined ? {} : { key }) };
  if (uncounted > 0) yield { type: 'problem', error: new Error(`and ${uncounted} more lines that could not be read`) };
  // Before anything that may have come back under the same key, or moved away from below it.
  for (const [key, line] of fold.gone) if (line >= since) yield { type: 'delete', key };
  for (const [id, fact] of news(fold.accounts, since)) {
    const account = await accountStanding(id, fact, read);
    if (account) yield { type: 'account', account };
  }
  for (const [group, fact] of news(fold.groups, since)) yield* pagesOf(group, await membersStanding(fact, read));
  const items = news(fold.items, since);
  for (const [key, item] of items) if (!isDocument(item, since)) yield await containerOrAcl(key, item, since, read);
  for (const [, item] of items) if (isDocument(item, since)) yield await documentStanding(item, read, readAcl);
  await input.verify(cursor.sha256);
  for (const of of listings.toReversed()) yield { type: 'complete', ...named(of) };
  if (troubles.length > 0) return;
  // Last: until all that is new is in, what was before does not still stand.
  if (since > 1) yield { type: 'unchanged' };
  const done = fold.groups.values().every(({ open }) => !open);
  yield { type: 'checkpoint', cursor: { ...cursor, whole: cursor.whole || listings.includes(WHOLE), done } };
}

/** In the order of the lines that stand, so that the file is read forwards. */
const news = <Fact extends { readonly line: number }>(facts: ReadonlyMap<string, Fact>, since: number): [string, Fact][] =>
  [...facts].filter(([, { line }]) => line >= since).toSorted(([, a], [, b]) => a.line - b.line);

/** An account that left, or that cannot be read, is inactive; of the latter nothing can be said without any of its e-mails. */
const accountStanding = async (id: string, { ref, left, unreadable }: AccountFact, read: Read): Promise<Account | undefined> => {
  const known: Account | undefined = ref && accountOf(await read(ref, 'account'));
  if (!unreadable) return known && left ? { ...known, active: false } : known;
  const emails = [...new Set([...(known?.emails ?? []), ...unreadable])];
  return emails.length === 0 ? undefined : { id, ...known, emails, active: false, kind: 'guest' };
};

const membersStanding = async ({ pages, open, unknown }: GroupFact, read: Read): Promise<Members> => {
  if (unknown !== undefined || open) return { unknown: unknown ?? 'its listing has not ended' };
  const members: Member[][] = [];
  for (const page of pages) {
    const { members: listed } = await read(page, 'members');
    if (!('unknown' in listed)) members.push(listed);
  }
  return members.flat();
};

function* pagesOf(group: string, members: Members): Generator<Change<Cursor>> {
  let rest = members;
  for (; !('unknown' in rest) && rest.length > PAGE; rest = rest.slice(PAGE)) {
    yield { type: 'members', group, members: rest.slice(0, PAGE), more: true };
  }
  yield { type: 'members', group, members: rest };
}

const containerOrAcl = async (key: string, item: ItemFact, since: number, read: Read): Promise<Change<Cursor>> => {
  const { dark, acl, body } = item;
  if (dark !== undefined) return { type: 'acl', key, acl: { unknown: dark } };
  const stated: Acl | undefined = acl && (await read(acl, 'acl')).acl;
  if (body?.type !== 'container' || body.number < since) return { type: 'acl', key, acl: stated ?? { unknown: 'not stated' } };
  const { title, parent, acl: own } = await read(body, 'container');
  return { type: 'container', key, title, acl: stated ?? own, ...(parent === undefined ? {} : { parent }) };
};

const named = (of: string): { of?: string } => (of === WHOLE ? {} : { of });
