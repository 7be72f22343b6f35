/** Whose fault an error is, and so who must hear of it. */
export type Blame = 'caller' | 'source' | 'operator' | 'us';

/** Every error a caller, a source or an operator can mend: its HTTP status, its blame, and whether the same call may succeed later. */
export const ERRORS = {
  invalid_input: { status: 400, blame: 'caller', retry: false },
  unauthenticated: { status: 401, blame: 'caller', retry: false },
  forbidden: { status: 403, blame: 'caller', retry: false },
  not_found: { status: 404, blame: 'caller', retry: false },
  conflict: { status: 409, blame: 'caller', retry: false },
  expired: { status: 410, blame: 'caller', retry: false },
  too_large: { status: 413, blame: 'caller', retry: false },
  rate_limited: { status: 429, blame: 'caller', retry: true },
  source_unavailable: { status: 503, blame: 'source', retry: true },
  source_rate_limited: { status: 503, blame: 'source', retry: true },
  source_rejected: { status: 502, blame: 'operator', retry: false },
  source_changed: { status: 502, blame: 'operator', retry: false },
  config: { status: 500, blame: 'operator', retry: false },
  unavailable: { status: 503, blame: 'us', retry: true },
} as const satisfies Record<string, { status: number; blame: Blame; retry: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

interface AppErrorOptions extends Pick<AppError, 'retryAt' | 'moved'> {
  readonly cause?: unknown;
}

/**
 * The one error class: what happened, then what to do. Anything else that is thrown is a bug.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** When the same may be tried again, where the source said so: ms since 1970. */
  readonly retryAt?: number;
  /** Of `source_changed`: what in which reply is not what it was. A path without values: `issues[].user.login`. */
  readonly moved?: { readonly call: string; readonly path: string };

  constructor(code: ErrorCode, message: string, { retryAt, moved, ...options }: AppErrorOptions = {}) {
    super(message, options);
    this.code = code;
    if (retryAt !== undefined) this.retryAt = retryAt;
    if (moved !== undefined) this.moved = moved;
  }
}

/** The end of an exhausted union: a type error if a case is missing, a crash if one arrives all the same. */
export const unreachable = (never: never): never => {
  throw new Error(`Unexpected case: ${JSON.stringify(never)}`);
};
