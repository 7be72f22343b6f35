import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { jsonl } from '../../connectors/jsonl/sync.ts';
import type { Change } from '../../src/core/change.ts';
import { aConnectorRun, changesOf, type ConnectorRunParts, cursorOf } from './a-connector-run.ts';
import { aFolder } from './a-folder.ts';
import { type JsonLine, jsonLines } from './json-lines.ts';

type SyncParts = Omit<ConnectorRunParts<unknown>, 'folder' | 'cursor'>;

/** A file of lines, read again and again, each time from the cursor that the time before left. */
export interface JsonlSource {
  readonly path: string;
  write(lines: readonly JsonLine[] | string | Uint8Array): Promise<void>;
  append(lines: readonly JsonLine[] | string): Promise<void>;
  sync(parts?: SyncParts): Promise<Change[]>;
}

/** A fresh source with these lines. */
export const aJsonlSource = async (lines: readonly JsonLine[] | string | Uint8Array = []): Promise<JsonlSource> => {
  const folder = await aFolder();
  const path = join(folder, 'wiki.jsonl');
  let cursor: unknown;
  const source: JsonlSource = {
    path,
    write: (written) => writeFile(path, isLines(written) ? jsonLines(written) : written),
    append: (written) => appendFile(path, isLines(written) ? jsonLines(written) : written),
    async sync(parts = {}) {
      const known = jsonl.cursor.safeParse(cursor).data;
      const run = aConnectorRun({ path: 'wiki.jsonl' }, { ...parts, folder, ...(known === undefined ? {} : { cursor: known }) });
      const changes = await changesOf(jsonl, run);
      cursor = cursorOf(changes) ?? cursor;
      return changes;
    },
  };
  await source.write(lines);
  return source;
};

const isLines = (written: readonly JsonLine[] | string | Uint8Array): written is readonly JsonLine[] => Array.isArray(written);
