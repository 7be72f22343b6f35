import type { AsOfTime } from './parts.ts';

/** The time an answer is about, as it is printed. */
export const asOfTold = ({ at, version, rulesAt }: AsOfTime): string =>
  `  as of ${iso(at)}: version ${version}, ${rulesAt === undefined ? 'by the rules of now, since none were recorded by then' : `by the rules of ${iso(rulesAt)}`}; every permission counts as confirmed, and labels are not remembered`;

/** The same for machines; nothing where an answer is about now. */
export const asOfJson = (asOf: AsOfTime | undefined): object =>
  asOf
    ? {
        as_of: {
          at: iso(asOf.at),
          version: asOf.version,
          rules_recorded_at: asOf.rulesAt === undefined ? null : iso(asOf.rulesAt),
        },
      }
    : {};

const iso = (at: number): string => new Date(at).toISOString();
