import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/** A JSON Schema as OpenAPI 3.0 writes it: `nullable` stands beside the type, and `$ref` leads to a component. */
interface Described {
  readonly $ref?: string | undefined;
  readonly type?: string | undefined;
  readonly nullable?: boolean | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Described>> | undefined;
  readonly items?: Described | undefined;
  readonly allOf?: readonly Described[] | undefined;
  readonly anyOf?: readonly Described[] | undefined;
  readonly oneOf?: readonly Described[] | undefined;
}

const describedSchema: z.ZodType<Described> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    nullable: z.boolean().optional(),
    enum: z.array(z.unknown()).optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), describedSchema).optional(),
    items: describedSchema.optional(),
    allOf: z.array(describedSchema).optional(),
    anyOf: z.array(describedSchema).optional(),
    oneOf: z.array(describedSchema).optional(),
  }),
);

const exampleSchema = z.object({ $ref: z.string().optional(), value: z.unknown().optional() });
const contentSchema = z.object({
  schema: describedSchema,
  examples: z.record(z.string(), exampleSchema).optional(),
});
const operationSchema = z.object({
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), contentSchema).optional() })),
});
const descriptionSchema = z.object({
  paths: z.record(z.string(), z.object({ get: operationSchema.optional() })),
  components: z.object({
    schemas: z.record(z.string(), describedSchema),
    examples: z.record(z.string(), exampleSchema),
  }),
});

/** GitHub's own description of its REST interface, as `@octokit/openapi` publishes it. */
export interface Description {
  /** Paths that can be read, with `*` for each parameter. */
  readonly paths: readonly string[];
  /** What a path is described to reply with: its schema, and the examples that are given. */
  reply(path: string): { readonly schema: Described; readonly examples: readonly unknown[] };
  resolve(schema: Described): Described;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '@octokit', 'openapi', 'generated');
const anonymous = (path: string): string => path.replace(/\{[^}]+\}/gu, '*');

const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** Reads one of them: `api.github.com`, or of an Enterprise Server. */
export const descriptionOf = (name: string): Description => {
  const { paths, components } = descriptionSchema.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
  const read = new Map(Object.entries(paths).flatMap(([path, { get }]) => (get ? [[anonymous(path), get] as const] : [])));
  const exampleOf = ({ $ref, value }: z.infer<typeof exampleSchema>): unknown => {
    if ($ref !== undefined) return exampleOf(components.examples[nameIn($ref)] ?? { value: undefined });
    const inner = z.strictObject({ $ref: z.string() }).safeParse(value);
    return inner.success ? exampleOf({ $ref: inner.data.$ref, value: undefined }) : value;
  };
  return {
    paths: [...read.keys()],
    reply: (path) => {
      const content = read.get(path)?.responses['200']?.content ?? {};
      const said = content['application/json'] ?? Object.values(content)[0];
      if (!said) throw new Error(`nothing is described for ${path}`);
      return { schema: said.schema, examples: Object.values(said.examples ?? {}).map(exampleOf) };
    },
    resolve: (schema) => (schema.$ref === undefined ? schema : (components.schemas[nameIn(schema.$ref)] ?? {})),
  };
};

/**
 * What a schema of ours demands and a description does not promise, as paths with the reason: a field that may be left out, one
 * that may be null, one that is not described, another type, or a value that ours does not know. Nothing: they agree.
 */
export const beyond = (ours: z.ZodType, theirs: Described, { resolve }: Pick<Description, 'resolve'>): string[] => {
  const demanded = z.toJSONSchema(ours, { io: 'input', unrepresentable: 'any' });
  return differences(ourSchema.parse(demanded), theirs, resolve, '');
};

interface Ours {
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Ours>> | undefined;
  readonly items?: Ours | undefined;
  readonly anyOf?: readonly Ours[] | undefined;
}
const ourSchema: z.ZodType<Ours> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), ourSchema).optional(),
    items: ourSchema.optional(),
    anyOf: z.array(ourSchema).optional(),
  }),
);

type Resolve = Description['resolve'];

const differences = (ours: Ours, given: Described, resolve: Resolve, at: string): string[] => {
  const theirs = resolve(given);
  const variants = theirs.oneOf ?? theirs.anyOf;
  const own = choicesOf(ours);
  const nullable = (theirs.nullable === true || given.nullable === true) && !own.some(({ type }) => type === 'null');
  const found = nullable ? [`${at} may be null`] : [];
  if (variants) return [...found, ...variants.flatMap((one) => differences(ours, one, resolve, at))];
  const some = own.filter(({ type }) => type !== 'null').map((one) => ofOne(one, theirs, resolve, at));
  // Of a choice of ours, one that agrees is enough.
  return [...found, ...(some.toSorted((a, b) => a.length - b.length)[0] ?? [])];
};

/** JSON Schema has two ways to say that something is one thing or another. */
const choicesOf = (ours: Ours): readonly Ours[] => {
  if (ours.anyOf) return ours.anyOf;
  return typeof ours.type === 'object' ? ours.type.map((type) => ({ ...ours, type })) : [ours];
};

const ofOne = (ours: Ours, theirs: Described, resolve: Resolve, at: string): string[] => {
  if (ours.type !== undefined && theirs.type !== undefined && ours.type !== theirs.type)
    return [`${at} is described as ${theirs.type}, not ${String(ours.type)}`];
  const unknown = ours.enum && theirs.enum?.filter((value) => value !== null && !ours.enum?.includes(value));
  const values = unknown && unknown.length > 0 ? [`${at} can be ${unknown.join(', ')}`] : [];
  const items = ours.items && theirs.items ? differences(ours.items, theirs.items, resolve, `${at}[]`) : [];
  const fields = Object.entries(ours.properties ?? {}).flatMap(([name, field]): string[] => {
    const path = at === '' ? name : `${at}.${name}`;
    const described = theirs.properties?.[name];
    if (!described) return [`${path} is not described`];
    const left = ours.required?.includes(name) && !theirs.required?.includes(name) ? [`${path} may be left out`] : [];
    return [...left, ...differences(field, described, resolve, path)];
  });
  return [...values, ...items, ...fields];
};
