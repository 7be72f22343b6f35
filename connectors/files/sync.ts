import { join, resolve } from 'node:path';
import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { isName } from '../../src/core/principal.ts';
import { type Entry, openTree, reasonOf } from './api.ts';
import {
  byName,
  DEPTH_MAX,
  fileChanges,
  type Folder,
  isHidden,
  ownTerm,
  parentOf,
  type Reading,
  rootAcl,
  type Settings,
  settingsSchema,
  trouble,
} from './entries.ts';
import { aclBelow, CONTROL, controlsOf, isControl, keyOf, type Narrowing, type People, ROOT, shownKey } from './map.ts';
import { readPeople } from './people.ts';
import { readFile } from './read.ts';
import { createFile } from './write-create.ts';
import { deleteFile } from './write-delete.ts';
import { editFile } from './write-edit.ts';

const ENTRIES_MAX = 1_000_000;
/** Members yielded at once. */
const PAGE = 10_000;

/** A folder tree of documents. It is walked whole each time, so there is nothing to go on from. */
export const files = defineConnector<Settings, null>({
  name: 'files',
  title: 'Files',
  settings: settingsSchema,
  cursor: z.null(),
  operations: [],
  hosts: () => [],
  normalised: {
    file: {
      created_at: 'Not every file system keeps it, and a copy is born when it is copied.',
      media_type: true,
      size: true,
    },
  },
  watches: ({ root, people }, folder) => [
    { path: resolve(folder, root), skips: (name) => isHidden(name) && !isControl(name) },
    { path: resolve(folder, people) },
  ],
  async *sync(run) {
    const tree = await openTree(run, run.settings.root);
    const people = await readPeople({ run, tree });
    const walk: Walk = { run, tree, whole: true, entries: 0 };
    yield { type: 'listing' };
    yield* peopleChanges(people);
    yield* folderChanges(walk, { key: ROOT, path: tree.root, depth: 0 });
    await tree.verify();
    if (walk.whole) yield { type: 'complete' };
  },
  read: readFile,
  writes: [createFile, editFile, deleteFile],
});

interface Walk extends Reading {
  /** False once something was not seen that might hold documents: then nothing may be taken for gone. */
  whole: boolean;
  entries: number;
}

function* peopleChanges({ accounts, groups }: People): Generator<Change<null>> {
  for (const account of accounts) yield { type: 'account', account };
  for (const [group, members] of Object.entries(groups)) {
    let rest = members;
    for (; rest.length > PAGE; rest = rest.slice(PAGE))
      yield { type: 'members', group, members: rest.slice(0, PAGE), more: true };
    yield { type: 'members', group, members: rest };
  }
}

/** A folder, then all below it: each container before what it decides. */
async function* folderChanges(walk: Walk, folder: Folder): AsyncGenerator<Change<null>> {
  const { run, tree } = walk;
  const { key, path, closed } = folder;
  run.signal.throwIfAborted();
  const found = await tree.entries(path).catch((error: unknown) => ({ failed: reasonOf(error) }));
  if (found === undefined) return; // it is there no more
  if ('failed' in found) {
    walk.whole = false;
    // Its control file cannot be read either, so nobody can say who may see it.
    yield containerOf(run, key, { unknown: 'the folder cannot be read' });
    yield trouble(`The folder ${key === ROOT ? path : key} cannot be read (${found.failed}). Give the right to read it.`);
    return;
  }
  walk.entries += found.length;
  if (walk.entries > ENTRIES_MAX) {
    throw new AppError(
      'config',
      `sources.${run.source}.root holds more than ${ENTRIES_MAX} entries. Split it into several sources.`,
    );
  }
  const controls = controlsOf(found.map(({ name }) => name));
  const own = closed === undefined ? yield* ownTerm(walk, folder, key, controls.of('')) : { unknown: closed };
  yield containerOf(run, key, key === ROOT ? rootAcl(run.settings, own) : aclBelow(parentOf(key), own));
  for (const name of controls.astray) {
    yield trouble(`${keyOf(key, name)} narrows nothing that is there. Rename or remove it.`, shownKey(keyOf(key, name)));
  }
  for (const [name, entries] of byName(found)) {
    run.signal.throwIfAborted();
    yield* entryChanges(walk, folder, { key: keyOf(key, name), entries, narrowing: controls.of(name) });
  }
}

interface Found {
  readonly key: string;
  /** More than one where names differ only in the form of their letters. */
  readonly entries: readonly Entry[];
  readonly narrowing: Narrowing;
}

async function* entryChanges(walk: Walk, folder: Folder, { key, entries, narrowing }: Found): AsyncGenerator<Change<null>> {
  const [entry, other] = entries;
  if (!entry?.readable || !isName(key)) {
    yield trouble(
      `${shownKey(key)} has a name that is too long, not UTF-8, or holds control characters. Rename it.`,
      shownKey(key),
    );
    return;
  }
  if (other) {
    walk.whole = false; // either may be a folder
    yield { type: 'acl', key, acl: { unknown: 'two entries have this name' } };
    yield trouble(`${key} is the name of two entries but for the form of its letters. Rename one.`);
    return;
  }
  const path = join(folder.path, entry.name);
  const stats = await walk.tree.look(path).catch((error: unknown) => ({ failed: reasonOf(error) }));
  if (stats === undefined) return; // it is there no more
  if ('failed' in stats) {
    walk.whole = false; // it may be a folder
    yield trouble(`${key} cannot be looked at (${stats.failed}). Give the right to read it.`);
  } else if (stats.isFile()) {
    yield* fileChanges(walk, folder, { key, path, stats, narrowing });
  } else if (stats.isDirectory()) {
    const misplaced = narrowing.control ?? narrowing.doubtful;
    const closed = misplaced === undefined ? {} : { closed: `${misplaced} seems to mean this folder` };
    if (misplaced !== undefined)
      yield trouble(`${misplaced} stands beside the folder ${key}. Put it inside, as ${CONTROL}.`, key);
    if (folder.depth < DEPTH_MAX) yield* folderChanges(walk, { key, path, depth: folder.depth + 1, ...closed });
    else yield trouble(`${key} is deeper than ${DEPTH_MAX} folders, where nobody could see it. Move it up.`, key);
  }
  // A link, a pipe, a socket or a device is never opened, and is nothing here.
}

const containerOf = ({ source }: Run<Settings, null>, key: string, acl: Acl): Change<null> =>
  key === ROOT
    ? { type: 'container', key, title: source, acl }
    : { type: 'container', key, title: key.slice(key.lastIndexOf('/') + 1), acl, parent: parentOf(key) };
