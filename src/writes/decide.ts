import { identityName } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import type { Decision, Needs } from '../core/proposal.ts';
import { normaliseEmail } from '../core/principal.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { type Content, decisionSchema, type KeptDecision, seal, unseal } from './content.ts';
import { contentOf } from './propose.ts';
import { proveDecision } from './proof.ts';
import type { WritesParts } from './parts.ts';

/** Keeps somebody's word on a proposal. It is in the audit before it counts. */
export const decide = async (id: string, decision: Decision, parts: WritesParts): Promise<void> => {
  const row = await parts.proposals.find(id);
  if (!row) throw new AppError('not_found', 'There is no such proposal. castellan approve lists those that wait.');
  assertWaits(row, parts.now());
  const content = contentOf(row, parts);
  const { needs, exposed } = content.proposal;
  if (decision.yes && !suffices(decision, needs, content)) {
    throw ownWord();
  }
  await proveDecision(content, decision, parts);
  const kept: KeptDecision = { ...decision, exposed: exposed.map((one) => one.id) };
  const sealed = seal(id, 'decision', kept, { keys: parts.keys.sealing, random: parts.random });
  if (!(await parts.proposals.decide(id, decision.yes ? 'approved' : 'declined', sealed, parts.now()))) {
    throw new AppError('conflict', 'Somebody else has just decided, or it has expired. Look at it again.');
  }
};

/** The yes that a row was given; undefined where there is none that counts. */
export const decisionOf = (
  { id, state, decision }: ProposalRow,
  { keys }: Pick<WritesParts, 'keys'>,
): KeptDecision | undefined => {
  if (state !== 'approved' || !decision) return undefined;
  const kept = unseal(decision, id, 'decision', decisionSchema, keys.sealing);
  return kept.yes ? kept : undefined;
};

/** Whether this yes is what is needed. Nobody approves what they proposed, whatever they are called. */
export const suffices = ({ by, through }: Decision, needs: Needs, { identity, actor, as }: Content): boolean => {
  if (needs !== 'approve') return true;
  if (through !== 'page' && through !== 'cli') return false;
  const own = [identityName(identity), identity.email, actor, ...as.emails];
  return !own.some((name) => name !== undefined && normaliseEmail(name) === normaliseEmail(by));
};

/** Rejects what waits for no decision any more. */
export const assertWaits = ({ state, expiresAt }: ProposalRow, now: number): void => {
  if (state === 'expired' || (state === 'proposed' && expiresAt <= now)) throw expired();
  if (state !== 'proposed') throw new AppError('conflict', `This proposal waits for no decision any more: it is ${state}.`);
};

export const ownWord = (): AppError =>
  new AppError(
    'forbidden',
    'Somebody else than who proposed this, or has it proposed, must decide, outside the client it was proposed through. ' +
      'A link lets them: castellan approve <proposal> --link <who>',
  );

export const expired = (): AppError =>
  new AppError('expired', 'This proposal has expired, and nothing was written. Propose it again.');
