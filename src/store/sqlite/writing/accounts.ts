import type { Account } from '../../../core/document.ts';
import { normaliseEmail } from '../../../core/principal.ts';
import type { LinkMade } from '../../people.ts';
import type { Database } from '../database.ts';
import { linkMade } from '../link-row.ts';
import { comingAccountsOf } from './coming-accounts.ts';
import type { Commit } from './commit.ts';
import type { History } from './history.ts';
import type { Seen } from './seen.ts';

export interface Accounts {
  /** Where the run holds back, as far as it narrows. */
  write(commit: Commit, seen: Seen, account: Account): void;
  /** Active accounts that no listing since `tick` named become inactive. */
  deactivate(commit: Commit, source: number, tick: number): void;
  /** Writes one of the accounts that wait as it was told. Gives how many rows that took; 0 when none is left. */
  land(commit: Commit, source: number): number;
}

interface Row {
  readonly id: number;
  readonly account: string;
  readonly name: string | null;
  readonly active: number;
  readonly kind: 'member' | 'guest';
}

interface LinkRow {
  readonly identity: number;
  readonly name: string;
  /** Of the identity, as it was last seen. */
  readonly email: string | null;
  readonly method: string;
  readonly evidence: string;
  readonly at: number;
}

/** What of an account decides who somebody is. Its name does not. */
interface Fact {
  readonly active: boolean;
  readonly kind: 'member' | 'guest';
  readonly emails: readonly string[];
}

/** Accounts, and the end of every link whose account no longer says what the link was made on. */
export const accountsOf = (db: Database, history: History): Accounts => {
  const find = db.prepare<[number, string], Row>(
    'SELECT id, account, name, active, kind FROM account WHERE source = ? AND account = ?',
  );
  const unseen = db.prepare<[number, number], Row>(`
    SELECT id, account, name, active, kind
    FROM account
    WHERE source = ? AND active = 1 AND tick < ?
    ORDER BY id`);
  const emailsOf = db.prepare<[number], string>('SELECT email FROM account_email WHERE account = ?').pluck();
  const insert = db.prepare<[{ account: string; name: string | null; active: number; kind: string } & Seen]>(`
    INSERT INTO account (source, account, name, active, kind, tick, synced_at)
    VALUES (:source, :account, :name, :active, :kind, :tick, :at)`);
  const update = db.prepare<[{ id: number; name: string | null; active: number; kind: string } & Seen]>(`
    UPDATE account SET name = :name, active = :active, kind = :kind, tick = :tick, synced_at = :at WHERE id = :id`);
  const setInactive = db.prepare<[number]>('UPDATE account SET active = 0 WHERE id = ?');
  const removeEmails = db.prepare<[number]>('DELETE FROM account_email WHERE account = ?');
  const insertEmail = db.prepare<[number, string]>('INSERT INTO account_email (account, email) VALUES (?, ?)');
  const linksOf = db.prepare<[number], LinkRow>(`
    SELECT link.identity, identity.issuer || '|' || identity.subject AS name, identity.email,
           link.method, link.evidence, link.at
    FROM link
    JOIN identity ON identity.id = link.identity
    WHERE link.account = ?`);
  const remember = db.prepare<[number, number, number]>(
    'INSERT OR REPLACE INTO former_link (identity, account, ended_at) VALUES (?, ?, ?)',
  );
  const unlink = db.prepare<[number, number]>('DELETE FROM link WHERE identity = ? AND account = ?');

  const coming = comingAccountsOf(db);

  const factOf = ({ id, active, kind }: Row): Fact => ({ active: active === 1, kind, emails: emailsOf.all(id).toSorted() });

  /** What moved for an account, in history; links that rested on what is no longer so end. */
  const move = (
    commit: Commit,
    source: number,
    row: { readonly id: number; readonly account: string },
    old: Fact | undefined,
    now: Fact,
    told = now,
  ): void => {
    if (!alike(old, now)) history.record(commit, { source, subject: 'account', key: row.account, old, new: now });
    commit.moveEpoch();
    for (const { identity, name, email, at, ...stored } of linksOf.all(row.id)) {
      const made = linkMade(stored);
      if (stands(made, now, email) && stands(made, told, email)) continue;
      unlink.run(identity, row.id);
      remember.run(identity, row.id, commit.at);
      const ended = { identity: name, ...made, at };
      history.record(commit, { source, subject: 'link', key: row.account, old: ended, new: undefined });
    }
  };

  const write = (commit: Commit, seen: Seen, given: Account): void => {
    const { id: account, name = null } = given;
    const told = toldOf(given);
    const was = find.get(seen.source, account);
    const old = was && factOf(was);
    coming.forget(seen.source, account);
    const now = seen.holds ? common(old, told) : told;
    // One that is there already and could be linked anew waits too: nobody is linked in a source where accounts wait.
    if (!alike(now, told) || (seen.holds && told.active && !alike(old, told))) coming.put(seen, given);
    if (!now) return;
    const row = { name, active: now.active ? 1 : 0, kind: now.kind, ...seen };
    const id = was ? was.id : Number(insert.run({ account, ...row }).lastInsertRowid);
    if (was) update.run({ id, ...row });
    if (alike(old, told)) return;
    removeEmails.run(id);
    for (const email of now.emails) insertEmail.run(id, email);
    move(commit, seen.source, { id, account }, old, now, told);
  };

  return {
    write,
    land(commit, source) {
      const next = coming.next(source);
      if (!next) return 0;
      const { account, ...seen } = next;
      write(commit, { source, ...seen, contentsAt: null, permissionsAt: null, holds: false }, account);
      return 1;
    },
    deactivate(commit, source, tick) {
      coming.forgetUnseen(source, tick);
      for (const row of unseen.all(source, tick)) {
        const old = factOf(row);
        setInactive.run(row.id);
        move(commit, source, row, old, { ...old, active: false });
      }
    },
  };
};

const toldOf = ({ active, kind, emails }: Account): Fact => ({
  active,
  kind,
  emails: [...new Set(emails.map(normaliseEmail))].toSorted(),
});

const alike = (one: Fact | undefined, other: Fact | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * What an account is while it waits to be what it was told to be: it lets nobody in whom either kept out. Undefined: it is not there.
 * A guest's e-mails, and those of an inactive account, keep their owners from being sure of `everyone`, so both count.
 */
const common = (old: Fact | undefined, told: Fact): Fact | undefined => {
  if (!old) return told.active && told.kind === 'member' ? undefined : told;
  const active = old.active && told.active;
  const kind = old.kind === 'guest' ? 'guest' : told.kind;
  const both = active && kind === 'member';
  const emails = both
    ? old.emails.filter((email) => told.emails.includes(email))
    : [...new Set([...old.emails, ...told.emails])].toSorted();
  return { active, kind, emails };
};

/**
 * Does the account still say what a link to it rests on? By hand: that it is active and, where it carried e-mails then, one of
 * them. An account that lost them all is somebody else's as far as anybody can tell, and whoever decided may decide again; so is
 * one that carried none and now carries those of others alone. `known`: the e-mail of whom it is linked to.
 */
const stands = ({ method, evidence }: LinkMade, { active, emails }: Fact, known: string | null): boolean => {
  if (!active) return false;
  if (method === 'email') return emails.includes(evidence.email);
  if (evidence.emails.length > 0) return evidence.emails.some((email) => emails.includes(email));
  return emails.length === 0 || (known !== null && emails.includes(known));
};
