import { z } from 'zod';

import type { Made } from '../core/proposal.ts';
import { defineTool } from '../core/tool.ts';
import { NEXT, proposalSchema, shownProposal, type ShownProposal } from './proposal-shown.ts';

const CONFIRMATION_MAX = 1_000;

const input = z.strictObject({
  confirmation: z.string().min(1).max(CONFIRMATION_MAX).describe('As propose_write gave it'),
});

const output = z.looseObject({
  outcome: z.enum(['done', 'absent', 'uncertain', 'undecided']),
  proposal: z.string(),
  found: z.boolean().optional().describe('Of what is done: whether search finds it by now; else once the source was read again'),
  next: z.string(),
  fresh: proposalSchema.optional(),
});

/** What became of a write, as it is shown. */
type Shown = {
  readonly outcome: Made['committed']['outcome'];
  readonly proposal: string;
  readonly id?: string;
  readonly url?: string;
  readonly before?: string;
  readonly after?: string;
  readonly undo?: string;
  readonly found?: boolean;
  readonly by_person?: true;
  readonly next: string;
  readonly fresh?: ShownProposal;
};

/** Writes what was proposed, once, if it is decided. */
export const commitWriteTool = defineTool({
  name: 'commit_write',
  title: 'Commit a write',
  description:
    'Writes what propose_write showed, once. "outcome": done; absent: nothing was written; uncertain: nobody knows, do not try again; ' +
    'undecided: somebody must agree first.',
  input,
  output,
  scope: 'write',
  secrets: ['confirmation'],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  run: async ({ confirmation }, { view, askPerson, signal }) => {
    const made = await view.commit(confirmation, askPerson, signal);
    return { output: shownMade(made), documents: made.documents ?? [], ...(made.basis && { basis: made.basis }) };
  },
});

const shownMade = ({ committed, fresh, found = false }: Made): Shown => {
  const { outcome, proposal } = committed;
  if (outcome === 'undecided') return { outcome, proposal, next: UNDECIDED[committed.needs] };
  if ('byPerson' in committed && outcome !== 'uncertain') return { outcome, proposal, by_person: true, next: BY_PERSON[outcome] };
  if (outcome !== 'done') return { outcome, proposal, next: AFTER[outcome], ...(fresh && { fresh: shownProposal(fresh) }) };
  const { receipt, document } = committed;
  return {
    outcome,
    proposal,
    id: document,
    ...(receipt.url !== undefined && { url: receipt.url }),
    ...(receipt.before !== undefined && { before: receipt.before }),
    ...(receipt.after !== undefined && { after: receipt.after }),
    ...(receipt.undo && { undo: `castellan undo ${proposal}` }),
    found,
    next: found
      ? 'It is written. Say so, with the address.'
      : 'It is written. Say so, with the address. search finds it once the source was read again.',
  };
};

const UNDECIDED = {
  confirm:
    'Nothing is written: the person could not be asked here. Whoever keeps the server can: castellan approve, or the page it makes a link to. Call commit_write again after that.',
  approve: NEXT.approve,
} as const;

/** Nobody could say, until a person looked. */
const BY_PERSON = {
  done: 'A person looked at the source, and said that it was written. There is no receipt, and it cannot be taken back from here.',
  absent: 'A person looked at the source, and said that nothing was written. Propose it again, if it is still wanted.',
} as const;

const AFTER = {
  absent: 'Nothing was written. Propose it again, or commit what is "fresh" after showing it.',
  uncertain:
    'It may have been written, or not. Do not try again: a person must look at the source, and say what they found: castellan settle.',
} as const;
