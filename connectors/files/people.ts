import { AppError } from '../../src/core/errors.ts';
import { readPeopleFile } from './api.ts';
import type { Reading } from './entries.ts';
import { parsePeople, type People } from './map.ts';

const PEOPLE_BYTES_MAX = 50 * 1024 * 1024;

/** Who there is by the people file, now. Rejects where it cannot be read or is not valid. */
export const readPeople = async ({ run, tree }: Reading): Promise<People> => {
  const bytes = await readPeopleFile(run, tree, run.settings.people, PEOPLE_BYTES_MAX);
  try {
    return parsePeople(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      'source_rejected',
      `The people file ${run.settings.people} is not valid (${why}). Nothing was changed; mend it.`,
      {
        cause,
      },
    );
  }
};
