import { aclSchema } from '../../core/acl.ts';
import type { StoredChunk, StoredDocument } from '../reader.ts';
import type { Database } from './database.ts';
import { fieldsSchema, labelsSchema, locationSchema, storedJson } from './stored-json.ts';

/** Reads documents as they are stored, whoever may see them. */
export interface StoredDocuments {
  document(source: string, key: string): StoredDocument | undefined;
  chunks(item: number, ordinals?: readonly number[]): readonly StoredChunk[];
}

/** Prepares the look-ups on a connection. */
export const prepareStoredDocuments = (db: Database): StoredDocuments => {
  const document = db.prepare<[string, string], DocumentRow>(`
    SELECT
      item.id AS item,
      item.title AS title,
      document.type AS type,
      document.url AS url,
      document.labels AS labels,
      document.fields AS fields,
      document.updated_at AS updatedAt,
      iif(item.outdated, item.synced_at, max(item.synced_at, source.contents_confirmed_at)) AS syncedAt,
      item.outdated AS outdated,
      max(item.permissions_synced_at, source.confirmed_at) AS permissionsSyncedAt,
      document.content_hash AS contentHash,
      document.revision AS revision,
      document.body_hash AS bodyHash,
      acl.id AS acl,
      acl.value AS aclValue,
      ifnull(account.name, account.account) AS author,
      account.kind AS authorKind
    FROM source
    JOIN item ON item.source = source.id AND item.key = ?
    JOIN document ON document.item = item.id
    JOIN acl ON acl.id = item.acl
    LEFT JOIN account ON account.source = item.source AND account.account = substr(document.author, ${NAME_AT})
    WHERE source.name = ?`);
  const chunks = db.prepare<{ item: number; ordinals: string | null }, ChunkRow>(`
    SELECT
      chunk.id AS chunk,
      chunk.ordinal AS ordinal,
      chunk.text AS text,
      chunk.location AS location,
      account.kind AS authorKind,
      chunk.stripped AS stripped,
      model.fingerprint AS fingerprint,
      coming_model.fingerprint AS coming
    FROM chunk
    JOIN item ON item.id = chunk.item
    LEFT JOIN account ON account.source = item.source AND account.account = substr(chunk.author, ${NAME_AT})
    LEFT JOIN vector ON vector.chunk = chunk.id
    LEFT JOIN model ON model.id = vector.model
    LEFT JOIN coming_vector ON coming_vector.chunk = chunk.id
    LEFT JOIN model AS coming_model ON coming_model.id = coming_vector.model
    WHERE chunk.item = :item
      AND (:ordinals IS NULL OR chunk.ordinal IN (SELECT value FROM json_each(:ordinals)))
    ORDER BY chunk.ordinal`);
  return {
    document: (source, key) => {
      const row = document.get(key, source);
      return row && documentOf(source, key, row);
    },
    chunks: (item, ordinals) =>
      chunks.all({ item, ordinals: ordinals === undefined ? null : JSON.stringify(ordinals) }).map(chunkOf),
  };
};

/** Authors are stored as principals; their name begins after `user:`. */
const NAME_AT = 'user:'.length + 1;

interface DocumentRow {
  readonly item: number;
  readonly title: string;
  readonly type: string;
  readonly url: string;
  readonly labels: string;
  readonly fields: string;
  readonly updatedAt: number;
  readonly syncedAt: number;
  readonly outdated: 0 | 1;
  readonly permissionsSyncedAt: number;
  readonly contentHash: string;
  readonly revision: string | null;
  readonly bodyHash: string | null;
  readonly acl: number;
  readonly aclValue: string;
  readonly author: string | null;
  readonly authorKind: 'member' | 'guest' | null;
}

interface ChunkRow {
  readonly chunk: number;
  readonly ordinal: number;
  readonly text: string;
  readonly location: string;
  readonly authorKind: 'member' | 'guest' | null;
  readonly stripped: number;
  readonly fingerprint: string | null;
  readonly coming: string | null;
}

const documentOf = (source: string, key: string, row: DocumentRow): StoredDocument => {
  const { author, authorKind, labels, fields, acl, aclValue, revision, bodyHash, outdated, ...rest } = row;
  return {
    ...rest,
    source,
    key,
    outdated: outdated === 1,
    ...(author === null || authorKind === null ? {} : { author: { name: author, kind: authorKind } }),
    ...(revision === null ? {} : { revision }),
    ...(bodyHash === null ? {} : { bodyHash }),
    // Read when they are shown: damage in what nobody sees must not make its refusal another one.
    get labels() {
      return storedJson(labelsSchema, labels, `labels of ${source}:${key}`);
    },
    get fields() {
      return storedJson(fieldsSchema, fields, `fields of ${source}:${key}`);
    },
    acl: { id: acl, value: storedJson(aclSchema, aclValue, `the acl of ${source}:${key}`) },
  };
};

const chunkOf = ({ authorKind, fingerprint, coming, location, ...rest }: ChunkRow): StoredChunk => ({
  ...rest,
  location: storedJson(locationSchema, location, 'the location of a chunk'),
  ...(authorKind === null ? {} : { author: { kind: authorKind } }),
  embeddedWith: [fingerprint, coming].filter((model) => model !== null),
});
