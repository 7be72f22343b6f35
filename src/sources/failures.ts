import { AppError } from '../core/errors.ts';

/** A call that went wrong: whose, its declared pattern, and what makes it again. */
export interface Called {
  readonly name: string;
  readonly call: string;
  readonly later: string;
}

/** A call and its answer take longer than anybody waits. */
export const tooLate = (name: string, within: number): AppError =>
  new AppError('source_unavailable', `${name} did not answer within ${within / 1000} s. It is asked again by the next run.`);

/** The source wants quiet for longer than anybody waits. */
export const limitedError = ({ name, call, later }: Called, at: number | undefined): AppError => {
  const when = at === undefined ? 'later' : `after ${new Date(at).toISOString()}`;
  return new AppError('source_rate_limited', `${name} was asked too often (${call}). Try again ${when}: ${later}`, {
    ...(at !== undefined && { retryAt: at }),
  });
};

/** It does not accept what was shown to it. */
export const rejectedError = (
  name: string,
  call: string,
  headers: Headers,
  remedy = `Renew what sources.${name} signs in with.`,
): AppError =>
  new AppError(
    'source_rejected',
    `${name} did not accept how Castellan signs in (401 to ${call}${requestId(headers)}). ${remedy}`,
  );

interface Failure extends Called {
  readonly status: number;
  readonly headers: Headers;
  readonly tried: number;
}

/** It failed, as often as it is asked. */
export const unavailableError = ({ name, call, later, status, headers, tried }: Failure): AppError =>
  new AppError(
    'source_unavailable',
    `${name} failed (${status} to ${call}${tried > 1 ? `, ${tried} times` : ''}${requestId(headers)}). It is asked again by the next run, or now: ${later}`,
  );

/** By which the source's own people find a call. */
const REQUEST_IDS = ['x-request-id', 'x-github-request-id', 'x-correlation-id', 'cf-ray', 'request-id'];

const requestId = (headers: Headers): string => {
  const id = REQUEST_IDS.map((header) => headers.get(header)).find((value) => value !== null);
  return id === undefined || id === null ? '' : `, request ${id.slice(0, 100).replace(/[^\w:.-]/gu, '')}`;
};
