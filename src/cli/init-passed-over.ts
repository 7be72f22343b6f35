import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** A larger tree is only looked at in part: what is passed over is counted for information. */
const ENTRIES_MAX = 100_000;
const DEPTH_MAX = 60;

/** What a folder holds that is never read, and never told of by a sync. */
export interface PassedOver {
  readonly hidden: number;
  /** Links, pipes, sockets and devices. */
  readonly links: number;
}

/** Counts what the `files` connector passes over in silence. */
export const passedOver = async (root: string, signal: AbortSignal): Promise<PassedOver> => {
  const seen = { hidden: 0, links: 0, entries: 0 };
  const look = async (folder: string, depth: number): Promise<void> => {
    const opened = await opendir(folder).catch(() => undefined);
    if (!opened) return; // the sync tells of it
    for await (const entry of opened) {
      signal.throwIfAborted();
      seen.entries += 1;
      if (seen.entries > ENTRIES_MAX) return;
      if (entry.isDirectory() && !entry.name.startsWith('.')) {
        if (depth < DEPTH_MAX) await look(join(folder, entry.name), depth + 1);
      } else if (entry.name.startsWith('.')) seen.hidden += entry.name.startsWith('.acl.') ? 0 : 1;
      else if (!entry.isFile()) seen.links += 1;
    }
  };
  await look(root, 0);
  return { hidden: seen.hidden, links: seen.links };
};
