import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import type { Run } from '../../src/core/connector.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Input, openInput } from './api.ts';
import type { Fold } from './fold.ts';
import { documentStanding, isDocument, lookUp, surveyed } from './standing.ts';

/** What closes a document can stand in any line, so the whole file is read: a larger one would keep others waiting. */
const BYTES_MAX = 16 * 1024 * 1024;
/** Files of which is remembered what stands in them. */
const KEPT_MAX = 8;
/** Two writes within one tick of the file system's clock look alike: a file that was written just now is not remembered. */
const SETTLED_MS = 1000;

interface Settings {
  readonly path: string;
}

interface Kept {
  /** Of the file it was read from. */
  readonly state: string;
  readonly fold: Promise<Fold>;
}

/** Reads single documents of files that can be read more than once. What stands in a file is remembered for as long as the file stays the same. */
export const readDocument = (isFile: (settings: Settings) => boolean) => {
  const kept = new Map<string, Kept>(); // in the order in which they were read

  const standing = async (input: Input, run: Run<Settings, never>): Promise<Fold> => {
    const path = resolve(run.folder, run.settings.path);
    const known = kept.get(path);
    if (known?.state === input.state) return known.fold;
    const fold = foldOf(run, input.state);
    if (run.now().getTime() - input.changedAt < SETTLED_MS) return fold;
    kept.delete(path);
    for (const [other] of kept) if (kept.size >= KEPT_MAX) kept.delete(other);
    kept.set(path, { state: input.state, fold });
    fold.catch(() => void (kept.get(path)?.fold === fold && kept.delete(path)));
    return fold;
  };

  return async (key: string, run: Run<Settings, never>): Promise<SourceDocument | 'gone' | 'forbidden'> => {
    run.signal.throwIfAborted();
    if (!isFile(run.settings)) throw new AppError('config', `sources.${run.source} is read from standard input, and only once.`);
    const input = await openInput(run, run.settings.path);
    try {
      if (input.size > BYTES_MAX) throw tooLarge(run.source);
      return await documentIn(await standing(input, run), key, input, run.signal);
    } finally {
      await input.close();
    }
  };
};

/** Others may wait for it too: it ends by itself, not with the one who began it. */
const foldOf = async (run: Run<Settings, never>, state: string): Promise<Fold> => {
  const input = await openInput({ ...run, signal: NEVER }, run.settings.path);
  try {
    if (input.state !== state)
      throw new AppError('source_unavailable', `The file of sources.${run.source} was just replaced. Ask again.`);
    const { fold, cursor } = await surveyed(input, { offset: 0, number: 1 }, createHash('sha256'));
    await input.verify(cursor.sha256);
    return fold;
  } finally {
    await input.close();
  }
};

const NEVER = new AbortController().signal;

const documentIn = async (
  { items }: Fold,
  key: string,
  input: Input,
  signal: AbortSignal,
): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  const item = items.get(key);
  if (!item || item.body?.type === 'container') return 'gone';
  if (!isDocument(item, 1)) return 'forbidden'; // closed by a line that cannot be read, or never stated whole
  const change = await documentStanding(item, lookUp(input, signal), lookUp(input, signal));
  return change.document;
};

const tooLarge = (source: string): AppError => {
  const limit = `${BYTES_MAX / 1024 / 1024} MB`;
  return new AppError('too_large', `The file of sources.${source} is larger than ${limit}, too long to be read for an answer.`);
};
