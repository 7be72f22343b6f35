import { AppError } from '../core/errors.ts';

export interface CappedOptions {
  /** In bytes after decompression. */
  readonly max: number;
  /** What was called, for the message. */
  readonly call: string;
  readonly signal: AbortSignal;
}

/**
 * A body as far as it may be long, whatever its reply said of its length. One that breaks off is an error, not a shorter body; one
 * that nobody reads is let go with its connection.
 */
export const capped = (body: ReadableStream<Uint8Array>, { max, call, signal }: CappedOptions): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  let read = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal.throwIfAborted();
        throw new AppError(
          'source_unavailable',
          `${call} broke off in the middle of its answer. It is made again by the next run.`,
          {
            cause,
          },
        );
      });
      if (done) {
        controller.close();
        return;
      }
      read += value.byteLength;
      if (read > max) {
        await reader.cancel();
        throw new AppError('source_changed', `${call} answered with more than ${Math.floor(max / 1_048_576)} MB.`);
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
};
