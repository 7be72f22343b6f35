/** No character that people see is longer; a letter under a tower of marks is, and is cut inside the tower. */
const CHARACTER_MAX = 64;

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The last place at or before `at` where a text can be cut without splitting a character as people see it. */
export const cutBefore = (text: string, at: number): number => {
  if (at >= text.length) return text.length;
  if (at <= 0) return 0;
  const from = Math.max(0, at - CHARACTER_MAX);
  const near = text.slice(from, at + CHARACTER_MAX);
  const start = CHARACTERS.segment(near).containing(at - from)?.index ?? 0;
  if (start > 0 || from === 0) return from + start;
  return splitsPair(text, at) ? at - 1 : at;
};

const splitsPair = (text: string, at: number): boolean =>
  /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
