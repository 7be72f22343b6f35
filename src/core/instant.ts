/** The first and the last ms, since 1970, that a time stands for. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const ISO = /^(?<day>\d{4}-\d{2}-\d{2})(?<time>T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/u;
const DAY_MS = 86_400_000;

/** What ISO 8601 means by a day in UTC, or by an instant with its zone; undefined for anything else. A day that no month has is none. */
export const spanOf = (text: string): Span | undefined => {
  const { day, time } = ISO.exec(text)?.groups ?? {};
  if (day === undefined) return undefined;
  const [from, midnight] = [Date.parse(text), Date.parse(day)];
  if (Number.isNaN(from) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  return { from, to: time === undefined ? from + DAY_MS - 1 : from };
};
