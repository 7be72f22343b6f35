import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

import { identityName } from '../../core/caller.ts';
import type { Facts } from '../../core/decide.ts';
import { AppError } from '../../core/errors.ts';
import { type KnownAccount, leafStanding } from '../../core/leaf.ts';
import type { Rules } from '../../core/rules.ts';
import { parseRules } from '../../core/rules-text.ts';
import { serviceOf } from '../../core/service.ts';
import type { AsOf, Moment, Past, PastReading } from '../past.ts';
import { type Database, openDatabase } from './database.ts';
import { NOTHING, remembered } from './facts.ts';
import { type DatabaseFile, guarded } from './failure.ts';
import { type Folds, prepareFolds } from './history-folds.ts';

/** Opens what an existing index remembers. */
export const openPast = (path: string): Past => {
  if (!existsSync(path)) throw new AppError('unavailable', `There is no index ${path} yet. Make it with: castellan sync`);
  const file: DatabaseFile = {
    path,
    name: 'index',
    remedy: 'Restore it from a backup, or move it away and run: castellan sync',
  };
  const db = openDatabase({ ...file, migrations: new URL('index/', import.meta.url), readonly: true });
  try {
    const reading = guarded(file, () => prepareReading(db));
    return {
      read: (look) => guarded(file, () => db.transaction(() => look(reading()))()),
      close: () => void db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
};

const prepareReading = (db: Database): (() => PastReading) => {
  const basis = db.prepare<[], { databaseId: string; version: number }>('SELECT database_id AS databaseId, version FROM meta');
  const first = db.prepare<[], Moment>(`
    SELECT version, at FROM history ORDER BY id LIMIT 1`);
  // The clock may have been set back: the last of all that were committed by then.
  const versionAt = db.prepare<[number, number], Moment>(`
    SELECT max(version) AS version, at
    FROM (
      SELECT version, at FROM history WHERE at <= ?
      UNION ALL
      SELECT version, at FROM rules_known WHERE at <= ?
    )
    HAVING max(version) IS NOT NULL`);
  const folds = prepareFolds(db);
  const rulesOf = prepareRules(db);
  return () => {
    const { databaseId, version } = basis.get() ?? { databaseId: '', version: 0 };
    return {
      databaseId,
      version,
      first: () => first.get(),
      versionAt: (at) => versionAt.get(at, at),
      asOf: (asked) => asOf(folds, rulesOf.last, asked),
      rules: rulesOf.named,
    };
  };
};

const asOf = (folds: Folds, lastRules: (version: number) => ReturnType<AsOf['rules']>, version: number): AsOf => {
  const within = <T>(name: string, nothing: T, look: (source: number) => T): T => {
    const source = folds.source(name);
    return source === undefined ? nothing : look(source);
  };
  return {
    version,
    item: (name, key) => within(name, undefined, (source) => folds.item(source, key, version)),
    listing: (name, group) => within(name, undefined, (source) => folds.listing(source, group, version)),
    account: (name, account) => within(name, undefined, (source) => folds.account(source, account, version)),
    accounts: (name) => within(name, [], (source) => folds.accounts(source, version)),
    links: (name) => within(name, [], (source) => folds.links(source, version)),
    // Also of a source that nobody had read yet: who somebody is does not wait for it.
    facts: (name, identity, rules) => factsOf(folds, { name, source: folds.source(name) ?? NO_SOURCE, identity, rules, version }),
    rules: () => lastRules(version),
  };
};

/** No row has this number. */
const NO_SOURCE = 0;

interface Asked {
  readonly name: string;
  readonly source: number;
  readonly identity: Parameters<AsOf['facts']>[1];
  readonly rules: Rules;
  readonly version: number;
}

/** The facts of then for the rule of now: only where they are read from differs from those of the living index. */
const factsOf = (folds: Folds, { name, source, identity, rules, version }: Asked): Facts => {
  if (!rules.sources.has(name)) return NOTHING;
  return {
    leaf: leafStanding({
      identity,
      rules,
      source: name,
      accounts: knownAccounts(folds, { name, source, identity, rules, version }),
    }),
    listing: remembered((group) => {
      const found = folds.listing(source, group, version);
      return found && { members: found.members, at: found.since.at, fresh: true };
    }),
    audience: remembered((key) => {
      const found = folds.item(source, key, version);
      return found && { acl: found.acl.value, at: found.since.at };
    }),
  };
};

/** The accounts that had to do with somebody: those they were linked to or that carried their e-mail; of a service those that are listed. */
const knownAccounts = (folds: Folds, { name, source, identity, rules, version }: Asked): readonly KnownAccount[] => {
  const service = serviceOf(identity, rules);
  const linked = new Set(service ? service.accounts.get(name) : folds.linkedTo(source, identityName(identity), version));
  const email = service ? undefined : identity.email;
  const candidates = new Set([...linked, ...(email === undefined ? [] : folds.everCarried(source, email))]);
  return [...candidates].toSorted().flatMap((id): KnownAccount[] => {
    const account = folds.account(source, id, version);
    if (!account || !(linked.has(id) || (email !== undefined && account.emails.includes(email)))) return [];
    const { since, ...known } = account;
    return [{ ...known, linked: linked.has(id), at: since.at, fresh: true }];
  });
};

/** The text must be what it is called, which the audit commits to: rules that were changed by hand decide nothing. */
const readRules = (hash: string, text: string): Rules => {
  try {
    if (createHash('sha256').update(text).digest('hex') === hash) return parseRules(text);
  } catch (cause) {
    throw damagedRules(cause);
  }
  throw damagedRules(undefined);
};

const damagedRules = (cause: unknown): AppError =>
  new AppError(
    'unavailable',
    'The index is damaged: rules that it keeps are not those that were recorded. Restore it from a backup.',
    {
      cause,
    },
  );

const prepareRules = (db: Database) => {
  const last = db.prepare<[number], Moment & { hash: string }>(`
    SELECT version, at, hash
    FROM rules_known
    WHERE version <= ?
    ORDER BY id DESC
    LIMIT 1`);
  const text = db.prepare<[string], string>('SELECT value FROM rule_set WHERE hash = ?').pluck();
  const named = remembered((hash: string): Rules | undefined => {
    const found = text.get(hash);
    return found === undefined ? undefined : readRules(hash, found);
  });
  return {
    named,
    last: (version: number): ReturnType<AsOf['rules']> => {
      const found = last.get(version);
      const rules = found && named(found.hash);
      return found && rules && { ...found, rules };
    },
  };
};
