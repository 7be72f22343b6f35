import type { Field, SourceDocument } from '../core/document.ts';
import { spanOf } from '../core/instant.ts';
import { type FieldKind, kindOf } from '../core/normalised.ts';
import { inert, inertLine } from './parse/inert.ts';

const NAME_MAX = 200;

/** The fields of a document as they are stored, and what of them was left out, in words. */
export interface StoredFields {
  readonly fields: Readonly<Record<string, Field>>;
  readonly left: readonly string[];
}

/**
 * Makes fields inert, which are shown beside the text and come from the same hands. A declared field holds a value of its kind, an
 * instant as `Date.toISOString` writes it, or null, or is left out: what is asked by a kind must not find what is of another.
 */
export const storedFields = ({ fields = {} }: Pick<SourceDocument, 'fields'>, hosts: ReadonlySet<string>): StoredFields => {
  const left: string[] = [];
  const kept = Object.entries(fields).flatMap(([given, value]): [string, Field][] => {
    const name = inertLine(given, hosts, NAME_MAX);
    const kind = kindOf(name);
    const stored = kind === undefined || value === null ? value : ofKind(kind, value);
    if (stored === undefined) left.push(`${name} should be ${IN_WORDS[kind ?? 'text']} and is not`);
    return stored === undefined ? [] : [[name, typeof stored === 'string' ? inert(stored, hosts).text : stored]];
  });
  return { fields: Object.fromEntries(kept), left };
};

const IN_WORDS: Readonly<Record<FieldKind, string>> = {
  text: 'text',
  number: 'a number',
  instant: 'a day or an instant with its zone, as ISO 8601 writes them,',
};

const ofKind = (kind: FieldKind, value: string | number | boolean): Field | undefined => {
  if (kind === 'number') return typeof value === 'number' ? value : undefined;
  if (typeof value !== 'string') return undefined;
  if (kind === 'text') return value;
  const span = spanOf(value);
  return span && new Date(span.from).toISOString();
};
