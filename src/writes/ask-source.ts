import type { Run } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import type { Aim, WriteAction } from '../core/write.ts';
import type { WritableSource } from './parts.ts';

/** What an action gets from the outside. Only where it is `writing` can it reach operations that write. */
export const runFor = (
  source: WritableSource,
  action: WriteAction,
  { now, signal, writing }: { readonly now: () => number; readonly signal: AbortSignal; readonly writing: boolean },
): Run<unknown, never> => {
  const fetch = source.fetchFor(action, writing);
  return {
    source: source.name,
    settings: source.settings,
    folder: source.folder,
    due: { listing: false, permissions: true, content: true },
    fetch: (input, init) => fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal }),
    notice: () => undefined,
    now: () => new Date(now()),
    signal,
  };
};

/** Asks a source, and waits no longer than this for what hangs. */
export const within = async <T>(ms: number, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const late = new AbortController();
  const { promise: never, reject } = Promise.withResolvers<never>();
  never.catch(() => undefined);
  const timer = setTimeout(() => {
    reject(new AppError('source_unavailable', `The source did not answer within ${ms / 1000} s. Try again later.`));
    late.abort();
  }, ms);
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([ask(AbortSignal.any([signal, late.signal])), never]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
};

/** What is aimed at, its input as the action understands it; throws `invalid_input` for what it does not. */
export const aimOf = (action: WriteAction, key: string | undefined, input: unknown): Aim => {
  const parsed = action.input.safeParse(input);
  if (parsed.success) return { ...(key === undefined ? {} : { key }), input: parsed.data };
  const [issue] = parsed.error.issues;
  const where = ['input', ...(issue?.path.map(String) ?? [])].join('.');
  throw new AppError(
    'invalid_input',
    `${where}: ${issue?.message ?? 'is not valid'}. list_sources shows what ${action.name} takes.`,
  );
};
