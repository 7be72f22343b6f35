import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';

import { AppError } from '../core/errors.ts';

/** Of somebody else's words, what is quoted, in characters. */
const QUOTE_MAX = 300;
/** No endpoint is believed about a later time, in ms from now. */
const LATEST = 24 * 3_600_000;

/** Whom was asked, for the message. */
export interface AskedWhom {
  /** The address of the API, as the client has it. */
  readonly baseUrl: string;
  readonly model: string;
  /** Where OpenAI was to reach the server; absent where it reaches none. */
  readonly server?: string;
  /** What no message may hold: keys and tokens. */
  readonly secrets: readonly string[];
}

/** An error of the API as what it means and what to do. What is none of the API's stays what it is. */
export const explained = (error: unknown, whom: AskedWhom, now: number = Date.now()): unknown => {
  if (error instanceof APIConnectionError) return unreachable(error, whom);
  if (!(error instanceof APIError) || error.status === undefined) return error instanceof APIError ? midway(error, whom) : error;
  const { status } = error;
  const name = nameOf(whom);
  const said = quoted(error.message.replace(/^\d{3} /u, ''), whom);
  const told = (code: AppError['code'], message: string, more: { retryAt?: number } = {}): AppError =>
    new AppError(code, message, { ...more, cause: withoutSecrets(error, whom) });
  if (status === 401)
    return told('source_rejected', `${name} did not accept the key (401). Put a valid one into OPENAI_API_KEY.`);
  if (status >= 300 && status < 400)
    return told('source_rejected', `${name} sends requests on to another address (${status}). Name that one: --base-url <url>`);
  if (status === 403)
    return told('source_rejected', `${name} does not let this key do that (403): ${said} Use another key, or --model.`);
  if (status === 424)
    return told(
      'source_unavailable',
      `${name} could not list the tools of ${whom.server ?? 'the server'} (424): ${said} ${toolsRemedy(said)}`,
    );
  if (error.code === 'previous_response_not_found')
    return told('expired', `${name} no longer has the conversation. Ask anew, without --continue.`);
  if (error.code === 'context_length_exceeded' || status === 413)
    return told(
      'too_large',
      `This is more than ${whom.model} can hold (${status}). Ask anew without --continue, or something narrower.`,
    );
  if (status === 404)
    return told(
      'invalid_input',
      `${name} has no model ${whom.model}, or no such API at ${whom.baseUrl} (404). Name another: --model <name>`,
    );
  if (status === 429) return limited(error, whom, now);
  if (status >= 500) return told('source_unavailable', `${name} failed (${status}${requestOf(error)}). Ask again in a moment.`);
  return told(
    'source_rejected',
    `${name} did not take the request (${status}): ${said} Mend that, or name another: --model <name>`,
  );
};

/** What the answer lacks when the stream ended before it said so. */
export const brokenOff = (cause?: unknown): AppError =>
  new AppError('source_unavailable', 'The answer is incomplete: the connection broke off in the middle. Ask again.', { cause });

/** Why the API itself ended an answer early. */
export const endedEarly = (reason: string | undefined): AppError =>
  reason === 'content_filter'
    ? new AppError('forbidden', 'The answer is incomplete: a content filter stopped it. Ask in other words.')
    : reason === 'max_output_tokens' || reason === 'length'
      ? new AppError(
          'too_large',
          'The answer is incomplete: it became longer than the model may write. Ask for something shorter.',
        )
      : new AppError(
          'source_unavailable',
          `The answer is incomplete: the model stopped (${(reason ?? 'no reason given').slice(0, 50)}). Ask again.`,
        );

/** The model would not answer. */
export const refused = (words: string, whom: AskedWhom): AppError =>
  new AppError('forbidden', `The model refuses to answer: ${quoted(words, whom)} Ask in other words.`);

/** An answer that holds no word, though nothing failed. */
export const saidNothing = ({ model }: Pick<AskedWhom, 'model'>): AppError =>
  new AppError('source_unavailable', `${model} ended its answer without a word. Ask again, or another: --model <name>`);

/** The server's tools could not be listed, as an item says it. */
export const unlisted = (why: string, whom: AskedWhom): AppError =>
  new AppError(
    'source_unavailable',
    `${nameOf(whom)} could not list the tools of ${whom.server ?? 'the server'}: ${quoted(why, whom)} ${toolsRemedy(why)}`,
  );

/** A run that ended in an error, once it had begun. */
export const failedRun = (code: string | undefined, message: string, whom: AskedWhom): AppError => {
  const name = nameOf(whom);
  if (code === 'rate_limit_exceeded')
    return new AppError('source_rate_limited', `The answer is incomplete: ${name} was asked too often. Ask again in a minute.`);
  if (code === 'context_length_exceeded')
    return new AppError(
      'too_large',
      `The answer is incomplete: this is more than ${whom.model} can hold. Ask something narrower.`,
    );
  return new AppError('source_unavailable', `The answer is incomplete: ${name} failed: ${quoted(message, whom)} Ask again.`);
};

/** Words of somebody else as they may be shown: a few, and without any secret of ours. */
const quoted = (words: string, whom: Pick<AskedWhom, 'secrets'>): string => {
  const clean = scrubbed(words, whom);
  const cut = clean.length > QUOTE_MAX ? `${clean.slice(0, QUOTE_MAX)}…` : clean;
  return /[.!?…]$/u.test(cut) ? cut : `${cut}.`;
};

/** Words of somebody else without any secret of ours. */
export const scrubbed = (text: string, { secrets }: Pick<AskedWhom, 'secrets'>): string =>
  secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '[secret]'), text);

/** An error that says what the API said, which may have been the key. */
const withoutSecrets = (error: Error, whom: AskedWhom): Error => {
  const clean = new Error(scrubbed(error.message, whom));
  clean.stack = scrubbed(error.stack ?? '', whom);
  return clean;
};

const nameOf = ({ baseUrl }: Pick<AskedWhom, 'baseUrl'>): string => {
  const host = URL.parse(baseUrl)?.host ?? baseUrl;
  return host === 'api.openai.com' ? 'OpenAI' : host;
};

/** An event of a stream that says it failed, which the client throws. */
const midway = (error: APIError, whom: AskedWhom): AppError =>
  failedRun(error.code ?? undefined, error.message.replace(/^undefined /u, ''), whom);

const toolsRemedy = (said: string): string =>
  /\b40[13]\b/u.test(said)
    ? 'It did not accept the token: the server at that address must run on this data folder and be reached by that address.'
    : 'See that it runs and that the internet reaches it at that address, or use a tunnel: --tunnel <id>';

const limited = (error: APIError, whom: AskedWhom, now: number): AppError => {
  const [name, cause] = [nameOf(whom), withoutSecrets(error, whom)];
  if (error.code === 'insufficient_quota' || error.type === 'insufficient_quota')
    return new AppError(
      'source_rejected',
      `${name} says that the account has no credit left (429). Add some, or use another key.`,
      {
        cause,
      },
    );
  const at = retryAt(error.headers?.get('retry-after') ?? null, now);
  const when = at === undefined ? 'in a minute' : `after ${new Date(at).toISOString()}`;
  return new AppError('source_rate_limited', `${name} was asked too often (429). Ask again ${when}.`, {
    cause,
    ...(at !== undefined && { retryAt: at }),
  });
};

/** `Retry-After` is seconds or a date. */
const retryAt = (after: string | null, now: number): number | undefined => {
  if (after === null) return undefined;
  const at = /^\s*\d{1,9}(?:\.\d+)?\s*$/u.test(after) ? now + Number(after) * 1000 : Date.parse(after);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + LATEST);
};

const requestOf = ({ requestID }: APIError): string =>
  requestID ? `, request ${requestID.slice(0, 100).replaceAll(/[^\w:.-]/gu, '')}` : '';

const unreachable = (error: APIConnectionError, whom: AskedWhom): AppError => {
  const causes = [error.cause, error.cause instanceof Error ? error.cause.cause : undefined];
  const own = causes.find((cause) => cause instanceof AppError);
  if (own instanceof AppError && own.code !== 'source_unavailable') return own;
  const late = error instanceof APIConnectionTimeoutError;
  const why = late ? 'it did not answer in time' : (codeOf(error) ?? 'the connection failed');
  return new AppError(
    'source_unavailable',
    `${nameOf(whom)} could not be reached (${why}). Check the network and the address, and ask again.`,
    {
      cause: error,
    },
  );
};

/** The word that the system has for it, however deep it lies. */
const codeOf = (error: unknown, depth = 0): string | undefined => {
  if (!(error instanceof Error) || depth > 5) return undefined;
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z_]+$|^UND_/u.test(error.code)
    ? error.code
    : codeOf(error.cause, depth + 1);
};
