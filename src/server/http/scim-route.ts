import type { Audit } from '../../core/audit.ts';
import { AppError, ERRORS, type ErrorCode } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Answer, errorAnswer, partsOf, type Question } from '../scim/answer.ts';
import type { ScimThread } from '../scim/scim-thread.ts';
import type { Asked } from './asked.ts';
import { encodedBody, readBody } from './body.ts';
import { type Limits, retryAfter } from './limits.ts';
import { bearsSecret } from './operator.ts';
import { isRefusal, type Refusal } from './refusal.ts';

export interface ScimRouteParts {
  /** Whose people are pushed. */
  readonly source: string;
  readonly token: Secret;
  readonly thread: ScimThread;
  readonly limits: Limits;
  readonly audit: Audit;
  /** ms since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

/** What is pushed to a directory, and what of it is read back. */
export interface ScimRoute {
  /** `path`: below `/scim/v2`. `unknown` hears why nobody is known to push. */
  answer(request: Request, path: string, asked: Asked, unknown: (why: string) => void): Promise<Response>;
}

/** A group of some ten thousand members in one request; the thread refuses what is too much to keep. */
const BODY_MAX = 8 * 1_048_576;
const BODY_METHODS: readonly string[] = ['POST', 'PUT', 'PATCH'];
/** When a push could not be kept, how soon it is worth sending it again. */
const AGAIN_SECONDS = 5;

/** Builds the route: encoding, token, limits, body, and only then what it says. A change is answered once it and its row in the audit are on disk. */
export const createScimRoute = (parts: ScimRouteParts): ScimRoute => ({
  answer: async (request, path, asked, unknown) => {
    const refuse = (refusal: Refusal): Response => {
      asked.code = refusal.refused;
      return scimRefusal(refusal);
    };
    const encoded = encodedBody(request);
    if (encoded) return refuse(encoded);
    if (!bearsSecret(request, parts.token)) {
      const why = request.headers.get('authorization') === null ? 'no token' : 'bad token';
      unknown(why);
      asked.why = why;
      return refuse(UNAUTHENTICATED);
    }
    const who = `scim|${parts.source}`;
    asked.client = 'scim';
    const place = parts.limits.enter(who);
    if (isRefusal(place)) return refuse(place);
    try {
      const body = await bodyOf(request);
      if (isRefusal(body)) return refuse(body);
      const id = parts.newId();
      const answer = await answerOf(parts, request, { path, id, ...body });
      const outcome = outcomeOf(answer.status);
      asked.code = outcome;
      await record(parts, { who, outcome, method: request.method, request: asked.request, about: aboutOf(path, answer, id) });
      return responseOf(answer);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return refuse({ refused: 'unavailable', message: error.message, headers: retryAfter(AGAIN_SECONDS) });
    } finally {
      place.leave();
    }
  },
});

const UNAUTHENTICATED: Refusal = {
  refused: 'unauthenticated',
  message: 'Send the token of the source: Authorization: Bearer <token>.',
  headers: { 'www-authenticate': 'Bearer realm="scim"' },
};

const bodyOf = async (request: Request): Promise<{ readonly body?: Uint8Array } | Refusal> => {
  if (!BODY_METHODS.includes(request.method)) return {};
  if (!/^application\/(?:scim\+)?json\s*(?:;|$)/iu.test(request.headers.get('content-type') ?? '')) {
    return { refused: 'invalid_input', status: 415, message: 'Send JSON, with Content-Type: application/scim+json.' };
  }
  const body = await readBody(request, BODY_MAX);
  return body === 'too large' ? { refused: 'too_large', message: 'The body is larger than 8 MB. Send less at once.' } : { body };
};

const answerOf = async (
  { thread, now }: ScimRouteParts,
  { method, url, headers }: Request,
  given: Pick<Question, 'path' | 'id' | 'body'>,
): Promise<Answer> => {
  const [ifMatch, ifNoneMatch] = [headers.get('if-match'), headers.get('if-none-match')];
  const question: Question = {
    method,
    ...given,
    query: new URL(url).search,
    ...(ifMatch === null ? {} : { ifMatch }),
    ...(ifNoneMatch === null ? {} : { ifNoneMatch }),
    now: now(),
  };
  try {
    // What has begun is finished, whether its sender waits for it or not.
    const answer = await thread.ask(question, NEVER);
    if (answer === 'open') throw new Error('The thread answered another question.');
    return answer;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return errorAnswer(503, error.message, '', retryAfter(AGAIN_SECONDS));
  }
};

const NEVER = new AbortController().signal;

interface Recorded {
  readonly who: string;
  readonly outcome: 'answered' | ErrorCode;
  readonly method: string;
  readonly request: string;
  readonly about: Readonly<Record<string, string>>;
}

/** Who somebody is stands in the directory; the row says what was done to whom, by their id. */
const record = async ({ audit, now }: ScimRouteParts, { who, outcome, method, request, about }: Recorded): Promise<void> => {
  const row = { who, client: 'scim', tool: 'scim', arguments: { method, ...about }, documents: [], outcome };
  await audit.record({ at: now(), request, ...row });
};

/** What a path is about, as it is answered, with no name and no value in it. */
const aboutOf = (path: string, { status }: Answer, made: string): Readonly<Record<string, string>> => {
  const [resource, id, ...more] = partsOf(path);
  if (resource === undefined || !RESOURCES.includes(resource) || more.length > 0) return {};
  if (status === CREATED) return { resource, id: made };
  return { resource, ...(id === undefined || id.length > ID_MAX ? {} : { id }) };
};

const RESOURCES: readonly string[] = ['Users', 'Groups'];
/** Nothing has a longer one. */
const ID_MAX = 200;
const CREATED = 201;

const outcomeOf = (status: number): 'answered' | ErrorCode => {
  if (status < 400) return 'answered';
  if (status === 404) return 'not_found';
  if (status === 409 || status === 412) return 'conflict';
  if (status >= 500) return 'unavailable';
  return status === 413 ? 'too_large' : 'invalid_input';
};

/** A refusal as SCIM has it. */
export const scimRefusal = ({ refused, message, status = ERRORS[refused].status, headers = {} }: Refusal): Response =>
  responseOf(errorAnswer(status, message, '', headers));

const responseOf = ({ status, headers, body }: Answer): Response =>
  new Response(body ?? null, { status, headers: { ...headers } });
