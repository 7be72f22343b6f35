/** A reply, whole. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How a source pages its listings. Paths lead through JSON by dots; an empty one is the whole reply. */
export interface Paging {
  /** Where the elements of a page are. */
  readonly items: string;
  /** Where the address of the next page is: in the header `Link`, or at a path of the reply. */
  readonly next: 'link' | { readonly at: string };
  /** Where the number of all elements is, if the source says it. */
  readonly total?: string;
}

/** What can happen to one field. In `at`, `*` is every element. */
export type Changed =
  | { readonly kind: 'rename'; readonly at: string; readonly to: string }
  | { readonly kind: 'retype'; readonly at: string }
  | { readonly kind: 'null'; readonly at: string }
  /** A text of so many bytes. */
  | { readonly kind: 'huge'; readonly at: string; readonly bytes: number }
  /** The clock of the source is wrong by so many ms. */
  | { readonly kind: 'skew'; readonly ms: number };

/** The reply with this done to its JSON. A path that leads nowhere is a mistake of the test. */
export const spoilt = (reply: Reply, fault: Changed): Reply => {
  if (fault.kind === 'skew') return skewed(reply, fault.ms);
  const json: unknown = JSON.parse(reply.body.toString());
  const places = placesOf(json, fault.at.split('.'));
  if (places.length === 0) throw new Error(`${fault.at} leads nowhere in ${reply.body.toString().slice(0, 300)}`);
  for (const [holder, key] of places) change(holder, key, fault);
  return withJson(reply, json);
};

type Holder = Record<string, unknown>;

const placesOf = (value: unknown, [step = '', ...rest]: readonly string[]): [Holder, string][] => {
  if (!isHolder(value)) return [];
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  return rest.length === 0 ? keys.map((key) => [value, key]) : keys.flatMap((key) => placesOf(value[key], rest));
};

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

const change = (holder: Holder, key: string, fault: Exclude<Changed, { kind: 'skew' }>): void => {
  if (fault.kind === 'null') holder[key] = null;
  else if (fault.kind === 'retype') holder[key] = retyped(holder[key]);
  else if (fault.kind === 'huge') holder[key] = 'vast word '.repeat(fault.bytes / 10);
  else {
    holder[fault.to] = holder[key];
    delete holder[key];
  }
};

const retyped = (value: unknown): unknown => {
  if (typeof value === 'string') return { value };
  return Array.isArray(value) ? 'none' : [value];
};

const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu;

/** Every time in a text, put off by so many ms. */
export const shifted = (text: string, ms: number): string => {
  if (ms === 0) return text;
  const plain = text.replaceAll('%3A', ':');
  return plain.replaceAll(ISO, (at) => {
    const moved = new Date(Date.parse(at) + ms).toISOString();
    return at.includes('.') ? moved : moved.replace(/\.\d+Z/u, 'Z');
  });
};

const skewed = (reply: Reply, ms: number): Reply => {
  const date = Date.parse(reply.headers['date'] ?? '');
  return {
    ...reply,
    headers: Object.fromEntries(
      Object.entries({
        ...reply.headers,
        date: new Date((Number.isNaN(date) ? Date.now() : date) + ms).toUTCString(),
      }).map(([name, value]) => [name, name === 'link' ? shifted(value, ms) : value]),
    ),
    body: Buffer.from(shifted(reply.body.toString(), ms)),
  };
};

/** Whole, as path and query or with its origin; undefined on the last page. */
export const nextOf = ({ headers, body }: Reply, { next }: Paging): string | undefined => {
  if (next === 'link') return /<([^<>]+)>;\s*rel="next"/u.exec(headers['link'] ?? '')?.[1];
  const found = at(JSON.parse(body.toString()), next.at);
  return typeof found === 'string' ? found : undefined;
};

/** The reply, leading on to this address. */
export const looped = (reply: Reply, to: string, { next }: Paging): Reply => {
  if (next === 'link') return { ...reply, headers: { ...reply.headers, link: `<${to}>; rel="next"` } };
  const json: unknown = JSON.parse(reply.body.toString());
  put(json, next.at, to.replace(/^http:\/\/[^/]+/u, ''));
  return withJson(reply, json);
};

/** A last page without anything. */
export const cleared = (reply: Reply, { items, next }: Paging): Reply => {
  const { link: _, ...headers } = reply.headers;
  if (items === '') return withJson({ ...reply, headers }, []);
  const json: unknown = JSON.parse(reply.body.toString());
  put(json, items, []);
  if (next !== 'link') put(json, next.at, null);
  return withJson({ ...reply, headers }, json);
};

/** A listing without anything. */
export const emptied = (reply: Reply, paging: Paging): Reply => {
  const nothing = cleared(reply, paging);
  if (paging.total === undefined) return nothing;
  const json: unknown = JSON.parse(nothing.body.toString());
  put(json, paging.total, 0);
  return withJson(nothing, json);
};

/** What stood on the page before stands on this one too. */
export const withPageBefore = (reply: Reply, before: Reply | undefined, { items }: Paging): Reply => {
  if (!before) throw new Error('there was no page before');
  const json: unknown = JSON.parse(reply.body.toString());
  const [mine, theirs] = [at(json, items), at(JSON.parse(before.body.toString()), items)];
  if (!Array.isArray(mine) || !Array.isArray(theirs)) throw new Error(`there are no elements at ${items}`);
  const both = [...theirs, ...mine];
  if (items === '') return withJson(reply, both);
  put(json, items, both);
  return withJson(reply, json);
};

const at = (json: unknown, path: string): unknown => {
  if (path === '') return json;
  const [[holder, key] = [{}, '']] = placesOf(json, path.split('.'));
  return holder[key];
};

const put = (json: unknown, path: string, value: unknown): void => {
  for (const [holder, key] of placesOf(json, path.split('.'))) holder[key] = value;
};

const withJson = (reply: Reply, json: unknown): Reply => ({ ...reply, body: Buffer.from(JSON.stringify(json)) });
