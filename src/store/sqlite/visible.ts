import { z } from 'zod';

import { aclSchema } from '../../core/acl.ts';
import type { Filter } from '../../core/snapshot.ts';
import type { HeldAcls, VisibleRow } from '../reader.ts';
import type { Database } from './database.ts';
import { boundWhere } from './where.ts';
import { labelsSchema, storedJson } from './stored-json.ts';

/**
 * The documents of the held acls that a client may carry: the one place where SQL says what may be seen. Bound: `:held` as
 * `boundAcls` makes it, and `:denied` as `denied-labels.ts` does.
 * To be joined further, and narrowed by more conditions.
 */
export const visibleDocuments = (joins = '', conditions = ''): string => `
  FROM json_each(:held) AS held
  CROSS JOIN item ON item.acl = held.value       -- CROSS: from what holds to what it shows, never the other way round
  JOIN temp.promise ON promise.source = item.source
  JOIN document ON document.item = item.id
  ${joins}
  WHERE max(item.permissions_synced_at, promise.confirmed_at) >= promise.permissions_since
    AND iif(item.outdated, -9e999, max(item.synced_at, promise.contents_confirmed_at)) >= promise.content_since
    AND (:denied IS NULL OR document.labels = '[]' OR NOT denied_labels(document.labels, :denied))
    ${conditions}`;

/** What holds, and what of it stays behind, as they are bound to `visibleDocuments`. */
export interface Narrowed {
  readonly held: string;
  readonly denied: string | null;
}

/**
 * Held acls as they are bound: written once for as long as they are kept. SQL reads them from JSON as fast as from a table of
 * its own, which would have to be filled first.
 */
export const boundAcls = (held: HeldAcls): string => {
  const before = written.get(held);
  if (before !== undefined) return before;
  const text = `[${held.acls.join(',')}]`;
  written.set(held, text);
  return text;
};

const written = new WeakMap<HeldAcls, string>();

/** Keeps what a request asks for, of what is visible. Names nobody knows match nothing. */
export const KEPT = `
  AND (:sources IS NULL OR promise.name IN (SELECT value FROM json_each(:sources)))
  AND (:types IS NULL OR document.type IN (SELECT value FROM json_each(:types)))
  AND (:updatedAfter IS NULL OR document.updated_at > :updatedAfter)
  AND (:where IS NULL OR meets(document.fields, :where))`;

/** A filter as it is bound to `KEPT`: null keeps everything. */
export interface Kept {
  readonly sources: string | null;
  readonly types: string | null;
  readonly updatedAfter: number | null;
  readonly where: string | null;
}

/** A filter, ready to be bound. */
export const kept = ({ sources, types, updatedAfter, where }: Filter): Kept => ({
  sources: sources === undefined ? null : JSON.stringify(sources),
  types: types === undefined ? null : JSON.stringify(types),
  updatedAfter: updatedAfter ?? null,
  where: boundWhere(where),
});

/** Sums up the visible documents by source, type, acl and labels. */
export const prepareVisibleSources = (db: Database): ((narrowed: Narrowed) => readonly VisibleRow[]) => {
  const select = db.prepare<
    Narrowed,
    Omit<VisibleRow, 'fields' | 'acl' | 'labels'> & Record<'fields' | 'acl' | 'labels', string>
  >(`
    SELECT
      promise.name AS source,
      document.type AS type,
      acl.value AS acl,
      document.labels AS labels,
      json_group_array(DISTINCT field.key) FILTER (WHERE field.key IS NOT NULL) AS fields,
      max(document.updated_at) AS updatedAt,
      min(iif(item.outdated, item.synced_at, max(item.synced_at, promise.contents_confirmed_at))) AS syncedAt,
      min(max(item.permissions_synced_at, promise.confirmed_at)) AS permissionsSyncedAt
    ${visibleDocuments('JOIN acl ON acl.id = item.acl LEFT JOIN json_each(document.fields) AS field')}
    GROUP BY promise.name, document.type, acl.id, document.labels`);
  return (narrowed) =>
    select.all(narrowed).map(({ fields, acl, labels, ...row }) => ({
      ...row,
      acl: storedJson(aclSchema, acl, 'an acl'),
      labels: storedJson(labelsSchema, labels, 'the labels of documents'),
      fields: storedJson(NAMES, fields, 'the fields of documents').toSorted(),
    }));
};

const NAMES = z.array(z.string());
