/** The known word that `word` was most likely meant to be; undefined when none is near. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const close = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= FAR)
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.min(FAR, Math.ceil(candidate.length / 3)));
  return close.toSorted((a, b) => a.edits - b.edits)[0]?.candidate;
};

/** More typing errors than this make another word. */
const FAR = 3;

/** Levenshtein's: how many letters are put in, taken out or changed. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};
