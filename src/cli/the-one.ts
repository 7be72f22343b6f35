import { AppError } from '../core/errors.ts';

/** The one whose id begins so; rejects with where they are listed. */
export const theOne = <One extends { readonly id: string }>(
  all: readonly One[],
  begins: string,
  what: string,
  lists: string,
): One => {
  const [one, other] = all.filter(({ id }) => id.startsWith(begins));
  if (one && !other) return one;
  throw new AppError(one ? 'invalid_input' : 'not_found', `${one ? 'More than one' : 'No'} ${what} begins like that. ${lists}`);
};
