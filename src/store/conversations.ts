import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { AppError } from '../core/errors.ts';

/** The last conversation of one person with a model. */
const conversation = z.object({
  /** By which OpenAI keeps it, where it does. */
  response: z.string().optional(),
  /** What was asked and answered, the oldest first, where nobody else keeps it. */
  turns: z.array(z.object({ question: z.string(), answer: z.string() })),
  /** The ids of all documents that the model was given. */
  documents: z.array(z.string()),
  /** The tools that the model was told of. */
  tools: z.array(z.string()),
});
export type Conversation = z.infer<typeof conversation>;

/** The last conversation of each person, by a name of theirs: whoever it is of is part of that name. */
export interface Conversations {
  last(of: readonly string[]): Promise<Conversation | undefined>;
  /** `after`: the one that it goes on from. Rejects with `conflict` where that is not the last any more, and replaces nothing. */
  keep(of: readonly string[], conversation: Conversation, after?: Conversation): Promise<void>;
}

/** One file a person, replaced as a whole. */
export const openConversations = (folder: string): Conversations => {
  const pathOf = (of: readonly string[]): string =>
    join(folder, `${createHash('sha256').update(JSON.stringify(of)).digest('hex')}.json`);
  const last = async (of: readonly string[]): Promise<Conversation | undefined> => {
    const text = await readFile(pathOf(of), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new AppError('unavailable', `The conversation in ${folder} cannot be read. Ask without --continue.`, { cause });
    });
    return text === undefined ? undefined : conversation.safeParse(jsonOf(text)).data;
  };
  return {
    last,
    keep: async (of, kept, after) => {
      const path = pathOf(of);
      const draft = `${path}.${randomUUID()}`;
      if (after && JSON.stringify(await last(of)) !== JSON.stringify(after)) throw overtaken();
      try {
        await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        });
        await using file = await open(draft, 'wx', 0o600);
        await file.writeFile(JSON.stringify(kept));
        await rename(draft, path);
      } catch (cause) {
        await rm(draft, { force: true }).catch(() => undefined); // what failed is told
        throw unkept(folder, cause);
      }
    },
  };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // half a file is no conversation
  }
};

const unkept = (folder: string, cause: unknown): AppError =>
  new AppError(
    'unavailable',
    `This turn could not be kept in ${folder}, and --continue goes on from what was there before. Make room there, or let it be written.`,
    { cause },
  );

const overtaken = (): AppError =>
  new AppError(
    'conflict',
    'The same person was answered elsewhere meanwhile, so this turn was not kept: --continue goes on from the other.',
  );
