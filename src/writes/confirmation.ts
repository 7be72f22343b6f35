import { createHmac, timingSafeEqual } from 'node:crypto';

import { type Caller, identityName } from '../core/caller.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { KeyRing } from '../store/keys.ts';
import type { Content } from './content.ts';

/** An id of 16 bytes and an HMAC of 32 are 64 characters with no bit to spare, so that a confirmation has one spelling. */
const CONFIRMATION = /^[A-Za-z0-9_-]{64}$/u;
const ID_BYTES = 16;

/** The word that confirms a proposal, good for its caller and client, and for exactly this target, input and revision. */
export const confirmationOf = (content: Content, keys: KeyRing): string =>
  Buffer.concat([Buffer.from(content.proposal.id, 'hex'), macOf(content, keys[0])]).toString('base64url');

/** The id of the proposal that is meant; undefined for what is no confirmation. */
export const confirmedId = (confirmation: string): string | undefined =>
  CONFIRMATION.test(confirmation) ? Buffer.from(confirmation, 'base64url').subarray(0, ID_BYTES).toString('hex') : undefined;

/** Whether this caller confirms this with it. */
export const confirms = (confirmation: string, content: Content, caller: Caller, keys: KeyRing): boolean => {
  if (content.client !== caller.client || identityName(content.identity) !== identityName(caller.identity)) return false;
  const mac = Buffer.from(confirmation, 'base64url').subarray(ID_BYTES);
  return keys.some((key) => timingSafeEqual(mac, macOf(content, key)));
};

const macOf = ({ identity, client, key, input, revision, proposal }: Content, secret: Uint8Array): Buffer =>
  createHmac('sha256', secret)
    .update('castellan 1 confirmation\0')
    .update(
      canonicalJson({
        id: proposal.id,
        issuer: identity.issuer,
        subject: identity.subject,
        client,
        action: proposal.action,
        source: proposal.source,
        key,
        input,
        revision,
      }),
    )
    .digest();
