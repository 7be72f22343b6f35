import type { Mode } from './addresses.ts';
import { withoutHidden } from './hidden.ts';
import { inertLine, inertVisible } from './inert.ts';
import { concat, type Marked } from './marked.ts';
import type { Parse, Section } from './parsed.ts';

/** Headings beyond this many stay text: a document of nothing but headings must not become as many sections. */
const SECTIONS_MAX = 20_000;
/** A longer heading is cut in a location; in the text it stays whole. */
const HEADING_MAX = 200;

/**
 * Reads Markdown: the text stays as it was written, but for what is made inert, and is cut at its headings.
 * It looks at each line once. General parsers need seconds for some texts of a few kilobytes.
 */
export const parseMarkdown: Parse = (text, hosts) => {
  const visible = withoutHidden(text);
  const { blocks, headings } = outline(visible.text);
  const sections: Section[] = [];
  const path: { readonly level: number; readonly title: string }[] = [];
  let mark = 0;
  let pieces: Marked[] = [];
  const close = (): void => {
    const section = concat(pieces);
    if (section.text !== '') sections.push({ ...section, headings: path.map(({ title }) => title) });
    pieces = [];
  };
  let heading = 0;
  for (const { start, end, mode } of blocks) {
    const opens = headings[heading];
    if (opens?.start === start) {
      close();
      while ((path.at(-1)?.level ?? 0) >= opens.level) path.pop();
      path.push({ level: opens.level, title: inertLine(opens.title, hosts, HEADING_MAX) });
      heading++;
    }
    const marks: number[] = [];
    for (
      let at = visible.marks[mark];
      at !== undefined && (at < end || end === visible.text.length);
      at = visible.marks[++mark]
    ) {
      marks.push(at - start);
    }
    pieces.push(inertVisible({ text: visible.text.slice(start, end), marks }, hosts, mode));
  }
  close();
  return { sections: withoutBlankBeginning(sections) };
};

/** Blank lines before the first heading belong to it. */
const withoutBlankBeginning = (sections: readonly Section[]): readonly Section[] => {
  const [first, second, ...rest] = sections;
  return first && second && first.text.trim() === ''
    ? [{ ...concat([first, second]), headings: second.headings }, ...rest]
    : sections;
};

/** A run of whole lines, in prose or in fenced code. It ends where a heading begins. */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly mode: Mode;
}

interface Heading {
  readonly start: number;
  readonly level: number;
  readonly title: string;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/u;
const HASHES = /^ {0,3}(#{1,6})(?:[ \t]([^\n]*))?$/u;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/u;
/** What cannot be the text of an underlined heading: blank, indented, or the beginning of another block. */
const NO_TITLE = /^(?:\s*$| {4}|\t| {0,3}(?:[#>|]|[-+*](?:\s|$)|\d{1,9}[.)]\s|`{3}|~{3}|=+\s*$|-+\s*$))/u;
/** Only the beginning of a line says what it is. */
const LINE_MAX = 2_000;

const outline = (text: string): { readonly blocks: readonly Block[]; readonly headings: readonly Heading[] } => {
  const blocks: Block[] = [];
  const headings: Heading[] = [];
  let fence: string | undefined;
  let begun = 0; // of the block that is open
  let before = { start: 0, line: '', alone: false }; // the last line, and whether a paragraph could begin there
  const cut = (at: number, mode: Mode): void => {
    if (at > begun) blocks.push({ start: begun, end: at, mode });
    begun = at;
  };
  const open = (start: number, level: number, title: string): void => {
    if (headings.length >= SECTIONS_MAX) return;
    cut(start, 'prose');
    headings.push({ start, level, title });
  };
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed + 1;
    const line = text.slice(start, Math.min(feed < 0 ? end : feed, start + LINE_MAX));
    if (fence !== undefined) {
      if (closes(line, fence)) {
        cut(end, 'code');
        fence = undefined;
      }
    } else {
      fence = fenceOf(line);
      if (fence !== undefined) cut(start, 'prose');
      const [, hashes, title = ''] = HASHES.exec(line) ?? [];
      const [, underline] = UNDERLINE.exec(line) ?? [];
      if (hashes !== undefined) open(start, hashes.length, withoutClosingHashes(title));
      else if (underline !== undefined && before.alone) open(before.start, underline.startsWith('=') ? 1 : 2, before.line);
    }
    const ends = fence !== undefined || before.line.trim() === '' || HASHES.test(before.line);
    before = { start, line, alone: ends && fence === undefined && !NO_TITLE.test(line) };
    start = end;
  }
  cut(text.length, fence === undefined ? 'prose' : 'code');
  return { blocks, headings };
};

const fenceOf = (line: string): string | undefined => {
  const [, fence, info = ''] = FENCE.exec(line) ?? [];
  return fence?.startsWith('`') && info.includes('`') ? undefined : fence;
};

const closes = (line: string, fence: string): boolean => {
  const trimmed = line.trim();
  return trimmed.length >= fence.length && /^ {0,3}\S/u.test(line) && trimmed === fence.charAt(0).repeat(trimmed.length);
};

/** `## Title ##` is called `Title`. Stars and backticks are typography. */
const withoutClosingHashes = (title: string): string => {
  const words = title.trim().split(/\s+/u);
  if (/^#+$/u.test(words.at(-1) ?? '')) words.pop();
  return words.join(' ');
};
