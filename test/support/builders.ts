import type { Acl } from '../../src/core/acl.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Deniable, Principal } from '../../src/core/principal.ts';

/** An acl of one term that allows these and denies nobody. */
export const only = (...allow: readonly Principal[]): Acl => ({ terms: [{ allow, deny: [], from: 'test' }] });

/** An acl of one term that allows some and denies others. */
export const except = (allow: readonly Principal[], deny: readonly Deniable[]): Acl => ({
  terms: [{ allow, deny, from: 'test' }],
});

/** A document as a source yields it; everyone may see it unless said otherwise. */
export const aDocument = (given: Partial<SourceDocument> = {}): SourceDocument => ({
  key: 'plan',
  title: 'Plan',
  type: 'page',
  url: 'https://wiki.acme.test/plan',
  updatedAt: new Date('2026-01-02T03:04:05Z'),
  acl: only('everyone'),
  body: { kind: 'text', text: 'We move in spring.', format: 'plain' },
  ...given,
});

/** An active member whose e-mail is made of the id. */
export const anAccount = (given: Partial<Account> = {}): Account => {
  const { id = 'ada' } = given;
  return { id, emails: [`${id}@acme.test`], active: true, kind: 'member', ...given };
};
