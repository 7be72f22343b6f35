/**
 * How far a proposal is. `proposed` waits for a word or, where none is needed, for its commit; `committing` may have reached the
 * source; the others are ends. `failed` and `absent`: nothing was written, as was known at once or found out afterwards.
 */
export const PROPOSAL_STATES = [
  'proposed',
  'approved',
  'declined',
  'expired',
  'committing',
  'done',
  'failed',
  'absent',
  'uncertain',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];
