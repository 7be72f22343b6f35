import { type Identity, identityName } from '../../../core/caller.ts';
import { AppError } from '../../../core/errors.ts';
import type { Decided, Decision, LinkDecision, ManualEvidence } from '../../people.ts';
import type { Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { linkMade } from '../link-row.ts';
import type { Commit, Committing } from './commit.ts';
import type { History } from './history.ts';

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
  readonly history: History;
}

interface AccountRow {
  readonly id: number;
  readonly source: number;
  readonly active: number;
  readonly running: number;
}

interface IdentityRow {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
}

interface LinkRow extends IdentityRow {
  readonly method: string;
  readonly evidence: string;
  readonly at: number;
}

/** Links that a person makes and ends. What they decide about is looked up again in the commit that does it. */
export const decisionsOf = ({
  db,
  file,
  commit,
  history,
}: Parts): Pick<Store, 'mayLinkByHand' | 'linkByHand' | 'mayUnlink' | 'unlink'> => {
  const findAccount = db.prepare<[string, string], AccountRow>(`
    SELECT account.id, account.source, account.active,
           EXISTS (SELECT 1 FROM lease WHERE lease.source = account.source) AS running
    FROM account
    JOIN source ON source.id = account.source
    WHERE source.name = ? AND account.account = ?`);
  const meant = prepareMeant(db);
  const nameOnly = db.prepare<[string, string, string | null]>(`
    INSERT OR IGNORE INTO identity (issuer, subject, email, seen_at) VALUES (?, ?, ?, 0)`);
  const emailsOf = db.prepare<[number], string>('SELECT email FROM account_email WHERE account = ? ORDER BY email').pluck();
  const linksOf = db.prepare<[number], LinkRow>(`
    SELECT identity.id, identity.issuer || '|' || identity.subject AS name, identity.email,
           link.method, link.evidence, link.at
    FROM link
    JOIN identity ON identity.id = link.identity
    WHERE link.account = ?
    ORDER BY name`);
  const putLink = db.prepare<[number, number, string, number]>(`
    INSERT OR REPLACE INTO link (identity, account, method, evidence, at) VALUES (?, ?, 'manual', ?, ?)`);
  const removeLink = db.prepare<[number, number]>('DELETE FROM link WHERE identity = ? AND account = ?');
  // Who was taken from an account by hand never was it, and who is given it is it again.
  const forgetFormer = db.prepare<[number, number]>('DELETE FROM former_link WHERE identity = ? AND account = ?');
  const refuse = db.prepare<[number, number | null, string | null, string, number]>(`
    INSERT OR REPLACE INTO refused_link (account, identity, email, evidence, at) VALUES (?, ?, ?, ?, ?)`);
  const lift = db.prepare<[number, string | null, string]>(`
    DELETE FROM refused_link
    WHERE account = ? AND (email = ? OR identity IN (SELECT value FROM json_each(?)))`);

  const found = ({ source, account }: Decision): AccountRow => {
    const row = findAccount.get(source, account);
    if (row) return row;
    throw new AppError(
      'not_found',
      `There is no account ${account} in "${source}". See those there are: castellan identity list ${source}`,
    );
  };

  /** Whom the account is linked to, apart from those who are meant and who share their e-mail. */
  const othersOf = (account: number, people: readonly IdentityRow[]): readonly LinkRow[] => {
    const ids = new Set(people.map(({ id }) => id));
    const emails = new Set(people.flatMap(({ email }) => (email === null ? [] : [email])));
    return linksOf.all(account).filter(({ id, email }) => !ids.has(id) && (email === null || !emails.has(email)));
  };

  const toLink = (decision: LinkDecision, people: readonly IdentityRow[]) => {
    const { source, account: name, andUnlink } = decision;
    const account = found(decision);
    if (account.active === 0) {
      throw new AppError(
        'conflict',
        `The account ${name} of "${source}" is inactive, so nobody can be it. Where it is active again: castellan sync ${source}`,
      );
    }
    if (account.running === 1) {
      throw new AppError(
        'conflict',
        `"${source}" is being read, or was when its run was killed. When castellan sync ${source} has ended, run the command again.`,
      );
    }
    const others = othersOf(account.id, people);
    if (others.length > 0 && !andUnlink) {
      const names = others.map((other) => other.name).join(', ');
      throw new AppError(
        'conflict',
        `The account ${name} of "${source}" is linked to ${names}. To take it from them: --and-unlink`,
      );
    }
    return { account, others };
  };

  const toUnlink = (decision: Decision) => {
    const account = found(decision);
    const people = meant(decision.who);
    if (people.length === 0 && decision.who.email === undefined) {
      throw new AppError(
        'not_found',
        `${identityName(decision.who)} has never come, and is linked to nothing. See who has: castellan identity list`,
      );
    }
    const ids = new Set(people.map(({ id }) => id));
    const { email } = decision.who;
    const ending = linksOf.all(account.id).filter((link) => {
      const made = linkMade(link);
      return ids.has(link.id) || (email !== undefined && made.method === 'email' && made.evidence.email === email);
    });
    return { account, people, ending };
  };

  const decided = ({ id }: AccountRow, { linked, unlinked }: Omit<Decided, 'others'>): Decided => {
    const told = new Set([...linked, ...unlinked]);
    return { linked, unlinked, others: linksOf.all(id).flatMap(({ name }) => (told.has(name) ? [] : [name])) };
  };

  const end = (step: Commit, account: AccountRow, key: string, links: readonly LinkRow[]): void => {
    for (const { id, name, method, evidence, at } of links) {
      removeLink.run(id, account.id);
      const old = { identity: name, ...linkMade({ method, evidence }), at };
      history.record(step, { source: account.source, subject: 'link', key, old, new: undefined });
      step.moveEpoch();
    }
  };

  /** Whoever comes with the e-mail, and those who are known with it: they may share another one with the account, or get one. */
  const keepApart = (
    decision: Decision,
    account: AccountRow,
    { ids, email }: { readonly ids: Iterable<number>; readonly email: string | null },
    at: number,
  ): void => {
    if (email !== null) refuse.run(account.id, null, email, why(decision), at);
    for (const id of ids) refuse.run(account.id, id, null, why(decision), at);
  };

  return {
    async mayLinkByHand(decision) {
      return guarded(file, () => {
        const known = meant(decision.who);
        const { account, others } = toLink(decision, known);
        const linked = [...new Set([...known.map(({ name }) => name), identityName(decision.who)])];
        return decided(account, { linked, unlinked: others.map(({ name }) => name) });
      });
    },
    async linkByHand(decision, at) {
      return commit((step) => {
        const { who, account: key, reason, operator } = decision;
        nameOnly.run(who.issuer, who.subject, who.email ?? null);
        const people = meant(who);
        const { account, others } = toLink(decision, people);
        const before = new Map(linksOf.all(account.id).map((link) => [link.id, link]));
        end(step, account, key, others);
        for (const { id, email } of others) {
          forgetFormer.run(id, account.id);
          keepApart(decision, account, { ids: [id], email }, at);
        }
        lift.run(account.id, who.email ?? null, JSON.stringify(people.map(({ id }) => id)));
        const evidence: ManualEvidence = { reason, operator, emails: emailsOf.all(account.id) };
        for (const { id, name } of people) {
          forgetFormer.run(id, account.id);
          putLink.run(id, account.id, JSON.stringify(evidence), at);
          const was = before.get(id);
          const old = was && { identity: name, ...linkMade(was), at: was.at };
          const made = { identity: name, method: 'manual', evidence, at };
          history.record(step, { source: account.source, subject: 'link', key, old, new: made });
        }
        step.moveEpoch();
        return decided(account, { linked: people.map(({ name }) => name), unlinked: others.map(({ name }) => name) });
      });
    },
    async mayUnlink(decision) {
      return guarded(file, () => {
        const { account, ending } = toUnlink(decision);
        return decided(account, { linked: [], unlinked: ending.map(({ name }) => name) });
      });
    },
    async unlink(decision, at) {
      return commit((step) => {
        const { account, people, ending } = toUnlink(decision);
        end(step, account, decision.account, ending);
        for (const { id } of [...people, ...ending]) if (forgetFormer.run(id, account.id).changes > 0) step.moveEpoch();
        const ids = new Set([...people, ...ending].map(({ id }) => id));
        keepApart(decision, account, { ids, email: decision.who.email ?? null }, at);
        return decided(account, { linked: [], unlinked: ending.map(({ name }) => name) });
      });
    },
  };
};

const why = ({ reason, operator }: Decision): string => JSON.stringify({ reason, operator });

/** Of those who are known, whom somebody means who names this identity: with an e-mail, everybody who is known with it. */
const prepareMeant = (db: Database): ((who: Identity) => readonly IdentityRow[]) => {
  const select = db.prepare<{ issuer: string; subject: string; email: string | null }, IdentityRow>(`
    SELECT id, issuer || '|' || subject AS name, email
    FROM identity
    WHERE (issuer = :issuer AND subject = :subject) OR email = :email
    ORDER BY name`);
  return ({ issuer, subject, email = null }) => select.all({ issuer, subject, email });
};
