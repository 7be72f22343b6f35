import { AppError } from '../core/errors.ts';

export interface CappedOptions {
  /** In bytes after decompression. */
  readonly max: number;
  /** What was called, for the message. */
  readonly call: string;
  readonly signal: AbortSignal;
}

/** A body as far as it may be long, whatever its reply said of its length. One that breaks off is an error, not a shorter body. */
export const capped = (body: AsyncIterable<Uint8Array>, options: CappedOptions): ReadableStream<Uint8Array> =>
  ReadableStream.from(counted(body, options));

async function* counted(body: AsyncIterable<Uint8Array>, { max, call, signal }: CappedOptions): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const bytes of body) {
      read += bytes.byteLength;
      if (read > max) break;
      yield bytes;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError('source_unavailable', `${call} broke off in the middle of its answer. It is made again by the next run.`, {
      cause,
    });
  }
  if (read > max) throw new AppError('source_changed', `${call} answered with more than ${Math.floor(max / 1_048_576)} MB.`);
}
