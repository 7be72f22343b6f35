import { Schemas } from 'scimmy';
import { z } from 'zod';

import { isName } from '../../core/principal.ts';
import type { Pushed, PushedKind, PushedReading } from '../../store/pushed.ts';
import { fold } from './filter.ts';
import { type Attributes, EXTENSIONS, isRefusal, placeOf, refusal, SCHEMAS } from './schema.ts';

/** Of one group. More than the largest company has in one that is not simply everybody. */
const MEMBERS_MAX = 50_000;
/** Of one resource without its members, as JSON. */
const LENGTH_MAX = 100_000;

const NAMED_BY = { User: 'userName', Group: 'displayName' } as const satisfies Record<PushedKind, string>;

const name = z.string().refine(isName);
const membersSchema = z.array(z.object({ value: name, display: z.string().max(1000).optional().catch(undefined) }));
const attributesSchema = z.record(z.string(), z.unknown());

/** What is kept of a resource: its attributes as its schema has them, and how it is looked up. Refuses what is no such resource. */
export const checked = (kind: PushedKind, given: Attributes): Pick<Pushed, 'name' | 'externalId' | 'value'> => {
  const { members, ...others } = given;
  const coerced = kind === 'Group' ? { ...coercedBy(kind, others), ...membersIn(members) } : coercedBy(kind, others);
  const named = coerced[NAMED_BY[kind]];
  if (typeof named !== 'string' || !isName(named)) {
    throw refusal(400, 'invalidValue', `${NAMED_BY[kind]} is needed, has at most 1,000 characters, and no control characters.`);
  }
  const externalId = coerced['externalId'];
  if (externalId !== undefined && (typeof externalId !== 'string' || !isName(externalId))) {
    throw refusal(400, 'invalidValue', 'externalId is a text of at most 1,000 characters without control characters.');
  }
  return { name: fold(named), ...(externalId === undefined ? {} : { externalId }), value: coerced };
};

/** How the library's schema writes it. Members are too many for it, and are read apart. */
const coercedBy = (kind: PushedKind, given: Attributes): Attributes => {
  const { id: _id, meta: _meta, ...kept } = attributesSchema.parse(JSON.parse(JSON.stringify(instanceOf(kind, given))));
  if (JSON.stringify(kept).length > LENGTH_MAX)
    throw refusal(400, 'tooMany', `A ${kind} has at most ${LENGTH_MAX} characters besides its members.`);
  return kept;
};

const instanceOf = (kind: PushedKind, given: Attributes): object => {
  const schemas = [SCHEMAS[kind].id, ...EXTENSIONS[kind].map(({ id }) => id).filter((id) => given[id] !== undefined)];
  try {
    return kind === 'User' ? new Schemas.User({ ...given, schemas }, 'in') : new Schemas.Group({ ...given, schemas }, 'in');
  } catch (error) {
    if (isRefusal(error)) throw error;
    if (error instanceof TypeError) throw refusal(400, 'invalidValue', `${error.message}.`);
    throw error;
  }
};

const membersIn = (members: unknown): Attributes => {
  if (members === undefined) return {};
  if (Array.isArray(members) && members.length > MEMBERS_MAX) {
    throw refusal(
      400,
      'invalidValue',
      `A group has at most ${MEMBERS_MAX} members. Put some into a group of their own, and that into this one.`,
    );
  }
  const { data } = membersSchema.safeParse(members);
  if (!data) throw refusal(400, 'invalidValue', 'Each of members has the id of a user or group as its value.');
  return data.length === 0
    ? {}
    : { members: data.map(({ value, display }) => ({ value, ...(display === undefined ? {} : { display }) })) };
};

/** A weak one: it says that nothing of what was pushed has changed. */
export const etagOf = ({ version }: Pick<Pushed, 'version'>): string => `W/"${version}"`;

/** Which attributes are to be shown: all, only some, or all but some. */
export interface Selection {
  readonly only?: readonly string[];
  readonly without?: readonly string[];
}

/** A resource as it is shown. `base` is the address of `/scim/v2`. */
export const shown = (pushed: Pushed, base: string, { only, without }: Selection = {}): Attributes => {
  const { kind, id, value, createdAt, modifiedAt } = pushed;
  const whole: Attributes = {
    ...value,
    id,
    meta: {
      resourceType: kind,
      created: new Date(createdAt).toISOString(),
      lastModified: new Date(modifiedAt).toISOString(),
      location: locationOf(pushed, base),
      version: etagOf(pushed),
    },
  };
  if (only) {
    const kept = new Set(['schemas', 'id', ...topsOf(kind, only)]);
    return Object.fromEntries(Object.entries(whole).filter(([key]) => kept.has(key)));
  }
  const left = new Set(
    topsOf(
      kind,
      (without ?? []).filter((path) => !placeOf(kind, path)?.sub),
    ),
  );
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key === 'id' || key === 'schemas' || !left.has(key)));
};

export const locationOf = ({ kind, id }: Pick<Pushed, 'kind' | 'id'>, base: string): string => `${base}/${kind}s/${id}`;

const topsOf = (kind: PushedKind, paths: readonly string[]): readonly string[] =>
  paths.map((path) => {
    const place = placeOf(kind, path);
    return place?.extension ?? place?.attribute.name ?? path;
  });

/** The few resources that a filter can choose by what they must equal; undefined where it can be any. */
export const candidates = (
  store: PushedReading,
  kind: PushedKind,
  equal: ReadonlyMap<string, unknown>,
): readonly Pushed[] | undefined => {
  const [id, named, externalId] = [equal.get('id'), equal.get(NAMED_BY[kind]), equal.get('externalId')];
  if (typeof id === 'string') return found(store.find(kind, { id }));
  if (typeof named === 'string') return found(store.find(kind, { name: named }));
  return typeof externalId === 'string' ? store.carrying(kind, externalId) : undefined;
};

const found = (one: Pushed | undefined): readonly Pushed[] => (one ? [one] : []);
