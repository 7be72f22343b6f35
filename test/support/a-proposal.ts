import type { Proposal } from '../../src/core/proposal.ts';

/** A proposal as somebody is shown it, unless said otherwise: one word of a page changes. */
export const aProposal = (given: Partial<Proposal> = {}): Proposal => ({
  id: 'p1',
  action: 'wiki.edit',
  source: 'handbook',
  document: 'handbook:plan',
  target: 'Plan',
  changes: [{ field: 'text', before: 'spring', after: 'autumn' }],
  audience: { terms: [{ allow: ['everyone'], deny: [], from: 'page' }] },
  exposed: [],
  warnings: [],
  needs: 'confirm',
  expiresAt: Date.parse('2026-01-02T03:04:05Z'),
  ...given,
});
