import { AppError } from './errors.ts';

const REASON_MAX = 300;
/** As JSON, beside the other arguments: the audit keeps only a hash of what is longer than 1,024 bytes together. */
const BYTES_MAX = 700;

/** A reason that somebody gave, as the audit keeps it; throws `invalid_input` for one that says nothing, or too much. */
export const reasonOf = (given: string): string => {
  const reason = given.trim();
  if (reason === '' || reason.length > REASON_MAX) {
    throw new AppError('invalid_input', `Say why in at most ${REASON_MAX} characters: --reason <text>`);
  }
  if (isKept(reason)) return reason;
  throw new AppError('invalid_input', `Say why in at most ${BYTES_MAX} bytes, for the audit to keep it: --reason <text>`);
};

/** Whether the audit keeps it as it is, and not only a hash of it. */
const isKept = (reason: string): boolean => Buffer.byteLength(JSON.stringify(reason)) <= BYTES_MAX;
