import { AppError } from '../core/errors.ts';

export interface CappedOptions {
  /** In bytes after decompression. */
  readonly max: number;
  /** What was called, for the message. */
  readonly call: string;
  readonly signal: AbortSignal;
  /** Called when nothing more of it comes: read to its end, broken off, too long or left. */
  readonly over: () => void;
}

/** So much of it is taken in before anybody reads, in bytes: what is short leaves the wire by itself. */
const AHEAD = 65_536;

/**
 * A body as far as it may be long, whatever its reply said of its length. One that breaks off is an error, not a shorter body; one
 * that nobody reads is let go with its connection.
 */
export const capped = (
  body: ReadableStream<Uint8Array>,
  { max, call, signal, over }: CappedOptions,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  let read = 0;
  const next = (): ReturnType<typeof reader.read> =>
    reader.read().catch((cause: unknown) => {
      over();
      signal.throwIfAborted();
      throw new AppError(
        'source_unavailable',
        `${call} broke off in the middle of its answer. It is made again by the next run.`,
        { cause },
      );
    });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await next();
    if (done) {
      over();
      controller.close();
      return;
    }
    read += value.byteLength;
    if (read <= max) return controller.enqueue(value);
    over();
    await reader.cancel();
    throw new AppError('source_changed', `${call} answered with more than ${Math.floor(max / 1_048_576)} MB.`);
  };
  const cancel = (reason: unknown): Promise<void> => {
    over();
    return reader.cancel(reason);
  };
  return new ReadableStream({ pull, cancel }, new ByteLengthQueuingStrategy({ highWaterMark: AHEAD }));
};
