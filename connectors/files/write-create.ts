import { z } from 'zod';

import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { defineWrite, type Receipt } from '../../src/core/write.ts';
import type { Settings } from './entries.ts';
import { namesOf, PATH_MAX, pathFault } from './write-names.ts';
import { inPlace, type Place } from './write-place.ts';
import { mayWriteAt, writable } from './write-rights.ts';
import { cleared, leftOf, markedOf, markOf, named, type Note, noteOf, stage, unpublished } from './write-stage.ts';
import { bytesOf, revisionOf, TEXT_MAX, textSchema, unseenIn } from './write-text.ts';

const input = z.strictObject({
  path: z
    .string()
    .max(PATH_MAX)
    .superRefine((path, issue) => {
      const fault = pathFault(path);
      if (fault !== undefined) issue.addIssue({ code: 'custom', message: `cannot be a file: ${fault}` });
    })
    .describe('Path below the root, such as policies/leave.md. Its folder must be there, and nothing of this name in it.'),
  text: textSchema.describe('The whole text.'),
});
type Input = z.infer<typeof input>;

/** Makes a file that was not there. */
export const createFile = defineWrite<Settings, Input>({
  name: 'files.create',
  title: 'Create a file',
  description:
    'Creates a text file (.md, .markdown, .txt, .text, .csv) in a folder that is there. It overwrites nothing, makes no folder, and no file of permissions.',
  input,
  on: 'source',
  operations: [],
  offered: () => process.platform !== 'win32', // where no folder can be held open while its file is written
  mayWrite: async ({ input }, run, as) => inPlace(placed(input), run, (place) => mayWriteAt(place, as)),
  preview: async ({ input }, run, as) =>
    inPlace(placed(input), run, async (place) => {
      const { key, acl } = await free(place, as);
      bytesOf(input.text, mostOf(run.settings));
      return {
        target: key,
        changes: [{ field: 'text', after: input.text }],
        audience: acl,
        warnings: unseenIn('', input.text),
      };
    }),
  commit: async ({ input }, run, as, committing) =>
    inPlace(placed(input), run, async (given) => {
      const { intent } = committing;
      const place = await free(given, as);
      const bytes = bytesOf(input.text, mostOf(run.settings));
      const after = revisionOf(bytes);
      await unpublished(place, intent, async () => {
        await stage(place, intent, bytes);
        run.signal.throwIfAborted();
        await committing.keep(JSON.stringify({ ...(await markedOf(place, intent)), after } satisfies Note));
        await place.verify();
        if (!(await named(place, intent, place.name))) throw isTaken(place);
      });
      await settledDown(place, () => cleared(place, intent));
      return receiptOf(place, after);
    }),
  settle: async ({ input }, run, _as, intent) =>
    inPlace(placed(input), run, async (place) => {
      const note = noteOf(intent);
      if (!place) return note ? 'uncertain' : 'absent';
      const settled = note ? await judged(place, note, await leftOf(place, intent, note)) : 'absent';
      if (settled !== 'uncertain') await cleared(place, intent);
      return settled;
    }),
});

/** The largest text that this source takes. */
export const mostOf = ({ max_bytes = TEXT_MAX }: Settings): number => Math.min(max_bytes, TEXT_MAX);

/** The key of a path, which must be one. */
const placed = ({ path }: Input): string => namesOf(path).join('/');

const free = async (given: Place | undefined, as: Account): Promise<Place> => {
  const place = await writable(given, as);
  if (place.taken) throw isTaken(place);
  return place;
};

const isTaken = ({ key }: Place): AppError =>
  new AppError('conflict', `Something at ${key} has this name, or one that could be taken for it. Choose another.`);

/** What is done when it is there: after that, nobody may take it for not written. */
export const settledDown = async (place: Place, clear: () => Promise<void>): Promise<void> => {
  try {
    await place.sync();
    await clear();
  } catch (cause) {
    throw new AppError('source_unavailable', `${place.key} was written, but the system failed after that.`, { cause });
  }
};

/** Is what stands there the file that was made beside? */
const judged = async (
  place: Place,
  note: Note,
  left: { readonly beside: boolean; readonly untouched: boolean },
): Promise<Receipt | 'absent' | 'uncertain'> => {
  const there = place.found === undefined ? undefined : await place.look(place.found);
  const after = note.after ?? '';
  if (there && markOf(there) === note.mark && (left.beside || revisionOf(await place.read(TEXT_MAX)) === after)) {
    return receiptOf(place, after);
  }
  return left.untouched ? 'absent' : 'uncertain';
};

const receiptOf = ({ key }: Place, after: string): Receipt => ({
  key,
  after,
  undo: { action: 'files.delete', aim: { key, input: {} }, revision: after },
});
