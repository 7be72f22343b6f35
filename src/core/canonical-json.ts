import { AppError } from './errors.ts';

/** Nothing that is asked here is deeper; the bound keeps a hostile input from exhausting the stack. */
const DEPTH_MAX = 64;

/**
 * One text for one JSON value: no whitespace, members sorted by the UTF-16 code units of their names, strings and numbers as
 * ECMAScript writes them (RFC 8785; a lone surrogate is escaped). The audit chain is made of it: it can never change.
 */
export const canonicalJson = (value: unknown): string => write(value, 0) ?? 'null';

const write = (value: unknown, depth: number): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth === DEPTH_MAX) {
    throw new AppError('invalid_input', `The input is nested deeper than ${DEPTH_MAX} levels. Ask with less.`);
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${Array.from(value, (element) => write(element, depth + 1) ?? 'null').join(',')}]`;
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, member]) => {
      const text = write(member, depth + 1);
      return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
    });
  return `{${members.join(',')}}`;
};
