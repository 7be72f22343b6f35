/** What a source says of when to come again. */
export interface Limited {
  /** ms since 1970; undefined where it does not say. */
  readonly at?: number;
}

/** No source is believed about a later time, in ms from now. */
const LATEST = 24 * 3_600_000;

/**
 * Whether a reply says "too many", and until when: 429, and 403 with `Retry-After` or with a spent budget, which is how GitHub says
 * it. `Retry-After` is seconds or a date (RFC 9110 §10.2.3); a date is read against the reply's own `Date`, so that a clock that is
 * off by hours asks for no more than it means.
 */
export const limitOf = (status: number, headers: Headers, now: number): Limited | undefined => {
  const after = headers.get('retry-after');
  const spent = headers.get('x-ratelimit-remaining') === '0';
  if (status !== 429 && !(status === 403 && (after !== null || spent))) return undefined;
  const at = atOf(after, headers, now) ?? (spent ? resetOf(headers, now) : undefined);
  return at === undefined ? {} : { at: Math.min(Math.max(at, now), now + LATEST) };
};

/** The instant of a `Retry-After` beside another failure; undefined where there is none. */
export const retryAfterOf = (headers: Headers, now: number): number | undefined => {
  const at = atOf(headers.get('retry-after'), headers, now);
  return at === undefined ? undefined : Math.min(Math.max(at, now), now + LATEST);
};

const atOf = (after: string | null, headers: Headers, now: number): number | undefined => {
  if (after === null) return undefined;
  if (/^\s*\d{1,9}\s*$/u.test(after)) return now + Number(after) * 1000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? undefined : now + at - theirNow(headers, now);
};

const resetOf = (headers: Headers, now: number): number | undefined => {
  const reset = headers.get('x-ratelimit-reset');
  if (reset === null || !/^\d{1,12}$/u.test(reset)) return undefined;
  return now + Number(reset) * 1000 - theirNow(headers, now);
};

const theirNow = (headers: Headers, now: number): number => {
  const said = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(said) ? now : said;
};
