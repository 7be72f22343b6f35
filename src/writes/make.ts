import { z } from 'zod';

import { AppError, type ErrorCode } from '../core/errors.ts';
import { documentId } from '../core/document.ts';
import type { Committed } from '../core/proposal.ts';
import type { Intent, Receipt, Settled, WriteAction } from '../core/write.ts';
import { aimOf, runFor, within } from './ask-source.ts';
import { type Content, findingSchema, receiptSchema, seal, unseal } from './content.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { DEADLINES, type WritableSource, type WritesParts } from './parts.ts';
import { proveWrite } from './proof.ts';

/** A write whose right this process holds. */
export interface Held {
  readonly row: ProposalRow;
  readonly content: Content;
  readonly source: WritableSource;
  readonly action: WriteAction;
  /** When it was decided to be made, ms since 1970. */
  readonly at: number;
}

/** With these an action says that nothing was written. */
const NOTHING_WRITTEN: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'source_rejected',
  'source_rate_limited',
]);
const NOTE_MAX = 1_000;
const NOTE = z.string();

/**
 * Makes a write: the only place that calls `commit` of an action, once for each right that is held. The intent is on disk and in the
 * audit before. Rejects, with nothing written, where the action says so; where nobody can say, the source is asked.
 */
export const make = async (held: Held, how: object, parts: WritesParts, signal: AbortSignal): Promise<Committed> => {
  const { row, content } = held;
  try {
    await proveWrite(content, 'intended', how, parts);
  } catch (error) {
    await parts.proposals.end(row.id, 'failed', parts.now()); // its source never heard of it
    throw error;
  }
  let receipt: Receipt;
  try {
    receipt = receiptSchema.parse(await called(held, parts));
  } catch (error) {
    if (!(error instanceof AppError) || !NOTHING_WRITTEN.has(error.code)) return settleHeld(held, parts, signal);
    await ended(held, 'failed', error.code, parts);
    throw error;
  }
  return done(held, receipt, parts);
};

/** The one call. It is told to stop when it takes too long, and its end is waited for all the same. */
const called = async (held: Held, parts: WritesParts): Promise<Receipt> => {
  const { row, content, source, action } = held;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error('it took too long')), (parts.deadlines ?? DEADLINES).commit);
  const keep = async (note: string): Promise<void> => {
    if (note.length > NOTE_MAX) throw new Error(`${action.name} keeps a note of more than ${NOTE_MAX} characters`);
    const sealed = seal(row.id, 'note', note, { keys: parts.keys.sealing, random: parts.random });
    if (!(await parts.proposals.keep(row.id, sealed))) throw new Error('the right to make this write was lost');
  };
  try {
    const run = runFor(source, action, { now: parts.now, signal: stop.signal, writing: true });
    const aim = aimOf(action, content.key, content.input);
    return await action.commit(aim, run, content.as, { intent: intentOf(held, parts), keep });
  } finally {
    clearTimeout(timer);
  }
};

/** Asks the source what became of a write whose right this process holds. Writes nothing. */
export const settleHeld = async (held: Held, parts: WritesParts, signal: AbortSignal): Promise<Committed> => {
  const row = (await parts.proposals.find(held.row.id)) ?? held.row; // with the note that was kept since
  if (row.outcome) return done(held, receiptOf(row, parts), parts);
  let settled: Settled;
  try {
    settled = await askSource({ ...held, row }, parts, signal);
  } catch {
    await parts.proposals.letGo(row.id); // asked again at the next touch, and at the next start
    return { outcome: 'uncertain', proposal: row.id };
  }
  if (typeof settled !== 'string') return done(held, settled, parts);
  await ended(held, settled, settled, parts);
  return { outcome: settled, proposal: row.id };
};

/** What its source says became of a write; rejects where it does not answer. Writes nothing. */
export const askSource = async (held: Held, parts: WritesParts, signal: AbortSignal): Promise<Settled> => {
  const { content, source, action } = held;
  const intent = intentOf(held, parts);
  const said = await within((parts.deadlines ?? DEADLINES).ask, signal, (inTime) => {
    const run = runFor(source, action, { now: parts.now, signal: inTime, writing: false });
    return action.settle(aimOf(action, content.key, content.input), run, content.as, intent);
  });
  return typeof said === 'string' ? said : receiptSchema.parse(said);
};

/** What a row that has ended says. */
export const told = (row: ProposalRow, { proposal }: Content, parts: Pick<WritesParts, 'keys'>): Committed => {
  const byPerson = wordOn(row, parts) === 'person';
  if (row.state === 'done') {
    if (byPerson) return { outcome: 'done', proposal: row.id, byPerson };
    const receipt = receiptOf(row, parts);
    return { outcome: 'done', proposal: row.id, receipt, document: documentId(proposal.source, receipt.key) };
  }
  if (row.state === 'absent' || row.state === 'uncertain') {
    return { outcome: row.state, proposal: row.id, ...(byPerson && { byPerson }) };
  }
  throw new AppError('conflict', 'This proposal ended, and nothing was written. Propose it again.');
};

/** By whose word it was settled, where it was uncertain. */
export const wordOn = ({ id, settled }: ProposalRow, { keys }: Pick<WritesParts, 'keys'>): 'person' | 'source' | undefined =>
  settled && unseal(settled, id, 'finding', findingSchema, keys.sealing).word;

export const receiptOf = ({ id, outcome }: ProposalRow, { keys }: Pick<WritesParts, 'keys'>): Receipt => {
  if (!outcome) throw new Error('a write was made and has no receipt');
  return unseal(outcome, id, 'receipt', receiptSchema, keys.sealing);
};

/** The receipt is kept before anything else can go wrong; the row ends when the audit says so. */
const done = async (held: Held, receipt: Receipt, parts: WritesParts): Promise<Committed> => {
  const { id } = held.row;
  const { source } = held.content.proposal;
  const sealed = seal(id, 'receipt', receipt, { keys: parts.keys.sealing, random: parts.random });
  if (!(await parts.proposals.keepReceipt(id, sealed))) throw taken();
  const { key, before, after } = receipt;
  await ended(held, 'done', 'done', parts, { key, before, after });
  await parts.hasten(source).catch(() => undefined); // the next run finds it all the same
  return { outcome: 'done', proposal: id, receipt, document: documentId(source, key) };
};

/** Ends a write whose right this process holds, once the audit has it. */
export const ended = async (
  { row, content }: Pick<Held, 'row' | 'content'>,
  state: 'done' | 'failed' | 'absent' | 'uncertain',
  outcome: Parameters<typeof proveWrite>[1],
  parts: WritesParts,
  more: object = {},
): Promise<void> => {
  try {
    await proveWrite(content, outcome, more, parts);
  } catch (error) {
    await parts.proposals.letGo(row.id); // what is not in the audit is told to nobody; the next touch tries again
    throw error;
  }
  if (!(await parts.proposals.end(row.id, state, parts.now()))) throw taken();
};

const taken = (): AppError =>
  new AppError('conflict', 'Somebody else finds out what became of this write. Ask again in a moment.');

const intentOf = ({ row, content, at }: Held, { keys }: Pick<WritesParts, 'keys'>): Intent => ({
  id: row.id,
  action: content.proposal.action,
  aim: { ...(content.key === undefined ? {} : { key: content.key }), input: content.input },
  target: content.proposal.target,
  ...(content.revision === undefined ? {} : { revision: content.revision }),
  at: new Date(at),
  ...(row.kept ? { kept: unseal(row.kept, row.id, 'note', NOTE, keys.sealing) } : {}),
});
