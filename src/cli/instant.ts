import { AppError } from '../core/errors.ts';

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;
const AGO = /^(?<many>\d{1,6})(?<unit>[dhm])$/u;
const ISO = /^(?<day>\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/u;

/**
 * Reads a time as somebody types it, as ms since 1970: a day (its beginning in UTC), an instant with its zone, or how long ago.
 * Throws `invalid_input` for what is none, naming the option it was given for.
 */
export const instantOf = (text: string, option: string, now: number): number => {
  const at = ago(text, now) ?? iso(text);
  if (at !== undefined) return at;
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  throw new AppError(
    'invalid_input',
    `${shown} is no time for ${option}. Give a day (2026-03-01), an instant (2026-03-01T12:00:00Z), or how long ago (3d, 12h, 30m).`,
  );
};

const ago = (text: string, now: number): number | undefined => {
  const { many, unit } = AGO.exec(text)?.groups ?? {};
  return many !== undefined && (unit === 'd' || unit === 'h' || unit === 'm') ? now - Number(many) * UNITS[unit] : undefined;
};

/** A day that no month has is none: it is not read as one of the next month. */
const iso = (text: string): number | undefined => {
  const day = ISO.exec(text)?.groups?.['day'];
  if (day === undefined) return undefined;
  const [at, midnight] = [Date.parse(text), Date.parse(`${day}T00:00:00Z`)];
  return Number.isNaN(at) || Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day) ? undefined : at;
};
