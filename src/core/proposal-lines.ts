import { clip, clipList } from './clip.ts';
import type { Proposal } from './proposal.ts';
import { plain, shownChange } from './shown-change.ts';
import type { FieldChange } from './write.ts';

/** In bytes of JSON: one name, all ids of exposed documents. */
export const NAME_MAX = 400;
export const EXPOSED_MAX = 2_000;
/** More fields than these are counted. */
export const CHANGES_MAX = 20;

/** A proposal in lines, for a person who is asked: inert text, whatever a source or a model wrote into it. */
export const linesOf = ({ action, source, target, changes, exposed, warnings }: Proposal): string[] => [
  `${action} in ${source}: ${inline(target)}`,
  ...changes.slice(0, CHANGES_MAX).flatMap(linesOfChange),
  ...(changes.length > CHANGES_MAX ? [`and ${changes.length - CHANGES_MAX} more fields`] : []),
  ...(exposed.length === 0
    ? []
    : [
        `More people may read this than ${exposed.length} of the documents that were read: ${clipList(
          exposed.map(({ id }) => inline(id)),
          EXPOSED_MAX,
        ).join(', ')}`,
      ]),
  ...warnings.map((warning) => `! ${inline(warning)}`),
];

/** Whoever decides hears of what they do not see. */
const linesOfChange = (change: FieldChange): string[] => {
  const { before, after, left } = shownChange(change);
  return [
    `${inline(change.field)}:`,
    ...(before === undefined ? [] : quoted('-', before)),
    ...(after === undefined ? [] : quoted('+', after)),
    ...(left === 0
      ? []
      : [`! This is not all of it: ${left} characters more are not shown here. castellan approve --json has them.`]),
    ...(before !== undefined && before === after ? ['! What differs are characters that are not shown.'] : []),
  ];
};

const inline = (text: string): string => clip(plain(text).replace(/\s+/gu, ' '), NAME_MAX);

/** Each line behind its sign, so that no line of a text can be taken for one of ours. */
const quoted = (sign: '-' | '+', text: string): string[] =>
  text.split('\n').map((line) => `  ${sign} ${line.replace(/\t/gu, '  ')}`);
