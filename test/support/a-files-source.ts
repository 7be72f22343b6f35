import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { files } from '../../connectors/files/sync.ts';
import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { aConnectorRun, changesOf } from './a-connector-run.ts';
import { aFolder } from './a-folder.ts';

type Settings = Parameters<typeof files.hosts>[0];

/** The least that settings must say. */
export const BARE = { root: 'wiki', people: 'people.yaml' } as const satisfies Settings;

/** A folder tree `wiki` with a people file beside it. */
export interface FilesSource {
  readonly folder: string;
  readonly root: string;
  /** Paths below the root, and what stands in them. */
  put(tree: Readonly<Record<string, string>>): Promise<void>;
  putPeople(text: string): Promise<void>;
  sync(settings?: Settings): Promise<Change[]>;
}

/** A fresh source; everyone may see its root unless it says otherwise. */
export const aFilesSource = async (tree: Readonly<Record<string, string>> = {}): Promise<FilesSource> => {
  const folder = await aFolder();
  const root = join(folder, 'wiki');
  const source: FilesSource = {
    folder,
    root,
    async put(given) {
      for (const [path, text] of Object.entries(given)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
    },
    putPeople: (text) => writeFile(join(folder, 'people.yaml'), text),
    sync: (settings = { ...BARE, default_acl: ['everyone'] }) => changesOf(files, aConnectorRun(settings, { folder })),
  };
  await mkdir(root);
  await source.putPeople('accounts: []\n');
  await source.put(tree);
  return source;
};

/** What was said last of who may see each key. */
export const aclsBy = (changes: readonly Change[]): Record<string, Acl> =>
  Object.fromEntries(
    changes.flatMap((change): [string, Acl][] => {
      if (change.type === 'document') return [[change.document.key, change.document.acl]];
      return change.type === 'container' || change.type === 'acl' ? [[change.key, change.acl]] : [];
    }),
  );

/** The keys of the documents, in the order they were yielded. */
export const documentKeys = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => (change.type === 'document' ? [change.document.key] : []));

/** The problems, each as its key and its message. */
export const problemsOf = (changes: readonly Change[]): [string | undefined, string][] =>
  changes.flatMap((change): [string | undefined, string][] =>
    change.type === 'problem' ? [[change.key, change.error.message]] : [],
  );

/** Was the listing closed? */
export const isWhole = (changes: readonly Change[]): boolean => changes.some(({ type }) => type === 'complete');
