import { cutBefore } from './cut.ts';

const CUT = '…';

/**
 * A text that takes at most `bytes` in JSON, with `…` where it was cut. What a source wrote beside the text goes through here:
 * no token is shorter than a byte, so a hostile title cannot eat an answer.
 */
export const clip = (text: string, bytes: number): string => {
  if (text.length <= bytes && sizeOf(text) <= bytes) return text;
  let end = 0;
  let size = sizeOf(CUT);
  for (const character of text) {
    size += sizeOf(character);
    if (size > bytes) break;
    end += character.length;
  }
  return text.slice(0, cutBefore(text, end)) + CUT;
};

/** A list that takes at most `bytes` in JSON, and no text of it more than `each`; `…` stands for those left out. */
export const clipList = (texts: readonly string[], bytes: number, each = bytes): string[] => {
  const kept: string[] = [];
  let left = bytes - Buffer.byteLength(JSON.stringify([CUT]));
  for (const text of texts) {
    const shown = clip(text, each);
    left -= sizeOf(shown) + 3; // two quotes and a comma
    if (left < 0) return [...kept, CUT];
    kept.push(shown);
  }
  return kept;
};

const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
