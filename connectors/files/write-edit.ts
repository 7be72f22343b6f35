import { rename } from 'node:fs/promises';

import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Aim, defineWrite, type Intent, type Receipt } from '../../src/core/write.ts';
import type { Settings } from './entries.ts';
import { mostOf, settledDown } from './write-create.ts';
import { isText } from './write-names.ts';
import { inPlace, type Place } from './write-place.ts';
import { mayWriteAt, writable } from './write-rights.ts';
import {
  cleared,
  faultOf,
  leftOf,
  locked,
  markedOf,
  markOf,
  type Note,
  noteOf,
  stage,
  stateOf,
  unpublished,
} from './write-stage.ts';
import { bytesOf, type Edit, edited, editSchema, revisionOf, TEXT_MAX, textOf, unseenIn } from './write-text.ts';

/** Changes the text of a file that is there. */
export const editFile = defineWrite<Settings, Edit>({
  name: 'files.edit',
  title: 'Edit a file',
  description:
    'Changes a text file (.md, .markdown, .txt, .text, .csv): pieces of its text, each of which must occur exactly once, or the whole of it.',
  input: editSchema,
  on: 'document',
  operations: [],
  offered: () => process.platform !== 'win32',
  mayWrite: async (aim, run, as) => inPlace(keyOf(aim), run, (place) => mayChange(place, as)),
  preview: async (aim, run, as) =>
    inPlace(keyOf(aim), run, async (given) => {
      const place = await changeable(given, as);
      const { before, revision } = await stands(place);
      const after = edited(before, aim.input);
      bytesOf(after, mostOf(run.settings));
      return {
        target: place.key,
        revision,
        changes: [{ field: 'text', before, after }],
        audience: place.acl,
        warnings: unseenIn(before, after),
      };
    }),
  commit: async (aim, run, as, committing) =>
    inPlace(keyOf(aim), run, async (given) => {
      const { intent } = committing;
      const place = await changeable(given, as);
      const { before, revision, state, stats } = await stands(place);
      assertSame(place, revision, intent);
      const bytes = bytesOf(edited(before, aim.input), mostOf(run.settings));
      const after = revisionOf(bytes);
      await unpublished(place, intent, async () => {
        await stage(place, intent, bytes, stats);
        const lock = await locked(place, intent, place.found);
        await assertStill(place, state);
        run.signal.throwIfAborted();
        await committing.keep(JSON.stringify({ ...(await markedOf(place, intent)), before: state, after } satisfies Note));
        await place.verify();
        await assertStill(place, state);
        await rename(place.at(lock), place.at(place.found)).catch((error: unknown) => {
          throw faultOf(place, error);
        });
      });
      await settledDown(place, () => cleared(place, intent));
      return receiptOf(place, { before, revision, after });
    }),
  settle: async (aim, run, _as, intent) =>
    inPlace(keyOf(aim), run, async (place) => {
      const note = noteOf(intent);
      if (!place) return note ? 'uncertain' : 'absent';
      const settled = note ? await judged(place, note, intent) : 'absent';
      if (settled !== 'uncertain') await cleared(place, intent);
      return settled;
    }),
});

/** The document that is aimed at. */
export const keyOf = ({ key }: Aim): string => {
  if (key !== undefined) return key;
  throw new AppError('invalid_input', 'This is done to a file. Say which.');
};

/** A place with something there that is one text file. */
type Standing = Place & { readonly found: string };

const isStanding = (place: Place | undefined): place is Standing => place?.found !== undefined && isText(place.found);

/** May this account change the text that is there? Nobody changes one that the system calls read-only. */
export const mayChange = async (place: Place | undefined, as: Account): Promise<boolean> => {
  if (!isStanding(place) || !(await mayWriteAt(place, as))) return false;
  const stats = await place.look(place.found);
  return stats !== undefined && stats.isFile() && (stats.mode & 0o200n) !== 0n;
};

/** The same, or the one answer where they may not. */
export const changeable = async (place: Place | undefined, as: Account): Promise<Standing> => {
  if (isStanding(place) && (await mayChange(place, as))) return place;
  await writable(undefined, as);
  throw new Error('nowhere may be written');
};

/** What stands there now: bytes, and a state, of one moment. */
export const stands = async (place: Standing) => {
  const stats = await place.look(place.found);
  if (!stats) throw moved(place);
  if (stats.nlink > 1n)
    throw new AppError('conflict', `${place.key} is a file with several names in the system. Mend that, or change it there.`);
  const bytes = await place.read(TEXT_MAX);
  const state = stateOf(stats);
  await assertStill(place, state);
  return { before: textOf(bytes), revision: revisionOf(bytes), stats, state };
};

/** Rejects with `conflict` where it is not any more what was decided about. */
export const assertSame = (place: Place, revision: string, intent: Intent): void => {
  if (revision !== intent.revision) throw moved(place);
};

/** Rejects with `conflict` where somebody has touched it since it was read. */
export const assertStill = async (place: Standing, state: string): Promise<void> => {
  const stats = await place.look(place.found);
  if (!stats || stateOf(stats) !== state) throw moved(place);
};

const moved = ({ key }: Place): AppError =>
  new AppError('conflict', `${key} is not any more what it was. Nothing was written; look at it and ask again.`);

const judged = async (place: Place, note: Note, intent: Intent): Promise<Receipt | 'absent' | 'uncertain'> => {
  const left = await leftOf(place, intent, note);
  const there = place.found === undefined ? undefined : await place.look(place.found);
  const { revision = '' } = intent;
  const after = note.after ?? '';
  if (there && markOf(there) === note.mark && (left.beside || revisionOf(await place.read(TEXT_MAX)) === after)) {
    return receiptOf(place, { revision, after });
  }
  if (left.untouched || left.locks) return 'absent';
  return there && stateOf(there) === note.before ? 'absent' : 'uncertain';
};

const receiptOf = (
  { key }: Place,
  { before, revision, after }: { readonly before?: string; readonly revision: string; readonly after: string },
): Receipt => ({
  key,
  before: revision,
  after,
  // What was there is not known any more after a crash.
  ...(before !== undefined && { undo: { action: 'files.edit', aim: { key, input: { text: before } }, revision: after } }),
});
