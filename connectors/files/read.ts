import { join } from 'node:path';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Run } from '../../src/core/connector.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { openTree } from './api.ts';
import { byName, DEPTH_MAX, fileChanges, type Folder, ownTerm, type Reading, rootAcl, type Settings } from './entries.ts';
import { controlsOf, keyOf, ROOT, type Unknown } from './map.ts';

/** What came of the way to a file: what decides about all on it, and the file's own changes. */
type Found =
  | { readonly chain: readonly (AclTerm | Unknown)[]; readonly changes: AsyncGenerator<Change<null>> }
  | 'gone'
  | 'forbidden';

/**
 * One file as it is now. Its acl spells out the terms of every folder above it, as they are now too: what is stored of those
 * may be older.
 */
export const readFile = async (key: string, run: Run<Settings, never>): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  run.signal.throwIfAborted();
  const tree = await openTree(run, run.settings.root);
  const found = await wayTo(key.split('/'), { run, tree });
  const read = typeof found === 'string' ? found : await documentOf(found);
  await tree.verify();
  return read;
};

/** Down from the root, one folder at a time, by the names that are there: what is not listed there is not reached. */
const wayTo = async (names: readonly string[], reading: Reading): Promise<Found> => {
  const { run, tree } = reading;
  const chain: (AclTerm | Unknown)[] = [];
  let folder: Folder = { key: ROOT, path: tree.root, depth: 0 };
  for (const [at, name] of names.entries()) {
    run.signal.throwIfAborted();
    const entries = folder.depth > DEPTH_MAX ? undefined : await tree.entries(folder.path);
    if (!entries) return 'gone';
    const controls = controlsOf(entries.map((entry) => entry.name));
    chain.push(...(await termsOf(reading, folder, controls.of(''))));
    const [entry, other] = new Map(byName(entries)).get(name) ?? [];
    if (!entry) return 'gone';
    if (other || !entry.readable) return 'forbidden';
    const path = join(folder.path, entry.name);
    const stats = await tree.look(path);
    const narrowing = controls.of(name);
    const key = keyOf(folder.key, name);
    if (at === names.length - 1) {
      return stats?.isFile() ? { chain, changes: fileChanges(reading, folder, { key, path, stats, narrowing }) } : 'gone';
    }
    if (!stats?.isDirectory()) return 'gone'; // a link leads nowhere
    const misplaced = narrowing.control ?? narrowing.doubtful;
    const closed = misplaced === undefined ? {} : { closed: `${misplaced} seems to mean this folder` };
    folder = { key, path, depth: folder.depth + 1, ...closed };
  }
  return 'gone';
};

/** What a folder itself says; the root says something also without a control file. */
const termsOf = async (
  reading: Reading,
  folder: Folder,
  narrowing: Parameters<typeof ownTerm>[3],
): Promise<readonly (AclTerm | Unknown)[]> => {
  const own =
    folder.closed === undefined ? await endOf(ownTerm(reading, folder, folder.key, narrowing)) : { unknown: folder.closed };
  if (folder.key !== ROOT) return own ? [own] : [];
  const acl = rootAcl(reading.run.settings, own);
  return 'unknown' in acl ? [acl] : acl.terms;
};

/** What a generator returns; what it yields is told by a run. */
export const endOf = async <Yielded, Returned>(generator: AsyncGenerator<Yielded, Returned>): Promise<Returned> => {
  for (;;) {
    const step = await generator.next();
    if (step.done) return step.value;
  }
};

const documentOf = async ({ chain, changes }: Exclude<Found, string>): Promise<SourceDocument | 'forbidden'> => {
  for await (const change of changes) {
    if (change.type === 'document') return { ...change.document, acl: spelledOut(change.document.acl, chain) };
  }
  return 'forbidden'; // a run would not read it
};

/** The folder's audience, as all that decides about it; then the file's own term. */
export const spelledOut = (acl: Acl, chain: readonly (AclTerm | Unknown)[]): Acl => {
  if ('unknown' in acl) return acl;
  const [, ...own] = acl.terms;
  const terms: AclTerm[] = [];
  for (const term of [...chain, ...own]) {
    if ('unknown' in term) return term;
    terms.push(term);
  }
  const [first, ...rest] = terms;
  return first ? { terms: [first, ...rest] } : { unknown: 'nothing says who may see it' };
};
