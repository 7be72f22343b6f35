import { z } from 'zod';

import type { PushedKind } from '../../store/pushed.ts';
import { type Asked, fold, readValueFilter } from './filter.ts';
import {
  type Attribute,
  type Attributes,
  extensionNamed,
  fitted,
  isAttributes,
  isReadOnly,
  type Place,
  placeOf,
  refusal,
} from './schema.ts';

const OPERATIONS_MAX = 1000;
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** `op` in any case: Entra writes it with a capital. */
const messageSchema = z.object({
  schemas: z.array(z.string()).refine((schemas) => schemas.includes(PATCH)),
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .toLowerCase()
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().nullish(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(OPERATIONS_MAX),
});

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path?: string;
  readonly value?: unknown;
}

/** Reads a PATCH message (RFC 7644, section 3.5.2). */
export const readPatch = (message: unknown): readonly Operation[] => {
  const { data } = messageSchema.safeParse(message);
  if (data) {
    return data.Operations.map(({ op, path, value }) => ({
      op: value === null ? 'remove' : op,
      ...(typeof path === 'string' && path !== '' ? { path } : {}),
      value: value ?? undefined,
    }));
  }
  throw refusal(
    400,
    'invalidSyntax',
    `A PATCH has the schema ${PATCH}, and 1 to ${OPERATIONS_MAX} Operations whose op is add, replace or remove.`,
  );
};

/** The attributes after these operations, one after the other. What one of them names and is not there is refused, never passed over. */
export const patched = (kind: PushedKind, value: Attributes, operations: readonly Operation[]): Attributes =>
  gathered(operations).reduce((now, operation) => applied(kind, now, operation), value);

/** One member, as providers choose them. */
const ONE_MEMBER = /^members\[\s*value\s+eq\s+"(?<id>[^"\\]+)"\s*\]$/iu;

/** Neighbours that add members, or take some out, as one: each alone would go through all members of a large group. */
const gathered = (operations: readonly Operation[]): readonly Operation[] => {
  const together: Operation[] = [];
  let values: unknown[] = [];
  for (const operation of operations) {
    const some = someMembers(operation);
    const last = together.at(-1);
    if (some && last && last.op === operation.op && last.value === values) {
      for (const value of some) values.push(value);
      continue;
    }
    values = some ? [...some] : [];
    together.push(some ? { op: operation.op, path: 'members', value: values } : operation);
  }
  return together;
};

/** The members that it adds or takes out, where it does only that. */
const someMembers = ({ op, path = '', value }: Operation): readonly unknown[] | undefined => {
  const id = op === 'remove' ? ONE_MEMBER.exec(path)?.groups?.['id'] : undefined;
  if (id !== undefined) return [{ value: id }];
  if (op === 'replace' || value === undefined || path.toLowerCase() !== 'members') return undefined;
  return Array.isArray(value) ? value : [value];
};

/** The attributes that a whole resource brings; what the schema does not know and what is not the client's to say is left out. */
export const filled = (kind: PushedKind, body: Attributes): Attributes =>
  patched(
    kind,
    {},
    operationsOf(kind, 'add', body).filter(({ path }) => placeOf(kind, path) !== undefined),
  );

/** One operation for each attribute: those of an extension stand below its URN. */
const operationsOf = (
  kind: PushedKind,
  op: Operation['op'],
  value: Attributes,
): readonly (Operation & { readonly path: string })[] =>
  Object.entries(value)
    .flatMap(([key, inner]) => {
      const extension = extensionNamed(kind, key);
      if (extension === undefined) return [setting(op, key, inner)];
      return isAttributes(inner) ? Object.entries(inner).map(([name, one]) => setting(op, `${extension}:${name}`, one)) : [];
    })
    .filter(({ path }) => !isReadOnlyAt(kind, path));

/** To set something to nothing is to take it out. */
const setting = (op: Operation['op'], path: string, value: unknown): Operation & { readonly path: string } => ({
  op: value === null ? 'remove' : op,
  path,
  value: value ?? undefined,
});

/** In a whole object ours are repeated as they were; only who names one of them alone wants to change it. */
const isReadOnlyAt = (kind: PushedKind, path: string): boolean => {
  const place = placeOf(kind, path);
  return place !== undefined && (isReadOnly(place.attribute) || place.attribute.name === 'schemas');
};

const applied = (kind: PushedKind, now: Attributes, { op, path, value }: Operation): Attributes => {
  if (path === undefined) {
    if (op === 'remove') throw refusal(400, 'noTarget', 'A remove says with path what goes.');
    if (!isAttributes(value)) throw refusal(400, 'invalidValue', 'Without path, value is an object of attributes.');
    return patched(kind, now, operationsOf(kind, op, value));
  }
  if (op !== 'remove' && value === undefined) throw refusal(400, 'invalidValue', `There is no value for ${path}.`);
  const { place, filter } = pathOf(kind, path);
  const { extension, attribute } = place;
  const change: Change = { op, path, value, sub: place.sub, filter };
  if (extension === undefined) return having(now, attribute.name, changed(attribute, now[attribute.name], change));
  const held = now[extension];
  const extended = isAttributes(held) ? held : {};
  const after = having(extended, attribute.name, changed(attribute, extended[attribute.name], change));
  return having(now, extension, Object.keys(after).length === 0 ? undefined : after);
};

const PATH = /^(?<attribute>[^[\]]+)(?:\[(?<filter>.+)\](?:\.(?<sub>[^.[\]]+))?)?$/u;

const pathOf = (kind: PushedKind, path: string): { readonly place: Place; readonly filter: Asked | undefined } => {
  const { attribute = '', filter, sub } = PATH.exec(path)?.groups ?? {};
  const place = placeOf(kind, sub === undefined ? attribute : `${attribute}.${sub}`);
  if (!place || (filter !== undefined && sub === undefined && place.sub)) {
    throw refusal(400, 'invalidPath', `The path ${path} leads to nothing that such a resource has.`);
  }
  if (isReadOnly(place.attribute)) throw refusal(400, 'mutability', `${place.attribute.name} is not the client's to change.`);
  if (filter === undefined) return { place, filter };
  if (place.attribute.config.multiValued !== true) {
    throw refusal(400, 'invalidPath', `${place.attribute.name} has one value, so the path ${path} cannot choose among several.`);
  }
  return { place, filter: readValueFilter(place.attribute, filter) };
};

interface Change extends Required<Pick<Operation, 'op' | 'path' | 'value'>> {
  readonly sub: Attribute | undefined;
  readonly filter: Asked | undefined;
}

/** What an attribute is after the change. */
const changed = (attribute: Attribute, old: unknown, change: Change): unknown => {
  if (attribute.config.multiValued === true) return amongMany(attribute, Array.isArray(old) ? old : [], change);
  return inOne(attribute, old, change);
};

const inOne = (attribute: Attribute, old: unknown, { op, value, sub }: Change): unknown => {
  const held = isAttributes(old) ? old : {};
  if (sub) {
    const after = having(held, sub.name, op === 'remove' ? undefined : fitted(sub, value));
    return Object.keys(after).length === 0 ? undefined : after;
  }
  if (op === 'remove') return undefined;
  const given = fitted(attribute, value);
  return isAttributes(given) ? { ...held, ...given } : given;
};

const amongMany = (attribute: Attribute, old: readonly unknown[], change: Change): unknown => {
  const { op, path, value, sub, filter } = change;
  const one = (held: unknown): unknown => inOne(attribute, held, change);
  if (!filter && sub) return given(old.length === 0 && op !== 'remove' ? [one(undefined)] : old.map(one));
  const values = valuesOf(attribute, value);
  if (!filter) {
    if (op === 'replace') return given(distinct(values));
    if (op === 'add') return given(distinct([...old, ...values]));
    return value === undefined ? undefined : given(without(old, values, path));
  }
  const chosen = new Set(old.filter((held) => isAttributes(held) && filter.matches(held)));
  if (op === 'remove' && !sub) return given(old.filter((held) => !chosen.has(held)));
  if (chosen.size === 0) return op === 'remove' ? given(old) : given([...old, one(newBy(filter, path))]);
  return given(old.map((held) => (chosen.has(held) ? (op === 'replace' && !sub ? fitted(attribute, value) : one(held)) : held)));
};

/** What a filter asks for with `eq` alone can be made where it is not there: Entra sets an address of a kind that way. */
const newBy = ({ equal, matches }: Asked, path: string): Attributes => {
  const made = Object.fromEntries(equal);
  if (equal.size > 0 && matches(made)) return made;
  throw refusal(400, 'noTarget', `Nothing there is what the path ${path} chooses.`);
};

const valuesOf = (attribute: Attribute, value: unknown): readonly unknown[] =>
  (Array.isArray(value) ? value : [value]).map((one: unknown) => fitted(attribute, one));

/** By what names it: of two that name the same the later one holds. */
const distinct = (values: readonly unknown[]): readonly unknown[] => [
  ...new Map(values.map((value) => [nameOf(value) ?? value, value])).values(),
];

/** In any case, as a filter would choose it: what a provider takes out must not stay for the way it was written. */
const without = (old: readonly unknown[], values: readonly unknown[], path: string): readonly unknown[] => {
  const names = new Set(values.map(foldedNameOf));
  if (names.has(undefined)) throw refusal(400, 'invalidValue', `What is removed from ${path} must be named by its value.`);
  return old.filter((held) => !names.has(foldedNameOf(held)));
};

const foldedNameOf = (value: unknown): string | undefined => {
  const name = nameOf(value);
  return name === undefined ? undefined : fold(name);
};

const nameOf = (value: unknown): string | undefined => {
  const name = isAttributes(value) ? value['value'] : value;
  return typeof name === 'string' ? name : undefined;
};

/** No value at all is how an empty list is kept. */
const given = (values: readonly unknown[]): readonly unknown[] | undefined => {
  const there = values.filter((value) => value !== undefined);
  return there.length === 0 ? undefined : there;
};

const having = (attributes: Attributes, name: string, value: unknown): Attributes => {
  const { [name]: _, ...others } = attributes;
  return value === undefined || value === null ? others : { ...others, [name]: value };
};
