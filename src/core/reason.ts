import { AppError } from './errors.ts';

/** Beside the other arguments it stays under the length at which the audit keeps only a hash of them. */
const REASON_MAX = 300;

/** A reason that somebody gave, as the audit keeps it; throws `invalid_input` for one that says nothing, or too much. */
export const reasonOf = (given: string): string => {
  const reason = given.trim();
  if (reason !== '' && reason.length <= REASON_MAX) return reason;
  throw new AppError('invalid_input', `Say why in at most ${REASON_MAX} characters: --reason <text>`);
};
