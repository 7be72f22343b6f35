import { z } from 'zod';

import type { Confirmable, Needs } from '../core/proposal.ts';
import { changedLines, CHANGES_MAX, EXPOSED_MAX, NAME_MAX, plain, TEXT_MAX } from '../core/proposal-lines.ts';
import { readersOf } from '../core/readers.ts';
import type { FieldChange } from '../core/write.ts';
import { clip, clipList } from '../core/clip.ts';
import { instant } from './metadata.ts';

/** In bytes of JSON. */
const WARNINGS_MAX = 2_000;

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
  readonly changes: {
    readonly field: string;
    readonly before?: string;
    readonly after?: string;
    readonly diff?: string;
    readonly cut?: true;
  }[];
  readonly more_changes?: number;
  /** Who may read what is written, counted. */
  readonly read_by: string;
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
  const { id, action, source, document, target, changes, audience, exposed, warnings, needs, expiresAt } = proposal;
  return {
    proposal: id,
    action,
    source,
    ...(document !== undefined && { id: document }),
    target: clip(plain(target), NAME_MAX),
    changes: changes.slice(0, CHANGES_MAX).map(shownChange),
    ...(changes.length > CHANGES_MAX && { more_changes: changes.length - CHANGES_MAX }),
    read_by: readersOf(audience),
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
  approve:
    'Somebody else must approve it: castellan approve, or the page it makes a link to. Call commit_write with the confirmation after that.',
};

const shownChange = ({ field, before, after }: FieldChange): ShownProposal['changes'][number] => {
  const cut = [before, after].some((text) => text !== undefined && clip(plain(text), TEXT_MAX) !== plain(text));
  if (cut && before !== undefined && after !== undefined) {
    const whole = changedLines({ before, after }).join('\n');
    const diff = clip(whole, TEXT_MAX);
    return { field: clip(plain(field), NAME_MAX), diff, ...(diff === whole ? {} : { cut }) };
  }
  return {
    field: clip(plain(field), NAME_MAX),
    ...(before !== undefined && { before: clip(plain(before), TEXT_MAX) }),
    ...(after !== undefined && { after: clip(plain(after), TEXT_MAX) }),
    ...(cut && { cut }),
  };
};
