import type { AskSource } from '../core/asked.ts';
import { AppError } from '../core/errors.ts';
import { type LiveSource, runToRead, type Understanding } from './live.ts';

/** No source needs longer for one document; one that does is not heard, in ms. */
const DEADLINE_MS = 30_000;

export interface AskSourceOptions {
  readonly name: string;
  readonly source: LiveSource;
  readonly understand: Pick<Understanding, 'document'>;
  /** ms since 1970. */
  readonly now: () => number;
  readonly deadlineMs?: number;
}

/** Asks one source by what its connector offers; undefined where it offers nothing of the kind. */
export const createAskSource = ({
  name,
  source,
  understand,
  now,
  deadlineMs = DEADLINE_MS,
}: AskSourceOptions): AskSource | undefined => {
  const { connector } = source;
  if (!connector.read) return undefined;
  return async (key, as, given) => {
    const late = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([given, late]);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const end = (): void =>
      reject(
        given.aborted
          ? given.reason
          : new AppError('source_unavailable', `${name} did not answer within ${deadlineMs / 1000} s. Try again later.`),
      );
    signal.addEventListener('abort', end, { once: true });
    try {
      given.throwIfAborted();
      const said = await Promise.race([connector.read?.(key, runToRead(name, source, { now, signal }), as), ended]);
      if (said === 'gone' || said === 'forbidden') return said;
      const document = said && understand.document(name, said);
      if (document?.key === key) return { acl: document.acl };
      throw new AppError(
        'source_changed',
        `What ${name} says of ${key} is not as a document should be. Run: castellan sync ${name}`,
      );
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
};
