import { filter as testOf, type Filter, parse } from 'scim2-parse-filter';

import type { PushedKind } from '../../store/pushed.ts';
import { type Attribute, type Attributes, fitted, isAttributes, named, placeOf, refusal } from './schema.ts';

/** Providers ask with a few words. */
const LENGTH_MAX = 2000;
/** Of `(`, `[` and `not`: the parser calls itself for each. */
const DEPTH_MAX = 50;
// oxlint-disable-next-line no-control-regex -- the parser takes time without end for a text of many line ends
const CONTROL = /[\u0000-\u001f\u007f]/u;

/** What a filter asks of a resource. */
export interface Asked {
  /** Whether this resource, as it is shown, is one of those asked for. */
  readonly matches: (value: Attributes) => boolean;
  /** What attributes must equal for it to match, by name: for looking it up. */
  readonly equal: ReadonlyMap<string, string | boolean>;
}

/** Reads a filter over the resources of a kind. */
export const readFilter = (kind: PushedKind, text: string): Asked => {
  const parsed = prepared(parsedOf(text), (path) => {
    const place = placeOf(kind, path);
    if (!place) throw unknownAttribute(path);
    const { extension, attribute, sub } = place;
    const name = sub ? `${attribute.name}.${sub.name}` : attribute.name;
    return { path: extension === undefined ? name : `${extension}:${name}`, attribute: sub ?? attribute };
  });
  const test = testOf(parsed);
  return { matches: (value) => test(foldedResource(kind, value)), equal: new Map(equalities(parsed)) };
};

/** Reads the filter between the brackets of a path: over the values of one attribute. */
export const readValueFilter = (of: Attribute, text: string): Asked => {
  const parsed = prepared(parsedOf(text), (path) => {
    const attribute = named(of.subAttributes ?? [], path);
    if (!attribute) throw unknownAttribute(path);
    return { path: attribute.name, attribute };
  });
  const test = testOf(parsed);
  return { matches: (value) => test(folded(of, value)), equal: new Map(equalities(parsed)) };
};

const parsedOf = (text: string): Filter => {
  const depth = text.match(/[([]|\bnot\b/giu)?.length ?? 0;
  if (text.length > LENGTH_MAX || depth > DEPTH_MAX || CONTROL.test(text)) {
    throw refusal(
      400,
      'invalidFilter',
      `A filter has at most ${LENGTH_MAX} characters, ${DEPTH_MAX} brackets, and no line ends.`,
    );
  }
  try {
    return parse(text);
  } catch {
    throw refusal(400, 'invalidFilter', 'The filter cannot be read. RFC 7644, section 3.4.2.2, says how one is written.');
  }
};

const unknownAttribute = (path: string) => refusal(400, 'invalidFilter', `The filter names ${path}, which no resource here has.`);

type Resolve = (path: string) => { readonly path: string; readonly attribute: Attribute };

/** The filter with attributes by their own names, and values as they are compared. */
const prepared = (filter: Filter, resolve: Resolve): Filter => {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, filters: filter.filters.map((inner) => prepared(inner, resolve)) };
    case 'not':
      return { op: 'not', filter: prepared(filter.filter, resolve) };
    case '[]': {
      const { path, attribute } = resolve(filter.attrPath);
      return {
        op: '[]',
        attrPath: path,
        valFilter: prepared(filter.valFilter, (inner) => {
          const sub = named(attribute.subAttributes ?? [], inner);
          if (!sub) throw unknownAttribute(`${path}.${inner}`);
          return { path: sub.name, attribute: sub };
        }),
      };
    }
    case 'pr':
      return { op: 'pr', attrPath: resolve(filter.attrPath).path };
    default: {
      const { path, attribute } = resolve(filter.attrPath);
      const value = attribute.type === 'complex' ? named(attribute.subAttributes ?? [], 'value') : undefined;
      const compared = value ?? attribute;
      if (compared.type === 'complex') throw refusal(400, 'invalidFilter', `${path} is not one value. Name one below it.`);
      return {
        op: filter.op,
        attrPath: value ? `${path}.${value.name}` : path,
        compValue: comparable(folded(compared, fitted(compared, filter.compValue)), filter.compValue),
      };
    }
  }
};

type Compared = string | number | boolean | null;

const comparable = (value: unknown, written: Compared): Compared =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : written;

/** What of a filter must hold in any case. */
const equalities = (filter: Filter): readonly (readonly [string, string | boolean])[] => {
  if (filter.op === 'and') return filter.filters.flatMap(equalities);
  if (filter.op !== 'eq' || filter.compValue === null || typeof filter.compValue === 'number') return [];
  return [[filter.attrPath, filter.compValue]];
};

/** As it is compared: only where the schema says so does case count. */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase();

const foldedResource = (kind: PushedKind, value: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const attribute = placeOf(kind, key)?.attribute;
      if (attribute) return [key, folded(attribute, inner)];
      if (!isAttributes(inner)) return [key, inner];
      return [key, Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, foldedAt(kind, `${key}:${name}`, one)]))];
    }),
  );

const foldedAt = (kind: PushedKind, path: string, value: unknown): unknown => {
  const attribute = placeOf(kind, path)?.attribute;
  return attribute ? folded(attribute, value) : value;
};

const folded = (attribute: Attribute, value: unknown): unknown => {
  if (typeof value === 'string') return attribute.type === 'string' && attribute.config.caseExact !== true ? fold(value) : value;
  if (Array.isArray(value)) return value.map((one: unknown) => folded(attribute, one));
  if (!isAttributes(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const sub = named(attribute.subAttributes ?? [], name);
      return [name, sub ? folded(sub, inner) : inner];
    }),
  );
};
