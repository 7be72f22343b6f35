import { rename, unlink } from 'node:fs/promises';

import { z } from 'zod';

import { defineWrite, type Receipt } from '../../src/core/write.ts';
import type { Settings } from './entries.ts';
import { settledDown } from './write-create.ts';
import { assertSame, assertStill, changeable, keyOf, mayChange, stands } from './write-edit.ts';
import { inPlace, type Place } from './write-place.ts';
import {
  cleared,
  faultOf,
  leftOf,
  locked,
  markedOf,
  type Note,
  noteOf,
  oldOf,
  stage,
  stateOf,
  unpublished,
} from './write-stage.ts';

const input = z.strictObject({});
type Input = z.infer<typeof input>;

/** Takes away a file that was made, as long as nobody changed it. */
export const deleteFile = defineWrite<Settings, Input>({
  name: 'files.delete',
  title: 'Delete a created file',
  description: 'Takes back the creation of a file that nobody has changed since.',
  input,
  on: 'document',
  operations: [],
  undoes: true,
  offered: () => process.platform !== 'win32',
  mayWrite: async (aim, run, as) => inPlace(keyOf(aim), run, (place) => mayChange(place, as)),
  preview: async (aim, run, as) =>
    inPlace(keyOf(aim), run, async (given) => {
      const place = await changeable(given, as);
      const { before, revision } = await stands(place);
      return { target: place.key, revision, changes: [{ field: 'text', before }], audience: place.acl, warnings: [] };
    }),
  commit: async (aim, run, as, committing) =>
    inPlace(keyOf(aim), run, async (given) => {
      const { intent } = committing;
      const place = await changeable(given, as);
      const { revision, state } = await stands(place);
      assertSame(place, revision, intent);
      await unpublished(place, intent, async () => {
        await stage(place, intent, new Uint8Array());
        await locked(place, intent, place.found);
        await assertStill(place, state);
        run.signal.throwIfAborted();
        await committing.keep(JSON.stringify({ ...(await markedOf(place, intent)), before: state } satisfies Note));
        await place.verify();
        await assertStill(place, state);
        await rename(place.at(place.found), place.at(oldOf(intent))).catch((error: unknown) => {
          throw faultOf(place, error);
        });
      });
      await settledDown(place, async () => {
        await cleared(place, intent);
        await unlink(place.at(oldOf(intent)));
      });
      return receiptOf(place, revision);
    }),
  settle: async (aim, run, _as, intent) =>
    inPlace(keyOf(aim), run, async (place) => {
      const note = noteOf(intent);
      if (!place) return note ? 'uncertain' : 'absent';
      const old = await place.look(oldOf(intent));
      const left = note && (await leftOf(place, intent, note));
      const there = place.found === undefined ? undefined : await place.look(place.found);
      const is = ((): 'done' | 'absent' | 'uncertain' => {
        if (!note) return 'absent';
        if (old) return 'done';
        if (left?.beside || (there && stateOf(there) === note.before)) return 'absent';
        return there ? 'uncertain' : 'done'; // what was made beside is taken away only after the file
      })();
      if (is !== 'uncertain') await cleared(place, intent);
      if (old) await unlink(place.at(oldOf(intent)));
      return is === 'done' ? receiptOf(place, intent.revision) : is;
    }),
});

const receiptOf = ({ key }: Place, before?: string): Receipt => ({ key, ...(before !== undefined && { before }) });
