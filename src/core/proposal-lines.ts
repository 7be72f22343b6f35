import { clip, clipList } from './clip.ts';
import { lineDiff } from './line-diff.ts';
import type { Proposal } from './proposal.ts';
import { readersOf } from './readers.ts';

/** In bytes of JSON: one name, one text where not all of it must be seen, all ids of exposed documents. */
export const NAME_MAX = 400;
export const TEXT_MAX = 2_000;
export const EXPOSED_MAX = 2_000;
/** Where not all of it must be seen, more fields than these are counted. */
export const CHANGES_MAX = 20;

/** A text without what nobody sees: it stands where somebody decides by what they see. */
export const plain = (text: string): string => text.replace(UNSEEN, '');

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n\t]/gu;

/**
 * A proposal in lines, for a person who is asked: inert text, whatever a source or a model wrote into it. Everything that changes is
 * there, however long that is: what was left out nobody could have agreed to.
 */
export const linesOf = ({ action, source, target, changes, audience, exposed, warnings }: Proposal): string[] => [
  `${action} in ${source}: ${inline(target)}`,
  ...changes.flatMap((change) => [`${inline(change.field)}:`, ...changedLines(change).map((line) => `  ${line}`)]),
  `Read by: ${readersOf(audience)}`,
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

/** Each line of a change behind its sign, so that no line of a text can be taken for one of ours. */
export const changedLines = ({
  before,
  after,
}: {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}): string[] => {
  if (before !== undefined && after !== undefined) return lineDiff(before, after).map(told);
  if (before !== undefined) return linesIn(before).map((line) => told(`- ${line}`));
  return linesIn(after ?? '').map((line) => told(`+ ${line}`));
};

const linesIn = (text: string): string[] => text.replace(/\n$/u, '').split('\n');

/** Says that there is more in a line than anybody sees. */
const told = (line: string): string => {
  const text = line.replace(/\r$/u, '');
  const unseen = text.match(UNSEEN)?.length ?? 0;
  const shown = plain(text).replace(/\t/gu, '  ');
  return unseen === 0 ? shown : `${shown} [and ${unseen} ${unseen === 1 ? 'character' : 'characters'} that nobody sees]`;
};
