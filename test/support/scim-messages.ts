/** The URNs that providers write. */
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Somebody as a provider sends them. */
export const aUser = (name: string, given: object = {}): object => ({
  schemas: [USER],
  userName: `${name}@acme.test`,
  displayName: name,
  emails: [{ value: `${name}@acme.test`, type: 'work', primary: true }],
  active: true,
  ...given,
});

/** A group as a provider sends it. */
export const aGroup = (displayName: string, members: readonly string[] = [], given: object = {}): object => ({
  schemas: [GROUP],
  displayName,
  members: members.map((value) => ({ value })),
  ...given,
});

/** A PATCH of these operations. */
export const patch = (...operations: readonly object[]): { readonly method: string; readonly body: object } => ({
  method: 'PATCH',
  body: { schemas: [PATCH], Operations: operations },
});

/** The address of a list that is filtered. */
export const filtered = (path: '/Users' | '/Groups', filter: string): string => `${path}?filter=${encodeURIComponent(filter)}`;
