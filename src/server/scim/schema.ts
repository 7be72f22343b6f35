import { Schemas, Types } from 'scimmy';
import type { SCIMError } from 'scimmy/types';

import type { PushedKind } from '../../store/pushed.ts';

/** What of a SCIM error its sender can act on, besides its sentence. */
export type ScimType =
  | 'uniqueness'
  | 'invalidFilter'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'tooMany'
  | '';

/** A refusal as SCIM has it: a status, a word and a sentence. */
export const refusal = (status: number, scimType: ScimType, detail: string): SCIMError =>
  new Types.Error(status, scimType, detail);

/** Is it one? */
export const isRefusal = (error: unknown): error is SCIMError => error instanceof Types.Error;

export type Attribute = InstanceType<typeof Types.Attribute>;
export type Attributes = Readonly<Record<string, unknown>>;

/** Where a path leads: an attribute of the resource or of an extension of it, or one below that. */
export interface Place {
  /** The extension's URN. */
  readonly extension?: string;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
}

Schemas.User.definition.extend(Schemas.EnterpriseUser.definition, false);

/** The schema of each kind, as the library declares it. */
export const SCHEMAS = { User: Schemas.User, Group: Schemas.Group } as const satisfies Record<PushedKind, unknown>;
/** The extension of a kind, where it has one. */
export const EXTENSIONS: Readonly<Record<PushedKind, readonly (typeof Schemas.EnterpriseUser)[]>> = {
  User: [Schemas.EnterpriseUser],
  Group: [],
};

/** Whether it is an object as JSON has them. */
export const isAttributes = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a written path leads, whatever its case. Undefined where the schema knows no such place. */
export const placeOf = (kind: PushedKind, path: string): Place | undefined => {
  const core = SCHEMAS[kind];
  const extension = EXTENSIONS[kind].find(({ id }) => isBelow(id, path));
  const rest = extension ? below(extension.id, path) : isBelow(core.id, path) ? below(core.id, path) : path;
  const [first = '', second, ...more] = rest.split('.');
  const attribute = named(extension ? own(extension) : core.definition.attributes, first);
  if (!attribute || more.length > 0) return undefined;
  const sub = second === undefined ? undefined : named(attribute.subAttributes ?? [], second);
  if (second !== undefined && !sub) return undefined;
  return { ...(extension ? { extension: extension.id } : {}), attribute, ...(sub ? { sub } : {}) };
};

/** The URN of an extension that is named whole. */
export const extensionNamed = (kind: PushedKind, path: string): string | undefined =>
  EXTENSIONS[kind].find(({ id }) => id.toLowerCase() === path.toLowerCase())?.id;

/** An attribute by its name, whatever its case. */
export const named = (attributes: readonly Attribute[], name: string): Attribute | undefined =>
  attributes.find((one) => one instanceof Types.Attribute && one.name.toLowerCase() === name.toLowerCase());

/** Every extension repeats the attributes that all resources have. */
const own = ({ definition }: typeof Schemas.EnterpriseUser): readonly Attribute[] =>
  definition.attributes.filter((one) => one instanceof Types.Attribute && one.config.shadow !== true);

const isBelow = (urn: string, path: string): boolean => path.toLowerCase().startsWith(`${urn.toLowerCase()}:`);
const below = (urn: string, path: string): string => path.slice(urn.length + 1);

/** Ours to say, never the client's. */
export const isReadOnly = ({ config: { mutable } }: Attribute): boolean => mutable === false || mutable === 'readOnly';

/** A value in the form its attribute has: providers write booleans as text, single values bare, and names in any case. */
export const fitted = (attribute: Attribute, value: unknown): unknown => {
  if (attribute.type === 'boolean' && typeof value === 'string') return BOOLEANS.get(value.trim().toLowerCase()) ?? value;
  if (attribute.type !== 'complex') return value;
  const subs = attribute.subAttributes ?? [];
  if (typeof value === 'string' && named(subs, 'value')) return { value };
  if (!isAttributes(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const sub = named(subs, key);
      return sub && inner !== null ? [[sub.name, fitted(sub, inner)]] : [];
    }),
  );
};

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
