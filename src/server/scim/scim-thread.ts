import { extname } from 'node:path';

import { openThread, type Thread } from '../../thread/thread.ts';
import type { ScimAnswer, ScimQuestion } from './asking.ts';

/** What the thread starts with. */
export interface ScimWorkerData {
  readonly indexPath: string;
  readonly source: string;
  readonly connector: string;
  /** The address of `/scim/v2`. */
  readonly base: string;
  /** How long a change waits for a run that writes the source. */
  readonly patienceMs: number;
}

/** The directory that a provider pushes to. */
export type ScimThread = Thread<ScimQuestion, ScimAnswer>;

/** A run of such a source takes milliseconds. */
const PATIENCE_MS = 5000;
const DEADLINE_MS = 20_000;

/** Opens the thread in which pushes are read and written: nobody who asks waits for that. */
export const openScimThread = ({
  patienceMs = PATIENCE_MS,
  ...given
}: Omit<ScimWorkerData, 'patienceMs'> & { readonly patienceMs?: number }): ScimThread => {
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  return openThread<ScimQuestion, ScimAnswer, ScimWorkerData>({
    name: 'directory',
    url: new URL(`scim.worker${extension}`, import.meta.url),
    given: { ...given, patienceMs },
    deadlineMs: DEADLINE_MS,
  });
};
