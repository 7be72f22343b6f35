import { createHash, createHmac } from 'node:crypto';

import { type Caller, identityName } from '../core/caller.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { documentId } from '../core/document.ts';
import { AppError } from '../core/errors.ts';
import type { Confirmable, Needs, Proposal, Proposed } from '../core/proposal.ts';
import { readerName } from '../store/reader-name.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { confirmationOf } from './confirmation.ts';
import { type Content, contentSchema, seal, unseal } from './content.ts';
import { type Examined, examine, type Wanted } from './examine.ts';
import type { WritesParts } from './parts.ts';

/** Nobody decides about what they read an hour ago, in ms. */
const EXPIRES_MS = 15 * 60_000;
/** Somebody else may be asleep, in ms. All it rests on is looked at again when it is made. */
const APPROVE_EXPIRES_MS = 24 * 60 * 60_000;
const ID_BYTES = 16;
/** Of canonical JSON. */
const INPUT_MAX = 1_000_000;
const KEY_MAX = 200;

/** What is wanted, and under which key of the caller's making. */
export interface Asked extends Wanted {
  readonly idempotencyKey?: string | undefined;
  /** What the target must still be: of a write that takes another one back. */
  readonly revision?: string | undefined;
}

/** Shows what would be written, and keeps it for whoever decides. */
export const propose = async (asked: Asked, parts: WritesParts, signal: AbortSignal): Promise<Proposed> => {
  assertSize(asked);
  const request = requestOf(asked);
  const marks = marksOf(asked, parts);
  const known = marks.length === 0 ? undefined : await parts.proposals.known(marks);
  const before = known && contentOf(known, parts);
  if (before && before.request !== request) throw otherRequest();
  if (known && before && isOver(known)) {
    const { basis } = await asked.view.sources(signal);
    return answer(shownAgain(before), { documents: [], basis }, parts);
  }
  const found = await examine(asked, parts, signal);
  if ('missing' in found) return found;
  if (asked.revision !== undefined && found.preview.revision !== asked.revision) {
    throw new AppError('conflict', 'It was changed after that write, so it cannot be taken back any more.');
  }
  if (known && before && waits(known, before, found, parts.now())) return answer(before, found, parts);
  const content = contentFor(asked, found, request, parts);
  const added = await keep(content, { marks, ...(known && { instead: known.id }) }, parts);
  const other = added.is === 'known' ? contentOf(added.row, parts) : content;
  if (other.request !== request) throw otherRequest();
  return answer(other, found, parts);
};

/** Proposes anew what turned out to be another by now; the former is over. */
export const proposeAfresh = async (
  former: { readonly row: ProposalRow; readonly content: Content },
  wanted: Wanted,
  found: Examined,
  parts: WritesParts,
): Promise<Confirmable> => {
  const content = contentFor(wanted, found, former.content.request, parts);
  await keep(content, { marks: [], instead: former.row.id, inherits: true }, parts);
  return { proposal: content.proposal, confirmation: confirmationOf(content, parts.keys.confirming) };
};

/** What a row holds. */
export const contentOf = ({ id, content }: ProposalRow, { keys }: Pick<WritesParts, 'keys'>): Content =>
  unseal(content, id, 'content', contentSchema, keys.sealing);

/** When what needs this now is over. */
export const expiryOf = (needs: Needs, now: number): number => now + (needs === 'approve' ? APPROVE_EXPIRES_MS : EXPIRES_MS);

/** What is proposed, as the source and the index say it now. */
export const contentFor = (
  { caller, source, action, key, input, takesBack }: Wanted,
  { as, preview, exposed, needs }: Examined,
  request: string,
  { random, now }: Pick<WritesParts, 'random' | 'now'>,
  id = Buffer.from(random(ID_BYTES)).toString('hex'),
  expiresAt = expiryOf(needs, now()),
): Content => {
  const { issuer, subject, email } = caller.identity;
  const { target, changes, audience, warnings, revision } = preview;
  const proposal: Proposal = {
    id,
    action: action.name,
    source: source.name,
    ...(key === undefined ? {} : { document: documentId(source.name, key) }),
    target,
    changes: changes.map(({ field, before, after }) => ({
      field,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    })),
    audience,
    exposed,
    warnings,
    needs,
    expiresAt,
  };
  return {
    identity: { issuer, subject, ...(email === undefined ? {} : { email }) },
    ...(caller.actor === undefined ? {} : { actor: caller.actor }),
    client: caller.client,
    ...(key === undefined ? {} : { key }),
    input,
    request,
    ...(revision === undefined ? {} : { revision }),
    as,
    ...(takesBack === undefined ? {} : { takesBack }),
    proposal,
  };
};

/** Whether the same would be written, where it was, for the same readers, with nothing to be warned of that was not shown. */
export const isSame = ({ revision, as, proposal }: Content, { preview, as: now }: Examined): boolean =>
  revision === preview.revision &&
  as.id === now.id &&
  canonicalJson([proposal.target, proposal.changes, proposal.audience]) ===
    canonicalJson([preview.target, preview.changes, preview.audience]) &&
  preview.warnings.every((warning) => proposal.warnings.includes(warning));

interface Keeping {
  readonly marks: readonly Uint8Array[];
  readonly instead?: string;
  /** It takes over whatever mark that one had. */
  readonly inherits?: true;
}

const keep = async (content: Content, { marks: [mark, ...marks], instead, inherits }: Keeping, parts: WritesParts) => {
  const { proposal, identity } = content;
  const added = await parts.proposals.add(
    {
      id: proposal.id,
      proposer: readerName(identityName(identity), parts.keys.naming[0]),
      ...(mark && { mark }),
      at: parts.now(),
      expiresAt: proposal.expiresAt,
      content: seal(proposal.id, 'content', content, { keys: parts.keys.sealing, random: parts.random }),
    },
    { marks, ...(instead === undefined ? {} : { instead }), ...(inherits && { inherits }) },
  );
  if (added.is === 'full') {
    throw new AppError(
      'rate_limited',
      'Too many of your proposals wait. Commit them, or let them expire, before you propose more.',
    );
  }
  return added;
};

const answer = (
  content: Content,
  { documents, basis }: Pick<Examined, 'documents' | 'basis'>,
  { keys }: WritesParts,
): Proposed => ({
  proposal: content.proposal,
  confirmation: confirmationOf(content, keys.confirming),
  documents,
  basis,
});

/** Whether it became a write, or may have, or somebody said no to it. */
const isOver = ({ state }: ProposalRow): boolean => ['done', 'committing', 'uncertain', 'declined'].includes(state);

/** Whether it still waits, and would be the same. */
const waits = ({ state, expiresAt }: ProposalRow, before: Content, found: Examined, now: number): boolean =>
  (state === 'proposed' || state === 'approved') && expiresAt > now && isSame(before, found);

/** Of what is over its caller hears what became of it, and no text of then: they may not read that any more. */
const shownAgain = (content: Content): Content => ({
  ...content,
  proposal: {
    ...content.proposal,
    changes: [],
    audience: { unknown: 'It was proposed before.' },
    warnings: ['This was proposed before. Its confirmation tells what became of it.'],
  },
});

const assertSize = ({ input, idempotencyKey }: Asked): void => {
  if (canonicalJson(input).length > INPUT_MAX)
    throw new AppError('too_large', 'The input is larger than 1 MB. Write less at once.');
  if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > KEY_MAX)) {
    throw new AppError('invalid_input', `An idempotency key has 1 to ${KEY_MAX} characters.`);
  }
};

const requestOf = ({ action, source, key, input, takesBack }: Wanted): string =>
  createHash('sha256')
    .update(canonicalJson({ action: action.name, source: source.name, key, input, takesBack }))
    .digest('hex');

/** Under every key of the organisation, the one that makes first. */
const marksOf = ({ caller, action, idempotencyKey }: Asked, { keys }: WritesParts): readonly Uint8Array[] =>
  idempotencyKey === undefined ? [] : keys.naming.map((key) => markOf(caller, action.name, idempotencyKey, key));

const markOf = ({ identity, client }: Caller, action: string, idempotencyKey: string, key: Uint8Array): Uint8Array =>
  createHmac('sha256', key)
    .update('castellan 1 idempotency\0')
    .update(canonicalJson([identity.issuer, identity.subject, client, action, idempotencyKey]))
    .digest();

const otherRequest = (): AppError =>
  new AppError('conflict', 'This idempotency key was used for another request. Use a new one.');
