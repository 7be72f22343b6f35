import { type Caller, identityName } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import type { AskPerson, Committed, Decision, Made, Needs } from '../core/proposal.ts';
import type { ReadView } from '../core/view.ts';
import type { OpenState, ProposalRow } from '../store/proposals.ts';
import { confirmedId, confirms } from './confirmation.ts';
import { type Content, seal } from './content.ts';
import { decide, decisionOf, expired, suffices } from './decide.ts';
import { type Examined, examine, type Wanted } from './examine.ts';
import { type Held, told } from './make.ts';
import type { WritesParts } from './parts.ts';
import { isOffered } from './target.ts';
import { contentFor, contentOf, expiryOf, isSame, proposeAfresh } from './propose.ts';

/** What a commit is made with, besides the parts. */
export interface Making {
  /** Takes the one right there is and makes the write, to its end whoever waits; undefined where the right is gone. */
  make(held: Held, from: OpenState, how: object): Promise<Committed | undefined>;
  /**
   * What became of one that is being made: waits for ours, asks the source about one that nobody makes, and rejects with `conflict`
   * while somebody else does. Undefined where it is to be looked at again.
   */
  outcome(row: ProposalRow, content: Content): Promise<Committed | undefined>;
  find(content: Content): Pick<Held, 'source' | 'action'> | undefined;
}

export interface Committing {
  readonly caller: Caller;
  readonly view: ReadView;
  readonly confirmation: string;
  readonly ask: AskPerson | undefined;
  readonly signal: AbortSignal;
}

/** A decision may come while a commit looks: then it looks again, so often. */
const ROUNDS = 4;

/** Makes what was proposed, if everything it rests on holds now and whoever must has said yes. */
export const commit = async (committing: Committing, making: Making, parts: WritesParts): Promise<Made> => {
  for (let round = 0; round < ROUNDS; round++) {
    const { row, content } = await opened(committing, parts);
    if (row.state === 'committing') {
      const committed = await making.outcome(row, content);
      if (committed) return { committed };
      continue;
    }
    if (row.state === 'declined') throw new AppError('forbidden', 'Somebody said no to this, and nothing was written.');
    if (row.state !== 'proposed' && row.state !== 'approved') {
      if (row.state === 'expired') throw expired();
      return { committed: told(row, content, parts) };
    }
    if (row.expiresAt <= parts.now()) {
      await parts.proposals.abandon(row.id, 'expired', parts.now());
      throw expired();
    }
    const made = await attempt({ ...committing, row, content, state: row.state, decidable: round < ROUNDS - 1 }, making, parts);
    if (made) return made;
  }
  throw new AppError('conflict', 'This proposal is being decided about just now. Try again in a moment.');
};

interface Attempt extends Committing {
  readonly row: ProposalRow;
  readonly content: Content;
  readonly state: OpenState;
  readonly decidable: boolean;
}

/** One look at everything, and the write if it may be made; undefined where it was decided or taken meanwhile, to look again. */
const attempt = async (one: Attempt, making: Making, parts: WritesParts): Promise<Made | undefined> => {
  const { caller, view, row, content, state, signal } = one;
  const found = making.find(content);
  if (!found || !isOffered(found.action, found.source))
    throw new AppError('forbidden', `${content.proposal.action} is not offered any more. Nothing was written.`);
  const { key, input, takesBack } = content;
  const wanted: Wanted = { caller, view, ...found, key, input, takesBack };
  const now = await examine(wanted, parts, signal);
  if ('missing' in now) {
    throw new AppError('not_found', 'The target is not there, or not visible to you any more. Nothing was written.');
  }
  const { basis } = now;
  if (!isSame(content, now)) {
    if (!(await parts.proposals.abandon(row.id, 'expired', parts.now()))) return undefined; // by now it may have been made
    const fresh = await proposeAfresh(one, wanted, now, parts);
    return { committed: { outcome: 'absent', proposal: row.id }, fresh, documents: now.documents, basis };
  }
  const decision = decisionOf(row, parts);
  const stands =
    decision && suffices(decision, now.needs, content) && now.exposed.every(({ id }) => decision.exposed.includes(id));
  if (now.needs !== 'auto' && !stands) {
    if (decision || differs(content, now)) return reopened({ ...one, now, wanted }, parts);
    const said = await askedPerson(one, now.needs, parts);
    if (said === 'unable') return { committed: { outcome: 'undecided', proposal: row.id, needs: now.needs }, basis };
    return undefined;
  }
  const how = { needs: now.needs, ...(decision ? { decided: { by: decision.by, through: decision.through } } : {}) };
  try {
    const committed = await making.make({ row, content, ...found, at: parts.now() }, state, how);
    return committed && { committed, basis };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    return moved(one, { row, wanted, error }, parts);
  }
};

/** The source says that the target moved at the last moment: nothing was written, and what would be now is shown. */
const moved = async (
  { content, signal }: Attempt,
  { row, wanted, error }: { readonly row: ProposalRow; readonly wanted: Wanted; readonly error: AppError },
  parts: WritesParts,
): Promise<Made> => {
  const state = (await parts.proposals.find(row.id))?.state;
  if (state !== 'failed') throw error;
  const now = await examine(wanted, parts, signal);
  if ('missing' in now || isSame(content, now)) throw error;
  const fresh = await proposeAfresh({ row, content }, wanted, now, parts);
  return { committed: { outcome: 'absent', proposal: row.id }, fresh, documents: now.documents, basis: now.basis };
};

/** Whether whoever decides must see something else than what they would be shown. */
const differs = ({ proposal }: Content, now: Examined): boolean =>
  proposal.needs !== now.needs || now.exposed.some(({ id }) => !proposal.exposed.some((known) => known.id === id));

/** More was read since, or policy is stricter: what was decided was decided about less. Who must approve it now has a day for that. */
const reopened = async (
  { row, content, state, now, wanted }: Attempt & { readonly now: Examined; readonly wanted: Wanted },
  parts: WritesParts,
): Promise<Made | undefined> => {
  const at = parts.now();
  const isNew = now.needs === 'approve' && content.proposal.needs !== 'approve';
  const expiresAt = isNew ? expiryOf(now.needs, at) : row.expiresAt;
  const again = contentFor(wanted, now, content.request, parts, row.id, expiresAt);
  const sealed = seal(row.id, 'content', again, { keys: parts.keys.sealing, random: parts.random });
  await parts.proposals.reopen(row.id, state, { content: sealed, expiresAt, at });
  return undefined;
};

/** Asks the person at the client, where their yes is what is needed and there is a way to ask. */
const askedPerson = async (
  { caller, row, content, ask, signal, decidable }: Attempt,
  needs: Exclude<Needs, 'auto'>,
  parts: WritesParts,
): Promise<'said' | 'unable'> => {
  if (needs !== 'confirm' || !decidable) return 'unable';
  const by = identityName(caller.identity);
  const asks = parts.clientPolicy(caller.client).asks === true;
  const answer = asks ? 'yes' : ((await ask?.(content.proposal, signal)) ?? 'unable');
  if (answer === 'unable') return 'unable';
  const decision: Decision = { yes: answer === 'yes', through: asks ? 'client' : 'elicitation', by };
  await decide(row.id, decision, parts).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error; // somebody else was faster: look again
  });
  return 'said';
};

/** One sentence for all that is none, or none of theirs. */
export const opened = async (
  { caller, confirmation }: Pick<Committing, 'caller' | 'confirmation'>,
  parts: WritesParts,
): Promise<{ readonly row: ProposalRow; readonly content: Content }> => {
  const id = confirmedId(confirmation);
  const row = id === undefined ? undefined : await parts.proposals.find(id);
  const content = row && contentOf(row, parts);
  if (row && content && confirms(confirmation, content, caller, parts.keys.confirming)) return { row, content };
  throw new AppError(
    'invalid_input',
    'This is no confirmation of yours. propose_write gives one, good for you and this client alone.',
  );
};
