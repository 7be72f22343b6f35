import { z } from 'zod';

/** Fields without a name here that are told of one reply. */
const FIELDS_MAX = 100;
/** An object with more of them is a table by names that are somebody's data, such as accounts. */
const NAMES_MAX = 40;
/** Values of a reply that are looked at: a large one is a list of the same. */
const VALUES_MAX = 20_000;
/** An API's own name of a field. Whatever else it is, an e-mail, a number, a sentence, may be data. */
const FIELD = /^(?:[A-Za-z_$][A-Za-z_$0-9-]{0,49}|@[a-z]+(?:\.[A-Za-z]+){1,3})$/u;
/** Ids are made of such runs. */
const NUMBERED = /\d{3}|[0-9a-f]{16}/iu;
/** What stands for a name that is, or may be, data. */
const ANY = '*';

/**
 * The paths of all fields that a schema does not name, each once: `[]` is any element, `*` any key of a table. None of them holds a
 * value. `ignores`: paths that are known, with all below.
 */
export const unknownIn = (schema: z.core.$ZodType, reply: unknown, ignores: ReadonlySet<string>): readonly string[] => {
  const found = new Set<string>();
  let left = VALUES_MAX;

  const walk = (of: z.core.$ZodType, value: unknown, path: string): void => {
    if (left-- <= 0 || found.size >= FIELDS_MAX || ignores.has(path)) return;
    const inner = inside(of, value);
    if (inner instanceof z.ZodArray && Array.isArray(value)) {
      for (const element of value) walk(inner.element, element, `${path}[]`);
    } else if (inner instanceof z.ZodRecord && isTable(value)) {
      for (const member of Object.values(value)) walk(inner.valueType, member, under(path, ANY));
    } else if (inner instanceof z.ZodObject && isTable(value)) {
      fields(inner.shape, value, path);
    }
  };

  const fields = (shape: Readonly<Record<string, z.core.$ZodType>>, value: object, path: string): void => {
    const unnamed: string[] = [];
    for (const [key, member] of Object.entries(value)) {
      const at = under(path, key);
      const own = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (own) walk(own, member, at);
      else if (!ignores.has(at)) unnamed.push(key);
    }
    const named = unnamed.length > NAMES_MAX ? [ANY] : unnamed.map(cleaned);
    for (const name of named) if (found.size < FIELDS_MAX) found.add(under(path, name));
  };

  walk(schema, reply, '');
  return [...found];
};

/** Where in a reply something was not as it should be, without what is data in it. */
export const pathOfIssue = (schema: z.core.$ZodType, path: readonly PropertyKey[]): string => {
  let at: z.core.$ZodType | undefined = schema;
  let told = '';
  for (const step of path) {
    const inner: z.core.$ZodType | undefined = at && unwrapped(at);
    if (typeof step === 'number') {
      told += '[]';
      at = inner instanceof z.ZodArray ? inner.element : undefined;
    } else if (inner instanceof z.ZodObject) {
      const shape: Readonly<Record<string, z.core.$ZodType>> = inner.shape;
      const name = String(step);
      at = Object.hasOwn(shape, name) ? shape[name] : undefined;
      told = under(told, at ? name : cleaned(name)); // what the schema names is no data
    } else {
      told = under(told, inner instanceof z.ZodRecord ? ANY : cleaned(String(step)));
      at = inner instanceof z.ZodRecord ? inner.valueType : undefined;
    }
  }
  return told;
};

const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const cleaned = (name: string): string => (FIELD.test(name) && !NUMBERED.test(name) ? name : ANY);

const isTable = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a union, what this value is. */
const inside = (schema: z.core.$ZodType, value: unknown): z.core.$ZodType => {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodUnion)) return inner;
  const option = inner.options.find((one) => z.core.safeParse(one, value).success);
  return option ? inside(option, value) : inner;
};

/** What stands inside `optional`, `nullable`, `default` and their like. */
const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  ) {
    return unwrapped(schema.def.innerType);
  }
  if (schema instanceof z.ZodLazy) return unwrapped(schema.def.getter());
  return schema instanceof z.ZodPipe ? unwrapped(schema.def.in) : schema;
};
