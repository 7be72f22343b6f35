/** A text from which something was taken out, and the places where: offsets into it, ascending, one for each thing taken. */
export interface Marked {
  readonly text: string;
  readonly marks: readonly number[];
}

/** A piece of a text and what stands in its stead. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes edits, in order and apart from each other, and marks each place. */
export const edit = (marked: Marked, edits: Iterable<Edit>): Marked => {
  const pieces: string[] = [];
  const marks: number[] = [];
  let kept = 0; // up to here the old text has been taken over
  let length = 0; // of what was taken over
  let mark = 0;
  /** Takes over the old marks before `end`, moved to where their text is now. */
  const moveMarks = (end: number, place: (old: number) => number): void => {
    for (let old = marked.marks[mark]; old !== undefined && old < end; old = marked.marks[++mark]) marks.push(place(old));
  };
  for (const { start, end, text } of edits) {
    pieces.push(marked.text.slice(kept, start), text);
    const shift = length - kept;
    moveMarks(start, (old) => old + shift);
    moveMarks(end, () => start + shift);
    marks.push(start + shift);
    length = start + shift + text.length;
    kept = end;
  }
  if (pieces.length === 0) return marked;
  const shift = length - kept;
  moveMarks(Infinity, (old) => old + shift);
  pieces.push(marked.text.slice(kept));
  return { text: pieces.join(''), marks };
};

/** Replaces what a global pattern finds, where `replace` gives something, and marks each place. */
export const rewrite = (marked: Marked, pattern: RegExp, replace: (found: RegExpExecArray) => string | undefined): Marked =>
  edit(marked, found(marked.text, pattern, replace));

function* found(text: string, pattern: RegExp, replace: (found: RegExpExecArray) => string | undefined): Iterable<Edit> {
  for (const match of text.matchAll(pattern)) {
    const replacement = replace(match);
    if (replacement !== undefined) yield { start: match.index, end: match.index + match[0].length, text: replacement };
  }
}

/** Several texts as one, each with its marks. */
export const concat = (pieces: readonly Marked[]): Marked => {
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  const marks: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    for (const mark of piece.marks) marks.push(length + mark);
    length += piece.text.length;
  }
  return { text: pieces.map(({ text }) => text).join(''), marks };
};
