import type { Past, PastReading } from '../store/past.ts';
import type { Reading, StoredDocument } from '../store/reader.ts';

/** A document whose permissions are looked at. A title only as it stands. */
export type ExaminedDocument = Pick<
  StoredDocument,
  'source' | 'key' | 'labels' | 'acl' | 'permissionsSyncedAt' | 'syncedAt' | 'outdated'
> & {
  readonly title?: string;
};

/** What is looked at to say who may see what, and why: an index as it stands, or as it was. */
export interface Examined extends Pick<Reading, 'basis' | 'presuming' | 'provenance' | 'people'> {
  document(source: string, key: string): ExaminedDocument | undefined;
}

/** Where it is looked at, in one read transaction. */
export interface Examinable {
  read<T>(look: (examined: Examined) => T): T;
}

/**
 * An index as it was at a version. Everything counts as confirmed at `now`, and no document has a label: neither is remembered. Nor
 * is a link presumed that was not there.
 */
export const examinableAt = (past: Past, version: number, now: number): Examinable => ({
  read: (look) => past.read((reading) => look(examinedAt(reading, version, now))),
});

const examinedAt = (reading: PastReading, version: number, now: number): Examined => {
  const asOf = reading.asOf(version);
  return {
    basis: { version, epoch: 0, databaseId: reading.databaseId },
    presuming: () => ({
      facts: (source, identity, rules) => asOf.facts(source, identity, rules),
      accounts: (identity, rules) => asOf.known(identity, rules),
    }),
    provenance: asOf.provenance,
    people: asOf.people,
    document: (source, key) => {
      const item = asOf.item(source, key);
      if (!item || item.container) return undefined;
      return { source, key, labels: [], acl: item.acl, permissionsSyncedAt: now, syncedAt: now, outdated: false };
    },
  };
};
