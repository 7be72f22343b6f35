import { z } from 'zod';

import type { Lookup, Pushed, PushedKind, PushedReading } from '../../pushed.ts';
import type { Database } from '../database.ts';
import { storedJson } from '../stored-json.ts';

export interface PushedRows {
  reading(source: number): PushedReading;
  put(source: number, pushed: Pushed): void;
  remove(source: number, id: string): void;
}

interface Row extends Omit<Pushed, 'value' | 'externalId'> {
  readonly externalId: string | null;
  readonly value: string;
}

const COLUMNS = `kind, id, name, external_id AS externalId, version, created_at AS createdAt, modified_at AS modifiedAt, value`;
const valueSchema = z.record(z.string(), z.unknown());

/** What was pushed, as rows. */
export const pushedRowsOf = (db: Database): PushedRows => {
  const byId = db.prepare<[number, PushedKind, string], Row>(`
    SELECT ${COLUMNS} FROM pushed WHERE source = ? AND kind = ? AND id = ?`);
  const byName = db.prepare<[number, PushedKind, string], Row>(`
    SELECT ${COLUMNS} FROM pushed WHERE source = ? AND kind = ? AND name = ?`);
  const byExternalId = db.prepare<[number, PushedKind, string], Row>(`
    SELECT ${COLUMNS} FROM pushed WHERE source = ? AND kind = ? AND external_id = ? ORDER BY place`);
  const count = db.prepare<[number, PushedKind], number>('SELECT count(*) FROM pushed WHERE source = ? AND kind = ?').pluck();
  const page = db.prepare<[number, PushedKind, number, number], Row>(`
    SELECT ${COLUMNS} FROM pushed WHERE source = ? AND kind = ? ORDER BY place LIMIT ? OFFSET ?`);
  const ids = db
    .prepare<[number, PushedKind], string>('SELECT id FROM pushed WHERE source = ? AND kind = ? ORDER BY place')
    .pluck();
  const put = db.prepare<[Row & { source: number }]>(`
    INSERT INTO pushed (source, id, kind, name, external_id, version, created_at, modified_at, value)
    VALUES (:source, :id, :kind, :name, :externalId, :version, :createdAt, :modifiedAt, :value)
    ON CONFLICT (id) DO UPDATE SET
      name = excluded.name, external_id = excluded.external_id, version = excluded.version,
      modified_at = excluded.modified_at, value = excluded.value`);
  const remove = db.prepare<[number, string]>('DELETE FROM pushed WHERE source = ? AND id = ?');

  const find = (source: number, kind: PushedKind, by: Lookup): Row | undefined =>
    'id' in by ? byId.get(source, kind, by.id) : byName.get(source, kind, by.name);
  /** One by one: a statement that is being read would keep others from writing. */
  function* all(source: number, kind: PushedKind): Generator<Pushed> {
    for (const id of ids.all(source, kind)) {
      const row = byId.get(source, kind, id);
      if (row) yield pushedOf(row);
    }
  }

  return {
    reading: (source) => ({
      find: (kind, by) => {
        const row = find(source, kind, by);
        return row && pushedOf(row);
      },
      carrying: (kind, externalId) => byExternalId.all(source, kind, externalId).map(pushedOf),
      count: (kind) => count.get(source, kind) ?? 0,
      page: (kind, from, most) => page.all(source, kind, most, from).map(pushedOf),
      all: (kind) => all(source, kind),
    }),
    put: (source, { value, externalId = null, ...pushed }) =>
      void put.run({ source, ...pushed, externalId, value: JSON.stringify(value) }),
    remove: (source, id) => void remove.run(source, id),
  };
};

const pushedOf = ({ value, externalId, ...row }: Row): Pushed => ({
  ...row,
  ...(externalId === null ? {} : { externalId }),
  value: storedJson(valueSchema, value, 'what was pushed'),
});
