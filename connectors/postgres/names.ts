import { escapeIdentifier } from 'pg';

/** A relation as it stands in SQL, and as we compare it. */
export const quotedName = (schema: string, relation: string): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(relation)}`;
