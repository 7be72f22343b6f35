/** How much of a text fits into so many cells of a terminal, in code units. A terminal that takes fewer for a character has room left. */
export const fitting = (text: string, cells: number): number => {
  let [left, end] = [cells, 0];
  for (const character of text) {
    left -= cellsOf(character);
    if (left < 0) break;
    end += character.length;
  }
  return end;
};

/** Cells that a text takes at most. */
export const cellsIn = (text: string): number => Array.from(text).reduce((sum, character) => sum + cellsOf(character), 0);

const cellsOf = (character: string): number => {
  if (character === '\t') return TAB;
  return WIDE.test(character) ? 2 : ABOVE.test(character) ? 0 : 1;
};

/** From one stop to the next. */
const TAB = 8;
/** Scripts of East Asia with their marks and forms of full width, and pictures (UAX #11: W and F). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u3200-\u33ff\uff01-\uff60\uffe0-\uffe6\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
/** Marks that stand above or below another character. */
const ABOVE = /[\p{Mn}\p{Me}]/u;
