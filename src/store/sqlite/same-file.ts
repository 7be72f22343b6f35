import { statSync } from 'node:fs';

import { AppError } from '../../core/errors.ts';
import type { DatabaseFile } from './failure.ts';

/** Throws `unavailable` once another file stands at the path, or none. */
export type SameFile = () => void;

/**
 * Remembers the file that was opened. One that was moved away, or that another was put in the place of, is still read by whoever
 * holds it open, and what it says has ended: permissions that are revoked in the new one would still hold in it.
 */
export const sameFile = ({ path, name = 'database' }: DatabaseFile): SameFile => {
  const opened = statSync(path, { bigint: true });
  return () => {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino === opened.ino && found.dev === opened.dev) return;
    throw new AppError('unavailable', `The ${name} was moved or replaced while it was in use. Start Castellan again.`);
  };
};
