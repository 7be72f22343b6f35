import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

import { activityOf } from '../../core/activity.ts';
import { type Identity, identityName } from '../../core/caller.ts';
import type { Facts } from '../../core/decide.ts';
import { AppError } from '../../core/errors.ts';
import type { KnownAccount } from '../../core/leaf.ts';
import type { Rules } from '../../core/rules.ts';
import { parseRules } from '../../core/rules-text.ts';
import { serviceOf } from '../../core/service.ts';
import type { AsOf, Moment, Past, PastReading } from '../past.ts';
import type { Reading } from '../reader.ts';
import { type Database, openDatabase } from './database.ts';
import { factsFrom, remembered } from './facts.ts';
import { type DatabaseFile, guarded } from './failure.ts';
import { type Folds, prepareFolds } from './history-folds.ts';
import type { Known } from './known-accounts.ts';
import { preparePeople } from './known-people.ts';
import { prepareProvenance } from './provenance.ts';

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
  const people = preparePeople(db);
  return () => {
    const { databaseId, version } = basis.get() ?? { databaseId: '', version: 0 };
    return {
      databaseId,
      version,
      first: () => first.get(),
      versionAt: (at) => versionAt.get(at, at),
      asOf: (asked) => asOf({ db, folds, people, lastRules: rulesOf.last }, asked),
      rules: rulesOf.named,
    };
  };
};

/** What the look-ups of one connection are. */
interface Remembered {
  readonly db: Database;
  readonly folds: Folds;
  readonly people: Reading['people'];
  readonly lastRules: (version: number) => ReturnType<AsOf['rules']>;
}

const asOf = ({ db, folds, people, lastRules }: Remembered, version: number): AsOf => {
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
    facts: (name, identity, rules) => factsOf(folds, name, identity, rules, version),
    known: (identity, rules) => knownOf(folds, identity, rules, version),
    provenance: prepareProvenance(db, version),
    people: (sources) => {
      const { identities } = people([]);
      const seen = new Set(identities.map(({ email }) => email));
      const emails = sources.flatMap((name) =>
        within(name, [], (source) => folds.accounts(source, version)).flatMap((account) =>
          account.active ? account.emails : [],
        ),
      );
      return { identities, emails: [...new Set(emails)].filter((email) => !seen.has(email)).toSorted() };
    },
    rules: () => lastRules(version),
  };
};

/** Of a source that nobody had read yet: no row has this number. */
const NO_SOURCE = 0;

/** The facts of then for the rule of now: only where they are read from differs from those of the living index. */
const factsOf = (folds: Folds, asked: string, identity: Identity, rules: Rules, version: number): Facts => {
  const numberOf = (name: string): number => folds.source(name) ?? NO_SOURCE;
  return factsFrom(asked, identity, rules, {
    known: knownOf(folds, identity, rules, version),
    listing: (source, group) => {
      const found = folds.listing(numberOf(source), group, version);
      return found && { members: found.members, at: found.since.at, fresh: true };
    },
    audience: (source, key) => {
      const found = folds.item(numberOf(source), key, version);
      return found && { acl: found.acl.value, at: found.since.at };
    },
  });
};

/**
 * The accounts that had to do with somebody: those they were linked to or that carried their e-mail, and in the directory those once
 * linked to them; of a service those that are listed.
 */
const knownOf = (folds: Folds, identity: Identity, rules: Rules, version: number): Known => {
  const { directory } = rules;
  const service = serviceOf(identity, rules);
  const who = identityName(identity);
  const known = new Map<string, readonly KnownAccount[]>();
  for (const name of rules.sources.keys()) {
    const source = folds.source(name) ?? NO_SOURCE;
    const linked = new Set(service ? service.accounts.get(name) : folds.linkedTo(source, who, version));
    const email = service ? undefined : identity.email;
    const former = new Set(service || name !== directory ? [] : folds.formerOf(source, who, version));
    const candidates = new Set([...linked, ...(email === undefined ? [] : folds.everCarried(source, email)), ...former]);
    const accounts = [...candidates].toSorted().flatMap((id): KnownAccount[] => {
      const account = folds.account(source, id, version);
      const carries = email !== undefined && account?.emails.includes(email) === true;
      if (!account || !(linked.has(id) || carries || former.has(id))) return [];
      const { since, ...said } = account;
      return [{ ...said, linked: linked.has(id), former: !linked.has(id) && !carries, at: since.at, fresh: true }];
    });
    if (accounts.length > 0) known.set(name, accounts);
  }
  if (directory === undefined || service) return { in: known };
  const read = folds.wasRead(folds.source(directory) ?? NO_SOURCE, version);
  return { in: known, activity: activityOf({ accounts: known.get(directory) ?? [], read }) };
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
