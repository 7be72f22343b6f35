import { createHash, createHmac } from 'node:crypto';

import type { PersonalField } from '../../ledger.ts';

/** The bytes of the chain, as docs/security.md states them. They can never change: another format needs another number. */
const tag = (use: 'genesis' | 'row' | 'personal' | 'anchor'): string => `castellan audit 1 ${use}\0`;

/** What stands before the first row: the hash of the chain's random id. */
export const genesisOf = (chain: Uint8Array): Buffer => createHash('sha256').update(tag('genesis')).update(chain).digest();

/** The hash of a row: over the hash before it and the bytes of its body. */
export const rowHash = (previous: Uint8Array, body: Uint8Array): Buffer =>
  createHash('sha256').update(tag('row')).update(previous).update(body).digest();

/** Commits to a personal value: it cannot be changed, and without its salt it cannot be guessed. Hex. */
export const commitmentTo = (salt: Uint8Array, field: PersonalField, value: string | Uint8Array): string =>
  createHmac('sha256', salt).update(tag('personal')).update(`${field}\0`).update(value).digest('hex');

/** What an anchor signs: `unsigned` is the canonical JSON of its line without the signature. */
export const anchoredBytes = (unsigned: string): Buffer => Buffer.from(tag('anchor') + unsigned);
