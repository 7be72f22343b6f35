/** Fields that mean the same in every source, and what kind of value each holds. An instant is ISO 8601 in UTC, as `Date.toISOString` writes it. */
export const FIELDS = {
  account: 'text',
  amount: 'number',
  assignee: 'text',
  closed_at: 'instant',
  created_at: 'instant',
  currency: 'text',
  due_at: 'instant',
  email: 'text',
  industry: 'text',
  media_type: 'text',
  name: 'text',
  phone: 'text',
  priority: 'text',
  size: 'number',
  stage: 'text',
  status: 'text',
  website: 'text',
} as const satisfies Record<string, FieldKind>;

export type FieldKind = 'text' | 'number' | 'instant';
export type FieldName = keyof typeof FIELDS;

const isFieldName = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);

/** All of them, by name. */
export const FIELD_NAMES: readonly FieldName[] = Object.keys(FIELDS).filter(isFieldName);

/** Of what kind a field's values are; undefined for a field that means what its source likes. */
export const kindOf = (name: string): FieldKind | undefined => (isFieldName(name) ? FIELDS[name] : undefined);

/** What documents are, and the fields each kind of document can have. */
export const DOCUMENT_TYPES = {
  page: ['created_at', 'status'],
  file: ['created_at', 'media_type', 'size'],
  issue: ['assignee', 'closed_at', 'created_at', 'due_at', 'priority', 'status'],
  comment: ['created_at'],
  message: ['created_at'],
  contact: ['account', 'created_at', 'email', 'name', 'phone'],
  company: ['created_at', 'industry', 'name', 'phone', 'website'],
  deal: ['account', 'amount', 'assignee', 'closed_at', 'created_at', 'currency', 'due_at', 'stage', 'status'],
  ticket: ['account', 'assignee', 'closed_at', 'created_at', 'due_at', 'priority', 'status'],
  row: ['account', 'amount', 'assignee', 'created_at', 'due_at', 'name', 'status'],
} as const satisfies Record<string, readonly FieldName[]>;

export type DocumentType = keyof typeof DOCUMENT_TYPES;

/**
 * For every type a connector yields, every field of that type: `true` where it fills it (null where a document has none),
 * or why it cannot.
 */
export type Normalised = {
  readonly [Type in DocumentType]?: Readonly<Record<(typeof DOCUMENT_TYPES)[Type][number], true | string>>;
};
