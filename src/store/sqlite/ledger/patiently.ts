import { setTimeout } from 'node:timers/promises';

import { isBusy } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';

/** Another process's commit is waited for without stopping this thread, in ms. */
const BUSY_MS = 5000;
const RETRY_MS = 10;

/** Waits for another process's commit as everybody else can go on. */
export const patient =
  (file: DatabaseFile) =>
  async <T>(work: () => T): Promise<T> => {
    for (let left = BUSY_MS / RETRY_MS; ; left--) {
      try {
        return work();
      } catch (error) {
        if (left <= 0 || !isBusy(error)) return guarded(file, () => rethrow(error));
        await setTimeout(RETRY_MS);
      }
    }
  };

const rethrow = (error: unknown): never => {
  throw error;
};
