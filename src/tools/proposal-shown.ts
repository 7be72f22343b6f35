import { z } from 'zod';

import type { Confirmable, Needs, Proposal } from '../core/proposal.ts';
import type { FieldChange } from '../core/write.ts';
import { clip, clipList } from './clip.ts';
import { instant } from './metadata.ts';

/** In bytes of JSON: one name, one text before or after, all warnings, all ids of exposed documents. */
const NAME_MAX = 400;
const TEXT_MAX = 2_000;
const WARNINGS_MAX = 2_000;
const EXPOSED_MAX = 2_000;
/** More fields than these are counted. */
const CHANGES_MAX = 20;

/** As it is published: what a client may rely on, without spending the model's context on the rest. */
export const proposalSchema = z.looseObject({
  proposal: z.string(),
  target: z.string(),
  changes: z.array(z.looseObject({ field: z.string() })),
  needs: z.enum(['auto', 'confirm', 'approve']),
  confirmation: z.string(),
  expires_at: z.string(),
});

/** What would be written, as the one who asked for it is shown it. A type, not an interface: it is published as an open object. */
export type ShownProposal = {
  readonly proposal: string;
  readonly action: string;
  readonly source: string;
  readonly id?: string;
  readonly target: string;
  readonly changes: { readonly field: string; readonly before?: string; readonly after?: string; readonly cut?: true }[];
  readonly more_changes?: number;
  readonly wider: boolean;
  readonly exposes?: string[];
  readonly warnings: string[];
  readonly needs: Needs;
  readonly next: string;
  readonly confirmation: string;
  readonly expires_at: string;
};

/** A proposal with the word by which it is made. What a source wrote into it is quoted, and cut where it is long. */
export const shownProposal = ({ proposal, confirmation }: Confirmable): ShownProposal => {
  const { id, action, source, document, target, changes, exposed, warnings, needs, expiresAt } = proposal;
  return {
    proposal: id,
    action,
    source,
    ...(document !== undefined && { id: document }),
    target: clip(plain(target), NAME_MAX),
    changes: changes.slice(0, CHANGES_MAX).map(shownChange),
    ...(changes.length > CHANGES_MAX && { more_changes: changes.length - CHANGES_MAX }),
    wider: exposed.length > 0,
    ...(exposed.length > 0 && {
      exposes: clipList(
        exposed.map((one) => one.id),
        EXPOSED_MAX,
      ),
    }),
    warnings: clipList(warnings.map(plain), WARNINGS_MAX, NAME_MAX),
    needs,
    next: NEXT[needs],
    confirmation,
    expires_at: instant(expiresAt),
  };
};

/** What comes next, in a sentence. */
export const NEXT: Readonly<Record<Needs, string>> = {
  auto: 'Call commit_write with the confirmation.',
  confirm: 'Show this to the person, then call commit_write: they are asked outside of this conversation.',
  approve: 'Somebody else must approve it: castellan approve. Call commit_write with the confirmation after that.',
};

const shownChange = ({ field, before, after }: FieldChange): ShownProposal['changes'][number] => {
  const cut = [before, after].some((text) => text !== undefined && clip(plain(text), TEXT_MAX) !== plain(text));
  return {
    field: clip(plain(field), NAME_MAX),
    ...(before !== undefined && { before: clip(plain(before), TEXT_MAX) }),
    ...(after !== undefined && { after: clip(plain(after), TEXT_MAX) }),
    ...(cut && { cut }),
  };
};

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
