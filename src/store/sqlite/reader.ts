import { existsSync } from 'node:fs';

import SQLite from 'better-sqlite3';
import { load as loadVectors } from 'sqlite-vec';

import { AppError } from '../../core/errors.ts';
import type { Basis } from '../../core/view.ts';
import type { Reader, Reading } from '../reader.ts';
import { type Database, openDatabase } from './database.ts';
import { boundLabels, prepareDeniedLabels } from './denied-labels.ts';
import { prepareFacts } from './facts.ts';
import { type DatabaseFile, guarded } from './failure.ts';
import { prepareAccounts } from './known-accounts.ts';
import { preparePermissionRows } from './permission-rows.ts';
import { preparePeople } from './known-people.ts';
import { presuming } from './presumed-links.ts';
import { preparePromises } from './promises.ts';
import { prepareProvenance } from './provenance.ts';
import { prepareSampled } from './sampled.ts';
import { sameFile } from './same-file.ts';
import { prepareSnapshots, type Snapshots } from './snapshot.ts';
import { prepareStoredDocuments } from './stored-documents.ts';
import { prepareVisibility } from './visibility.ts';
import { boundAcls, prepareVisibleSources } from './visible.ts';
import { prepareWhere } from './where.ts';

/** Opens an existing index for reading. */
export const openReader = (path: string): Reader => {
  if (!existsSync(path)) throw new AppError('unavailable', `There is no index ${path} yet. Make it with: castellan sync`);
  const file: DatabaseFile = { path, name: 'index', remedy: REMEDY };
  const db = openDatabase({ ...file, migrations: new URL('index/', import.meta.url), readonly: true });
  const { reading, snapshots } = prepared(file, db);
  const same = sameFile(file);
  let damage: unknown;
  return {
    read: (look) => {
      if (damage) throw damage; // one damaged page leaves the others readable, and what they say is no longer to be trusted
      try {
        same();
        return guarded(file, () => transact(db, snapshots, () => look(reading())));
      } catch (error) {
        if (isDamage(error)) damage = error;
        throw error;
      }
    },
    close: () => void db.close(),
  };
};

const REMEDY = 'Restore it from a backup, or move it away and run: castellan sync';

interface Prepared {
  readonly reading: () => Reading;
  readonly snapshots: Snapshots;
}

const prepared = (file: DatabaseFile, db: Database): Prepared => {
  try {
    return guarded(file, () => prepare(db));
  } catch (error) {
    db.close();
    throw error;
  }
};

const prepare = (db: Database): Prepared => {
  db.pragma('temp_store = MEMORY'); // what is visible for whom never reaches the disk
  loadVectors(db);
  prepareDeniedLabels(db);
  prepareWhere(db);
  const basis = db.prepare<[], Basis>('SELECT version, epoch, database_id AS databaseId FROM meta');
  const setPromises = preparePromises(db);
  const findAccounts = prepareAccounts(db);
  const holdAcls = prepareVisibility(db, findAccounts, setPromises);
  const permissions = preparePermissionRows(db, findAccounts);
  const facts = prepareFacts(db, findAccounts);
  const provenance = prepareProvenance(db);
  const people = preparePeople(db);
  const sampled = prepareSampled(db);
  const snapshots = prepareSnapshots(db);
  const visibleSources = prepareVisibleSources(db);
  const documents = prepareStoredDocuments(db);
  const reading = (): Reading => {
    const stands = basis.get();
    if (!stands) throw new AppError('unavailable', `The index ${db.name} is damaged: it is empty. ${REMEDY}`);
    return {
      basis: stands,
      permissions,
      holdAcls,
      facts,
      accounts: (source, identity, rules, now) => findAccounts(identity, rules, now).in.get(source) ?? [],
      presuming: (links) => {
        const accounts = presuming(findAccounts, links);
        return { accounts, facts: prepareFacts(db, accounts) };
      },
      provenance,
      people,
      sampled,
      snapshot: (held, carried, now, filter) => {
        setPromises(carried, now);
        return snapshots.open({ held: boundAcls(held), denied: boundLabels(carried.deniedLabels) }, filter);
      },
      ...documents,
      visibleSources: (held, carried, now) => {
        setPromises(carried, now);
        return visibleSources({ held: boundAcls(held), denied: boundLabels(carried.deniedLabels) });
      },
    };
  };
  return { reading, snapshots };
};

/** Everything `look` reads is of one commit. Nothing it kept in temporary tables outlives it. */
const transact = <T>(db: Database, snapshots: Snapshots, look: () => T): T =>
  db.transaction(() => {
    const seen = look();
    snapshots.clear();
    return seen;
  })();

/** Whether it was thrown because the file is not what was written. */
export const isDamage = (error: unknown): error is AppError =>
  error instanceof AppError && error.cause instanceof SQLite.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/u.test(error.cause.code);
