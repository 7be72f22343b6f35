import { createHash, hash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';

/** A line that is longer is counted, never held to its end. */
const LINE_MAX = 50 * 1024 * 1024;
/** Read at once while streaming. */
const BLOCK = 1024 * 1024;
/** Read at once while lines are looked up again; they are mostly near each other. */
const LOOK = 128 * 1024;
const NEWLINE = 10;

/** Where a line stands, and a check sum of its bytes, so that it is known again. `number` counts from 1. */
export interface Ref {
  readonly offset: number;
  readonly length: number;
  readonly number: number;
  readonly sum: number;
}

/** A line as it was read: its text, or why it has none. `ended` is false for a last line without a newline. */
export interface Line {
  readonly ref: Ref;
  readonly ended: boolean;
  readonly text?: string;
  readonly fault?: string;
}

/** The file of one run, opened once: a file put into its place meanwhile does not mix into the run. */
export interface Input {
  /** What was there when the run began. What is appended meanwhile is for the next run. */
  readonly size: number;
  /** Another one, once it is another file or was written. */
  readonly state: string;
  /** When it was last written or replaced, ms since 1970. */
  readonly changedAt: number;
  /** All lines that are not blank, from a place on, in batches; `digest` is fed all bytes. */
  lines(from: Start, digest: Hash): AsyncGenerator<readonly Line[]>;
  /** Where reading can go on, if the first `offset` bytes still have this SHA-256 and end a line. */
  resume(offset: number, sha256: string): Promise<(Start & { readonly digest: Hash }) | undefined>;
  /** A reader of single lines already seen; it rejects if one is no longer what it was. */
  reader(): (ref: Ref) => Promise<string>;
  /** Rejects when what was read is not what the file holds now. */
  verify(sha256: string): Promise<void>;
  close(): Promise<void>;
}

/** A place in the file where a line begins. */
export interface Start {
  readonly offset: number;
  readonly number: number;
}

/** Opens the file of a source. */
export const openInput = async ({ source, folder, signal }: Run<unknown, unknown>, path: string): Promise<Input> => {
  const file = resolve(folder, path);
  const remedy = `Put it there or correct sources.${source}.path, then: castellan sync ${source}`;
  // Not to hang on a pipe: opened without waiting, and refused below.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new AppError('source_unavailable', `${file} cannot be read (${codeOf(cause)}). ${remedy}`, { cause });
  });
  const opened = await handle.stat({ bigint: true });
  if (!opened.isFile()) {
    await handle.close();
    throw new AppError('source_unavailable', `${file} is not a file. ${remedy}`);
  }
  const size = Number(opened.size);
  const changed = (): AppError =>
    new AppError('source_unavailable', `${file} was changed while it was read. Run again: castellan sync ${source}`);
  const streamed = { handle, size, signal, changed };

  return {
    size,
    state: [opened.dev, opened.ino, opened.size, opened.mtimeNs, opened.ctimeNs].join('-'),
    changedAt: Number(opened.ctimeMs),
    lines: (from, digest) => linesOf(streamed, from, digest),
    resume: (offset, sha256) => resumeAt(streamed, offset, sha256),
    reader: () => lookUp(streamed),
    async verify(sha256) {
      const now = await handle.stat({ bigint: true });
      if (now.mtimeNs === opened.mtimeNs && now.ctimeNs === opened.ctimeNs && now.size === opened.size) return;
      const digest = createHash('sha256');
      for await (const block of blocksOf(streamed, 0, size)) digest.update(block);
      if (digest.digest('hex') !== sha256) throw changed();
    },
    close: () => handle.close(),
  };
};

interface Streamed {
  readonly handle: FileHandle;
  readonly size: number;
  readonly signal: AbortSignal;
  readonly changed: () => AppError;
}

/** One buffer for all blocks: each is good until the next. */
async function* blocksOf({ handle, signal, changed }: Streamed, from: number, to: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(BLOCK, to - from));
  for (let offset = from; offset < to;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(BLOCK, to - offset), offset);
    if (bytesRead === 0) throw changed();
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

async function* linesOf(streamed: Streamed, from: Start, digest: Hash): AsyncGenerator<readonly Line[]> {
  let { offset, number } = from;
  const begun = beginnings();
  for await (const block of blocksOf(streamed, from.offset, streamed.size)) {
    digest.update(block);
    const lines: Line[] = [];
    let begin = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, begin)) {
      const { bytes, length } = begun.end(block.subarray(begin, end));
      const line = lineOf({ offset, length, number }, bytes, true);
      if (line) lines.push(line);
      offset += length + 1;
      number += 1;
      begin = end + 1;
    }
    begun.hold(block.subarray(begin));
    yield lines;
  }
  const { bytes, length } = begun.end(Buffer.alloc(0));
  const last = lineOf({ offset, length, number }, bytes, false);
  if (last) yield [last];
}

/** Holds a line that goes on in the next block, up to the longest that is accepted. */
const beginnings = (): { hold(bytes: Buffer): void; end(bytes: Buffer): { bytes: Buffer | undefined; length: number } } => {
  let held: Buffer[] = [];
  let length = 0;
  const hold = (bytes: Buffer): void => {
    length += bytes.length;
    if (length > LINE_MAX) held = [];
    else if (bytes.length > 0) held.push(Buffer.from(bytes));
  };
  const end = (bytes: Buffer): { bytes: Buffer | undefined; length: number } => {
    const whole = length + bytes.length;
    const joined = held.length === 0 ? bytes : Buffer.concat([...held, bytes]);
    held = [];
    length = 0;
    return { bytes: whole > LINE_MAX ? undefined : joined, length: whole };
  };
  return { hold, end };
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Undefined for a blank line. */
const lineOf = (place: Omit<Ref, 'sum'>, bytes: Buffer | undefined, ended: boolean): Line | undefined => {
  if (!bytes) return { ref: { ...place, sum: 0 }, ended, fault: `is longer than ${LINE_MAX / 1024 / 1024} MB` };
  const text = decoded(bytes);
  if (text?.trim() === '') return undefined;
  const ref = { ...place, sum: sumOf(bytes) };
  if (text !== undefined) return { ref, ended, text };
  return { ref, ended, fault: ended ? 'is not UTF-8' : 'is not finished' };
};

const decoded = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

/** 48 bits: enough to notice a change, and they fit a number. */
const sumOf = (bytes: Uint8Array): number => hash('sha256', bytes, 'buffer').readUIntBE(0, 6);

const resumeAt = async (
  streamed: Streamed,
  offset: number,
  sha256: string,
): Promise<(Start & { readonly digest: Hash }) | undefined> => {
  if (offset > streamed.size) return undefined;
  const digest = createHash('sha256');
  let number = 1;
  let last = NEWLINE;
  for await (const block of blocksOf(streamed, 0, offset)) {
    digest.update(block);
    last = block.at(-1) ?? last;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, end + 1)) number += 1;
  }
  if (digest.copy().digest('hex') !== sha256) return undefined;
  // A last line that had no newline, and now goes on, is not the line that was read.
  if (last !== NEWLINE && offset < streamed.size) {
    const next = Buffer.alloc(1);
    await streamed.handle.read(next, 0, 1, offset);
    if (next[0] !== NEWLINE) return undefined;
  }
  return { offset, number, digest };
};

const lookUp = ({ handle, size, changed }: Streamed): ((ref: Ref) => Promise<string>) => {
  let buffer = Buffer.alloc(0);
  let begin = 0;
  return async ({ offset, length, sum }) => {
    if (offset < begin || offset + length > begin + buffer.length) {
      buffer = await readAll(handle, offset, Math.min(Math.max(length, LOOK), size - offset));
      begin = offset;
    }
    const bytes = buffer.subarray(offset - begin, offset - begin + length);
    const text = decoded(bytes);
    if (text === undefined || sumOf(bytes) !== sum) throw changed();
    return text;
  };
};

/** As many of these bytes as are there. */
const readAll = async (handle: FileHandle, offset: number, length: number): Promise<Buffer<ArrayBuffer>> => {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(buffer, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
};

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause));
