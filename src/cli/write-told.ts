import { z } from 'zod';

import { parseDocumentId } from '../core/document.ts';
import { changedLines } from '../core/proposal-lines.ts';
import type { Context } from './context.ts';
import type { Place } from './parts.ts';
import { said } from './said.ts';
import { type Channel, look } from './terminal.ts';
import { tinted } from './tinted.ts';

/** What propose_write says, as far as it is printed. */
export const proposedSchema = z.looseObject({
  proposal: z.string(),
  action: z.string(),
  source: z.string(),
  target: z.string(),
  read_by: z.string(),
  needs: z.string(),
  confirmation: z.string(),
  warnings: z.array(z.string()),
  changes: z.array(
    z.looseObject({
      field: z.string(),
      before: z.string().optional(),
      after: z.string().optional(),
      diff: z.string().optional(),
      cut: z.boolean().optional(),
    }),
  ),
});
/** What commit_write says, as far as it is printed. */
export const madeSchema = z.looseObject({
  outcome: z.enum(['done', 'absent', 'uncertain', 'undecided']),
  proposal: z.string(),
  id: z.string().optional(),
  url: z.string().optional(),
  undo: z.string().optional(),
  found: z.boolean().optional(),
  by_person: z.boolean().optional(),
  next: z.string(),
});
export type Made = z.infer<typeof madeSchema>;

/** Who writes, and by which word of theirs. */
interface Writing {
  readonly who: string;
  readonly confirmation: string;
}

/** The name of the source that was written in. */
export const sourceOf = ({ id = '' }: Made): string => parseDocumentId(id)?.source ?? '';

/** What would be written. */
export const printProposed = (
  to: Channel,
  { action, source, target, changes, read_by, warnings }: z.infer<typeof proposedSchema>,
): void => {
  to.line(look('bold', action), ` in ${source}: ${target}`);
  for (const { field, before, after, diff, cut } of changes) {
    to.line(`${field}:`);
    for (const line of diff?.split('\n') ?? changedLines({ before, after })) to.line(tinted(`  ${line}`));
    if (cut) to.line(look('yellow', '  There is more of this than is shown here.'));
  }
  to.line(`Read by: ${read_by}`);
  for (const warning of warnings) to.line(look('yellow', `! ${warning}`));
};

/** How what was only proposed is written. */
export const printNext = (to: Channel, place: Place, { who, confirmation }: Writing): void =>
  to.line(look('dim', `To write it: ${said(place, 'write', '--as', who, '--commit', confirmation)}`));

/** What became of it. */
export const printMade = (
  { out, err }: Context['terminal'],
  { outcome, proposal, id, url, undo, found, by_person, next }: Made,
  place: Place,
  writing: Writing,
): void => {
  if (outcome === 'done' && !by_person) {
    out.line(`written   ${id ?? ''}${url === undefined || url === id ? '' : `   ${url}`}`);
    if (!found) err.line(look('yellow', 'It is found once its source was read again.'));
    if (undo !== undefined) err.line(look('dim', `To take it back: ${said(place, 'undo', proposal, '--as', writing.who)}`));
    return;
  }
  if (outcome !== 'undecided') return err.line(next);
  err.line(
    look(
      'yellow',
      `Nothing is written yet. It waits for somebody’s word: ${said(place, 'approve', proposal)}, or with --link <who>`,
    ),
  );
  printNext(err, place, writing);
};
