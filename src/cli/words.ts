const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const thousands = new Intl.NumberFormat('en');

/** 1,204. */
export const grouped = (amount: number): string => thousands.format(amount);

/** 1,204 documents; 1 document. */
export const count = (amount: number, one: string, many = `${one}s`): string => `${grouped(amount)} ${amount === 1 ? one : many}`;

/** How long something took, to the tenth of a second: 4.1 s. */
export const took = (ms: number): string => `${(ms / SECOND).toFixed(1)} s`;

/** A length of time in its largest sensible unit: 26 h, 5 min. */
export const span = (ms: number): string => {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
};

/** The day of an instant given as ISO 8601: 2026-03-12. */
export const day = (instant: string): string => instant.slice(0, 10);

/** A document's address, unless it only repeats its id. */
export const addressOf = (id: string, url: string): string =>
  url.endsWith(id) && url.startsWith('castellan:') ? '' : `   ${url}`;

/** A list as it is read aloud: a, b and c. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;

/** Text broken into lines of at most `width`, at spaces; a longer word stays whole. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
};

/** Rows with their columns padded to one width each. */
export const aligned = (rows: readonly (readonly string[])[]): string[][] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
};

/** A word as a shell takes it for one. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
