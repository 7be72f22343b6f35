import type { AuditedDocument } from '../core/audit.ts';
import type { VisibleDocument } from '../core/view.ts';

/** What the audit says of a document that is shown. */
export const auditedOf = ({ id, contentHash, acl, permissionsSyncedAt }: VisibleDocument): AuditedDocument => ({
  id,
  content: contentHash,
  acl,
  permissionsAt: permissionsSyncedAt,
});
