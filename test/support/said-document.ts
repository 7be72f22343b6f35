import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';

/** A document of spring, as a source says it. */
export const aDocument = (key: string, acl: Acl): Change => ({
  type: 'document',
  document: {
    key,
    title: key,
    type: 'document',
    updatedAt: new Date('2026-01-02T03:04:05Z'),
    acl,
    body: { kind: 'text', text: 'We move in spring.', format: 'plain' },
  },
});
