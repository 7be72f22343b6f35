import { cutBefore } from '../core/cut.ts';

/** Says how many tokens a text costs a model, by OpenAI's o200k vocabulary; it may say a few too many, never hang. */
export type CountTokens = (text: string) => number;

/** The vocabulary merges in quadratic time within one endless word, so no longer piece is handed to it. */
const PIECE_MAX = 512;

/** Text that looks like a control token is counted, and quoted, as text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

/** Opens the counter. The vocabulary takes a fifth of a second to load, so it waits for the first answer that needs it. */
export const openTokenCounter = async (): Promise<CountTokens> => {
  const { countTokens, setMergeCacheSize } = await import('gpt-tokenizer/encoding/o200k_base');
  setMergeCacheSize(0); // it would keep pieces of documents in memory, and one caller's would speed up another's
  return (text) => {
    let tokens = 0;
    for (let from = 0; from < text.length;) {
      const piece = text.slice(from, from + PIECE_MAX).toWellFormed();
      tokens += countTokens(piece, AS_TEXT);
      from += piece.length;
    }
    return tokens;
  };
};

/** How much is given up to end with a word. */
const WORD_SLACK = 40;

/** How long the longest beginning of a text is whose JSON costs at most `room` tokens; it ends with a word where it can. */
export const lengthWithin = (text: string, room: number, count: CountTokens): number => {
  let fits = 0;
  let over = text.length + 1;
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    if (count(JSON.stringify(text.slice(0, middle))) <= room) fits = middle;
    else over = middle;
  }
  if (fits === text.length) return fits;
  const end = cutBefore(text, fits);
  const blank = text.slice(0, end).search(/\s\S*$/u);
  return blank >= Math.max(1, end - WORD_SLACK) ? blank + 1 : end;
};
