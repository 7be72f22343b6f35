import { structuredPatch } from 'diff';

/** Unchanged lines around what changes. */
const AROUND = 3;
/** Texts that differ in more lines are shown as one that goes and one that comes: to find fewer takes ever longer. */
const EDITS_MAX = 2_000;

/**
 * What changes from one text to another, line by line: `- ` goes, `+ ` comes, two blanks stay. Every line that changes is there; of
 * those that stay only some around, and `@@ line 120` where some were left out.
 */
export const lineDiff = (before: string, after: string): string[] => {
  const patch = structuredPatch('', '', before, after, undefined, undefined, { context: AROUND, maxEditLength: EDITS_MAX });
  if (!patch) return [...linesIn(before).map((line) => `- ${line}`), ...linesIn(after).map((line) => `+ ${line}`)];
  const endsAlike = before.endsWith('\n') === after.endsWith('\n');
  return patch.hunks.flatMap(({ newStart, lines }, at) => [
    ...(at > 0 || newStart > 1 ? [`@@ line ${newStart}`] : []),
    ...lines.flatMap((line) => {
      if (!line.startsWith('\\')) return [`${line.slice(0, 1)} ${line.slice(1)}`];
      return endsAlike ? [] : [NO_END];
    }),
  ]);
};

const NO_END = '\\ no line break at the end';

const linesIn = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/u, '').split('\n'));
