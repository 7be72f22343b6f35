import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';

/** The keys that a change is about. */
export const keysOf = (change: Change): string[] => {
  if (change.type === 'document') return [change.document.key];
  if (change.type === 'problem') return change.key === undefined ? [] : [change.key];
  return 'key' in change ? [change.key] : [];
};

/** The acls that a change says. */
export const aclsOf = (change: Change): Acl[] => {
  if (change.type === 'document') return [change.document.acl];
  return 'acl' in change ? [change.acl] : [];
};
