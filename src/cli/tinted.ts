import { look, type Piece } from './terminal.ts';

/** A line of a proposal, as `linesOf` gives it: red what goes, green what comes. */
export const tinted = (line: string): Piece => {
  if (/^ {2}- /u.test(line)) return look('red', line);
  return /^ {2}\+ /u.test(line) ? look('green', line) : line;
};
