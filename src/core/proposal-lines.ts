import { clip, clipList } from './clip.ts';
import type { Proposal } from './proposal.ts';

/** In bytes of JSON: one name, one text before or after, all ids of exposed documents. */
export const NAME_MAX = 400;
export const TEXT_MAX = 2_000;
export const EXPOSED_MAX = 2_000;
/** More fields than these are counted. */
export const CHANGES_MAX = 20;

/** A text without what nobody sees: it stands where somebody decides by what they see. */
export const plain = (text: string): string => text.replace(UNSEEN, '');

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+|[^\P{Cc}\n\t]+/gu;

/** A proposal in lines, for a person who is asked: inert text, whatever a source or a model wrote into it. */
export const linesOf = ({ action, source, target, changes, exposed, warnings }: Proposal): string[] => [
  `${action} in ${source}: ${inline(target)}`,
  ...changes
    .slice(0, CHANGES_MAX)
    .flatMap(({ field, before, after }) => [
      `${inline(field)}:`,
      ...(before === undefined ? [] : quoted('-', before)),
      ...(after === undefined ? [] : quoted('+', after)),
    ]),
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

const inline = (text: string): string => clip(plain(text).replace(/\s+/gu, ' '), NAME_MAX);

/** Each line behind its sign, so that no line of a text can be taken for one of ours. */
const quoted = (sign: '-' | '+', text: string): string[] =>
  clip(plain(text), TEXT_MAX)
    .split('\n')
    .map((line) => `  ${sign} ${line.replace(/\t/gu, '  ')}`);
