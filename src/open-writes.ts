import { AppError } from './core/errors.ts';
import type { View } from './core/view.ts';

const nowhere = async (): Promise<never> => {
  throw new AppError('forbidden', 'Nothing can be written here.');
};

/** The part of a view by which its caller writes. */
export const writingView = (): Pick<View, 'writes' | 'propose' | 'undo' | 'commit'> => ({
  writes: async () => [],
  propose: nowhere,
  undo: nowhere,
  commit: nowhere,
});
