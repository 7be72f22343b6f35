import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Settings } from './settings.ts';

/** What GitHub gives at most at once. */
const PER_PAGE = 100;
/** Pages of one list: a million entries. What is longer, or never ends, is refused. */
const PAGES_MAX = 10_000;

/** The version of the interface that its replies are understood by. */
export const VERSION = { 'x-github-api-version': '2022-11-28' } as const;

/** What every call needs of its run. */
export type Caller = Pick<Run<Settings, unknown>, 'source' | 'settings' | 'fetch' | 'notice' | 'now' | 'signal'>;

/** What is asked for, in words: for errors. */
export interface Question {
  readonly what: string;
  /** Below the address of the settings. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** Follow it where it went, by GitHub's own word. */
  readonly follow?: true;
}

/** GitHub did not give what was asked for, or not in a form that is known: why, and with which status. */
export interface Refusal {
  readonly refused: AppError;
  readonly status: number;
}

export const isRefusal = (answer: object): answer is Refusal => 'refused' in answer && answer.refused instanceof AppError;

/** What was not given: here and now, and not the end of a run. */
const refusalOf = (message: string, status = 200): Refusal => ({
  refused: new AppError(status === 200 ? 'source_changed' : 'source_rejected', message),
  status,
});

/**
 * One call, signed in by `fetch`. Whatever is no success is a refusal; so is one that GitHub answered only in part, since the
 * token is not let in everywhere.
 */
export const ask = async ({ settings, fetch }: Caller, question: Question): Promise<Response | Refusal> => {
  const { what, path, query = {}, accept = 'application/vnd.github+json', follow } = question;
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${settings.url}${path}${search && `?${search}`}`, {
    headers: { accept, 'user-agent': 'castellan', ...VERSION },
    redirect: follow ? 'follow' : 'manual',
  });
  const sso = response.headers.get('x-github-sso');
  if (response.status === 200 && sso === null) return response;
  await response.body?.cancel();
  const remedy =
    sso === null
      ? (REMEDIES[response.status] ?? '')
      : ' The organisation wants the token authorised for its single sign-on: do that at GitHub, in the settings of the token.';
  return refusalOf(`GitHub did not give ${what} (${response.status}).${remedy}`, sso === null ? response.status : 403);
};

const NO_RIGHT = ' Either it is gone, or what Castellan signs in with lacks a permission: see the connector’s page.';
const REMEDIES: Readonly<Record<number, string>> = {
  302: ' What Castellan signs in with must be a member of the organisation to see its members.',
  403: NO_RIGHT,
  404: NO_RIGHT,
};

/** One call, and its reply as JSON. */
export const askOne = async (caller: Caller, question: Question): Promise<{ readonly reply: unknown } | Refusal> => {
  const response = await ask(caller, question);
  return isRefusal(response) ? response : jsonOf(response, question.what);
};

const jsonOf = async (response: Response, what: string): Promise<{ readonly reply: unknown } | Refusal> => {
  const written = await response.text();
  try {
    return { reply: JSON.parse(written) };
  } catch {
    return refusalOf(`GitHub answered with what is no JSON where ${what} should be.`);
  }
};

/** All entries of a list, or nothing of it. A page that is not the next one is a refusal. */
export const askAll = async (caller: Caller, question: Question): Promise<readonly unknown[] | Refusal> => {
  const all: unknown[] = [];
  let place: Place = { page: 1 };
  const been = new Set<string>();
  while (been.size < PAGES_MAX) {
    been.add(JSON.stringify(place));
    const page = await askPage(caller, question, place);
    if (isRefusal(page)) return page;
    all.push(...page.entries);
    if (!page.next) return all;
    const next = placeAfter(place, page.next);
    if (!next || been.has(JSON.stringify(next))) return refusalOf(`The pages of ${question.what} do not follow one another.`);
    place = next;
  }
  return refusalOf(`GitHub gave more than ${PAGES_MAX} pages of ${question.what}.`);
};

/**
 * Pages of a list that changes while it is read: by the time of the last change, oldest first, from `since` on (in seconds). Each
 * page begins where the last one ended in time, not in number, so that nothing is passed over when an entry moves or goes; what
 * comes twice is left out. The end is a refusal where the list was not read whole.
 */
export async function* askSince(
  caller: Caller,
  question: Question,
  from: number | undefined,
): AsyncGenerator<readonly unknown[], Refusal | undefined> {
  const { what } = question;
  const seen = new Set<string>();
  let since = from;
  let place: Place = { page: 1 };
  for (let asked = 0; asked < PAGES_MAX; asked += 1) {
    const query = {
      ...question.query,
      sort: 'updated',
      direction: 'asc',
      ...(since !== undefined && { since: instant(since) }),
    };
    const page = await askPage(caller, { ...question, query }, place);
    if (isRefusal(page)) return page;
    const { entries, next } = page;
    const marks = entries.map((entry) => MARK.safeParse(entry).data);
    if (!ascending(marks, since)) return refusalOf(`GitHub gave ${what} in another order than was asked for.`);
    yield entries.filter((_, index) => isNew(seen, marks[index]));
    if (!next && entries.length < PER_PAGE) return undefined;
    const last = marks.findLast((mark) => mark !== undefined)?.updated_at;
    if (last !== undefined && last > (since ?? -1)) {
      since = last;
      place = { page: 1 };
      continue;
    }
    if (!next) return undefined;
    const after = placeAfter(place, next);
    if (!after || entries.length === 0) return refusalOf(`The pages of ${what} do not follow one another.`);
    place = after;
  }
  return refusalOf(`GitHub gave more than ${PAGES_MAX} pages of ${what}.`);
}

/** A time as GitHub writes it, in seconds since 1970. */
export const instantSchema = z.iso.datetime({ offset: true }).transform((written) => Math.floor(Date.parse(written) / 1000));
const MARK = z.object({ id: z.number(), updated_at: instantSchema });
type Mark = z.infer<typeof MARK> | undefined;

/** An entry without a mark is told by whoever reads it; it is never taken for one that was seen. */
const isNew = (seen: Set<string>, mark: Mark): boolean => {
  const text = mark && `${mark.id} ${mark.updated_at}`;
  if (text === undefined) return true;
  const before = seen.size;
  return seen.add(text).size > before;
};

const ascending = (marks: readonly Mark[], since: number | undefined): boolean => {
  let at = since ?? -Infinity;
  for (const mark of marks) {
    if (mark === undefined) continue;
    if (mark.updated_at < at) return false;
    at = mark.updated_at;
  }
  return true;
};

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** Where in a list a page stands. */
interface Place {
  readonly page: number;
  readonly after?: string;
}

interface Page {
  readonly entries: readonly unknown[];
  /** What GitHub says of the next one. */
  readonly next: URLSearchParams | undefined;
}

const askPage = async (caller: Caller, question: Question, { page, after }: Place): Promise<Page | Refusal> => {
  const response = await ask(caller, {
    ...question,
    query: {
      ...question.query,
      per_page: String(PER_PAGE),
      ...(page > 1 && { page: String(page) }),
      ...(after !== undefined && { after }),
    },
  });
  if (isRefusal(response)) return response;
  const answer = await jsonOf(response, question.what);
  if (isRefusal(answer)) return answer;
  if (!Array.isArray(answer.reply)) return refusalOf(`GitHub answered with no list where ${question.what} should be.`);
  return { entries: answer.reply, next: nextOf(response.headers.get('link') ?? '') };
};

/**
 * What a `Link` header (RFC 8288) says of the next page. Its address is never gone to: GitHub writes another path there than was
 * asked, and only what it says of the place in the list is taken.
 */
const nextOf = (link: string): URLSearchParams | undefined => {
  const [, address] = /<([^<>]*)>\s*;[^<]*\brel="?next"?/u.exec(link) ?? [];
  return address === undefined
    ? undefined
    : (URL.parse(address, 'https://github.invalid')?.searchParams ?? new URLSearchParams());
};

/** The next place, where it is the next one; undefined where it is any other. */
const placeAfter = ({ page }: Place, next: URLSearchParams): Place | undefined => {
  const after = next.get('after');
  const said = next.get('page');
  if (said === null && after === null) return undefined;
  if (said !== null && said !== String(page + 1)) return undefined;
  return { page: page + 1, ...(after !== null && { after }) };
};
