import { AppError } from '../../core/errors.ts';
import type { PushedKind, PushedStore } from '../../store/pushed.ts';
import { excessIn } from '../http/excess.ts';
import { directoryIn, matches, type Meaning, notFound } from './directory.ts';
import { described } from './discovery.ts';
import { pageOf } from './listing.ts';
import { filled, patched, readPatch } from './patch.ts';
import { etagOf, locationOf, type Selection, shown } from './resource.ts';
import { type Attributes, isAttributes, isRefusal, refusal, SCHEMAS } from './schema.ts';

/** One request of a provider, as the thread hears of it. */
export interface Question {
  readonly method: string;
  /** Below `/scim/v2`, as it was sent. */
  readonly path: string;
  /** What stands behind the `?`. */
  readonly query: string;
  readonly body?: Uint8Array;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  /** For a resource that is made by it. */
  readonly id: string;
  /** ms since 1970. */
  readonly now: number;
}

/** What the provider hears. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AnswerParts {
  readonly store: Omit<PushedStore, 'close'>;
  readonly meaning: Meaning;
  /** The address of `/scim/v2`. */
  readonly base: string;
}

/** Far more than an id has. */
const ID_MAX = 200;
/** Room for all members of a large group, each with a name and an address. */
const SHAPE = { levels: 16, values: 250_000 };

/** Answers one request: a whole answer, or an error as SCIM has it. */
export const answerTo = (parts: AnswerParts, question: Question): Answer => {
  const [resource = '', id, ...more] = partsOf(question.path);
  const kind = KINDS.get(resource);
  try {
    if (more.length > 0) throw refusal(404, '', NOWHERE);
    if (kind) return answerAbout(parts, question, kind, id);
    if (question.method !== 'GET') throw refusal(405, '', 'This can only be read.');
    const found = described(parts.base, resource, id);
    if (!found) throw refusal(404, '', NOWHERE);
    return json(200, found);
  } catch (error) {
    const { status, scimType, message } = refused(error);
    return errorAnswer(status, message, scimType);
  }
};

const KINDS: ReadonlyMap<string, PushedKind> = new Map([
  ['Users', 'User'],
  ['Groups', 'Group'],
]);
const NOWHERE = 'There is nothing here. Users, Groups, ServiceProviderConfig, ResourceTypes and Schemas are.';

const answerAbout = (parts: AnswerParts, question: Question, kind: PushedKind, id: string | undefined): Answer => {
  const { store, meaning, base } = parts;
  const { method, query, ifMatch } = question;
  const parameters = new URLSearchParams(query);
  const selection = selectionOf(parameters);
  if (id === undefined) {
    if (method === 'GET') return json(200, pageOf(store, kind, base, parameters, selection));
    if (method !== 'POST') throw refusal(405, '', `${kind}s are listed with GET and made with POST.`);
    const given = resourceIn(kind, question);
    const made = store.change((change) => directoryIn(change, meaning).create(kind, question.id, given));
    return withTag(json(201, shown(made, base, selection), { location: locationOf(made, base) }), made);
  }
  switch (method) {
    case 'GET': {
      const found = store.find(kind, { id });
      if (!found) throw notFound(kind, id.slice(0, ID_MAX));
      const { ifNoneMatch } = question;
      if (ifNoneMatch !== undefined && matches(ifNoneMatch, found)) return { status: 304, headers: { etag: etagOf(found) } };
      return withTag(json(200, shown(found, base, selection)), found);
    }
    case 'PUT': {
      const given = resourceIn(kind, question);
      const after = store.change((change) => directoryIn(change, meaning).update(kind, id, ifMatch, () => given));
      return withTag(json(200, shown(after, base, selection)), after);
    }
    case 'PATCH': {
      const operations = readPatch(objectIn(question));
      const after = store.change((change) =>
        directoryIn(change, meaning).update(kind, id, ifMatch, (value) => patched(kind, value, operations)),
      );
      // A large group is not sent back for every member that comes.
      if (kind === 'Group' && !selection.only) return withTag({ status: 204, headers: {} }, after);
      return withTag(json(200, shown(after, base, selection)), after);
    }
    case 'DELETE':
      store.change((change) => directoryIn(change, meaning).remove(kind, id, ifMatch));
      return { status: 204, headers: {} };
    default:
      throw refusal(405, '', `A ${kind} is read with GET, changed with PUT or PATCH, and removed with DELETE.`);
  }
};

const selectionOf = (parameters: URLSearchParams): Selection => {
  const [only, without] = ['attributes', 'excludedAttributes'].map((name) =>
    parameters
      .get(name)
      ?.split(',')
      .map((path) => path.trim())
      .filter((path) => path !== ''),
  );
  return { ...(only && only.length > 0 ? { only } : {}), ...(without ? { without } : {}) };
};

const resourceIn = (kind: PushedKind, question: Question): Attributes => {
  const body = objectIn(question);
  const { schemas } = body;
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.includes(SCHEMAS[kind].id))) {
    throw refusal(400, 'invalidSyntax', `A ${kind} has the schema ${SCHEMAS[kind].id}.`);
  }
  return filled(kind, body);
};

const objectIn = ({ body = new Uint8Array() }: Question): Attributes => {
  const excess = excessIn(body, SHAPE);
  if (excess) throw refusal(413, '', `The body has more than ${SHAPE[excess]} ${excess}. Send less at once.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw refusal(400, 'invalidSyntax', 'The body is not JSON in UTF-8.');
  }
  if (!isAttributes(parsed)) throw refusal(400, 'invalidSyntax', 'The body is not a JSON object.');
  return parsed;
};

/** What stands in a path, however many slashes it is written with. */
export const partsOf = (path: string): readonly string[] =>
  path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const withTag = (answer: Answer, pushed: Parameters<typeof etagOf>[0]): Answer => ({
  ...answer,
  headers: { ...answer.headers, etag: etagOf(pushed) },
});

const json = (status: number, value: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/scim+json', ...headers },
  body: JSON.stringify(value),
});

const refused = (error: unknown): { readonly status: number; readonly scimType: string; readonly message: string } => {
  if (isRefusal(error)) return error;
  if (error instanceof AppError && error.code === 'invalid_input') {
    return { status: 400, scimType: 'invalidValue', message: error.message };
  }
  throw error; // what is ours to mend is told by whoever asked this thread
};

/** An error as SCIM has it (RFC 7644, section 3.12). */
export const errorAnswer = (status: number, detail: string, scimType = '', headers: Answer['headers'] = {}): Answer =>
  json(
    status,
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType === '' ? {} : { scimType }),
      detail,
    },
    headers,
  );
