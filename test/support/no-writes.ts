import type { View } from '../../src/core/view.ts';

/** The part of a view by which something is written, where nothing can be. */
export const NO_WRITES: Pick<View, 'writes' | 'propose' | 'undo' | 'commit'> = {
  writes: async () => [],
  propose: async () => Promise.reject(new Error('nothing is written here')),
  undo: async () => Promise.reject(new Error('nothing is written here')),
  commit: async () => Promise.reject(new Error('nothing is written here')),
};
