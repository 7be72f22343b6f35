import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { type Content, seal, unseal } from './content.ts';
import { assertWaits, decide, ownWord, suffices } from './decide.ts';
import type { WritesParts } from './parts.ts';
import { proveShown } from './proof.ts';
import { contentOf } from './propose.ts';

/** A link as it is written: an id of 16 bytes, and what is sealed to it. */
const LINK = /^[A-Za-z0-9_-]{80,1000}$/u;
const ID_BYTES = 16;

/** For whom a link was made, and of what they were to be shown: a proposal that is another by now takes another link. */
const sealedSchema = z.strictObject({ by: z.string(), of: z.string() });

/** What a link leads to. */
export interface Linked {
  readonly row: ProposalRow;
  readonly content: Content;
  /** For whom it was made. */
  readonly by: string;
  /** What a form on the page sends back with the decision: no other page knows it. */
  readonly token: string;
}

/**
 * Makes a link by which one person decides about one proposal, once. Nobody can make one without a key, and nothing of it is kept.
 * Rejects as a decision of theirs would.
 */
export const linkTo = async (id: string, by: string, parts: WritesParts): Promise<string> => {
  const row = await parts.proposals.find(id);
  if (!row) throw new AppError('not_found', 'There is no such proposal. castellan approve lists those that wait.');
  assertWaits(row, parts.now());
  const content = contentOf(row, parts);
  if (!suffices({ yes: true, through: 'page', by }, content.proposal.needs, content)) throw ownWord();
  const sealed = seal(id, 'link', { by, of: digestOf(row) }, { keys: parts.keys.sealing, random: parts.random });
  return Buffer.concat([Buffer.from(id, 'hex'), sealed]).toString('base64url');
};

/** What a link leads to, recorded as shown to whom it was made for. Undefined for what is no link, or none any more. */
export const showLinked = async (link: string, parts: WritesParts): Promise<Linked | undefined> => {
  const linked = await linkedBy(link, parts);
  if (linked) await proveShown(linked.content, linked.by, parts);
  return linked;
};

/** Keeps the decision of whom a link was made for. Rejects with `not_found` for what is no link, else as `decide` does. */
export const decideLinked = async (
  link: string,
  { yes, token }: { readonly yes: boolean; readonly token: string },
  parts: WritesParts,
): Promise<void> => {
  const linked = await linkedBy(link, parts);
  if (!linked || !isSame(token, linked.token)) throw new AppError('not_found', 'This is no link of ours, or none any more.');
  await decide(linked.row.id, { yes, through: 'page', by: linked.by }, parts);
};

const linkedBy = async (link: string, parts: WritesParts): Promise<Linked | undefined> => {
  const bytes = Buffer.from(link, 'base64url');
  if (!LINK.test(link) || bytes.toString('base64url') !== link) return undefined;
  const id = bytes.subarray(0, ID_BYTES).toString('hex');
  const said = opened(bytes.subarray(ID_BYTES), id, parts);
  const row = said && (await parts.proposals.find(id));
  if (!said || !row || said.of !== digestOf(row)) return undefined;
  return { row, content: contentOf(row, parts), by: said.by, token: tokenOf(link, parts) };
};

const opened = (sealed: Uint8Array, id: string, { keys }: WritesParts): z.infer<typeof sealedSchema> | undefined => {
  try {
    return unseal(sealed, id, 'link', sealedSchema, keys.sealing);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
};

const digestOf = ({ content }: Pick<ProposalRow, 'content'>): string => createHash('sha256').update(content).digest('hex');

const tokenOf = (link: string, { keys }: WritesParts): string =>
  createHmac('sha256', keys.confirming[0]).update('castellan 1 form\0').update(link).digest('base64url');

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
};
