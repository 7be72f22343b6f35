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

type FieldKind = 'text' | 'number' | 'instant';
