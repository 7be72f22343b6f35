import { type Marked, rewrite } from './marked.ts';

/**
 * Takes out what a person does not see but a model reads: zero-width and bidirectional controls, tag characters,
 * soft hyphens, stray variation selectors, fillers and all other controls but line feed and tab.
 */
export const withoutHidden = (given: string): Marked => {
  const text = given.toWellFormed().replace(/\r\n?/gu, '\n');
  if (!UNUSUAL.test(text)) return { text, marks: [] };
  return rewrite({ text, marks: [] }, HIDDEN, ({ index, 0: found }) => (isNeeded(text, index, found) ? undefined : ''));
};

/** Most texts have nothing else, and then need no closer look. */
const UNUSUAL = /[^\n\t\u0020-\u007e]/u;
/** Number signs of Arabic, Syriac and Kaithi are format characters too, but can be seen. */
const HIDDEN =
  /[[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]--[\n\t\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]/gv;
const EMOJI_BEFORE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const EMOJI_AFTER = /^\p{Extended_Pictographic}/u;
/** Scripts in which the joiners decide how a word is written. */
const JOINING =
  /[\p{sc=Arab}\p{sc=Syrc}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Orya}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}\p{sc=Khmr}]/u;

/** The joiners and the emoji selectors where writing needs them. */
const isNeeded = (text: string, index: number, found: string): boolean => {
  if (found !== '\u200c' && found !== '\u200d' && found !== '\ufe0e' && found !== '\ufe0f') return false;
  const before = text.slice(Math.max(0, index - 2), index); // two units: a whole character, if it is a pair
  const after = text.slice(index + 1, index + 3);
  if (found === '\ufe0e' || found === '\ufe0f') {
    return /\p{Extended_Pictographic}$/u.test(before) || (/[0-9#*]$/u.test(before) && after.startsWith('\u20e3'));
  }
  if (found === '\u200d' && EMOJI_BEFORE.test(before) && EMOJI_AFTER.test(after)) return true;
  return JOINING.test(before.slice(-1)) && JOINING.test(after.slice(0, 1));
};
