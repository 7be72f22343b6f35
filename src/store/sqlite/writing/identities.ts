import { type Identity, identityName } from '../../../core/caller.ts';
import { AppError } from '../../../core/errors.ts';
import type { Link, Match } from '../../people.ts';
import type { Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { linkMade } from '../link-row.ts';
import type { Committing } from './commit.ts';
import type { History } from './history.ts';

/** An identity's last visit is kept to the hour: a question must not wait for a commit of the index. */
const SEEN_MS = 3_600_000;

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
  readonly history: History;
}

interface IdentityRow {
  readonly id: number;
  readonly email: string | null;
  readonly seen: number;
}

interface LinkRow {
  readonly source: string;
  readonly account: string;
  readonly method: string;
  readonly evidence: string;
  readonly at: number;
}

/** Identities that have asked, and the accounts they are linked to. */
export const identitiesOf = ({
  db,
  file,
  commit,
  history,
}: Parts): Pick<Store, 'known' | 'identify' | 'matches' | 'links' | 'link'> => {
  const find = db.prepare<[string, string], IdentityRow>(
    'SELECT id, email, seen_at AS seen FROM identity WHERE issuer = ? AND subject = ?',
  );
  const put = db.prepare<[string, string, string | null, number]>(`
    INSERT INTO identity (issuer, subject, email, seen_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (issuer, subject) DO UPDATE SET email = coalesce(excluded.email, email), seen_at = excluded.seen_at`);
  // An issuer gives an e-mail to one of its people at a time: who had it before is not remembered with it any more.
  const takeOver = db.prepare<[string, string, string]>(
    'UPDATE identity SET email = NULL WHERE email = ? AND issuer = ? AND subject <> ?',
  );
  const matching = prepareMatches(db);
  const linksOf = db.prepare<[string, string], LinkRow>(`
    SELECT source.name AS source, account.account, link.method, link.evidence, link.at
    FROM identity
    JOIN link ON link.identity = identity.id
    JOIN account ON account.id = link.account
    JOIN source ON source.id = account.source
    WHERE identity.issuer = ? AND identity.subject = ?
    ORDER BY source.name, account.account`);
  const findAccount = db.prepare<[string, string], { id: number; source: number }>(`
    SELECT account.id, account.source
    FROM account
    JOIN source ON source.id = account.source
    WHERE source.name = ? AND account.account = ?`);
  const forgetFormer = db.prepare<[number, number]>('DELETE FROM former_link WHERE identity = ? AND account = ?');
  const insertLink = db.prepare<[number, number, string, string, number]>(`
    INSERT OR IGNORE INTO link (identity, account, method, evidence, at) VALUES (?, ?, ?, ?, ?)`);

  const look = (identity: Identity, now: number) => {
    const { issuer, subject, email } = identity;
    const known = guarded(file, () => find.get(issuer, subject));
    const moved = email !== undefined && email !== known?.email;
    const stored = known?.email ?? undefined;
    return {
      identity: { ...identity, ...(email === undefined && stored !== undefined && { email: stored }) },
      due: !known || moved || now - known.seen > SEEN_MS,
      movesEpoch: known !== undefined && moved,
    };
  };

  return {
    async known(identity, now) {
      const { movesEpoch: _, ...known } = look(identity, now);
      return known;
    },
    async identify(given, now) {
      const { identity, due, movesEpoch } = look(given, now);
      if (due) {
        const { issuer, subject, email } = given;
        commit((step) => {
          put.run(issuer, subject, email ?? null, now);
          const others = email === undefined ? 0 : takeOver.run(email, issuer, subject).changes;
          if (movesEpoch || others > 0) step.moveEpoch();
        });
      }
      return identity;
    },
    async matches(identity) {
      return guarded(file, () => matching(identity));
    },
    async links({ issuer, subject }) {
      return guarded(file, () => linksOf.all(issuer, subject)).map(({ source, account, at, ...made }): Link => ({
        source,
        account,
        ...linkMade(made),
        at,
      }));
    },
    async link(identity, { source, account, method, evidence, at }) {
      commit((step) => {
        // Asked once more where nothing can come between: what the link rests on may have moved since it was looked up.
        const standing = matching({ ...identity, ...evidence }).filter((match) => match.source === source && match.active);
        const found = findAccount.get(source, account);
        const [only, ...others] = standing;
        if (!found || only?.account !== account || only.barred || others.length > 0) {
          throw new AppError('conflict', `The account ${account} of "${source}" changed before it could be linked. Ask again.`);
        }
        const known = find.get(identity.issuer, identity.subject);
        const id = known?.id ?? Number(put.run(identity.issuer, identity.subject, identity.email ?? null, at).lastInsertRowid);
        if (insertLink.run(id, found.id, method, JSON.stringify(evidence), at).changes === 0) return;
        forgetFormer.run(id, found.id);
        const made = { identity: identityName(identity), method, evidence, at };
        history.record(step, { source: found.source, subject: 'link', key: account, old: undefined, new: made });
        step.moveEpoch();
      });
    },
  };
};

/** A source that a run is writing, or was killed while writing, or where accounts wait, is between two states: nothing is concluded from it. */
const prepareMatches = (db: Database): ((identity: Identity) => Match[]) => {
  const select = db.prepare<Identity, { source: string; account: string; active: number; barred: number }>(`
    SELECT
      source.name AS source,
      account.account,
      account.active,
      EXISTS (
        SELECT 1
        FROM refused_link
        WHERE refused_link.account = account.id AND refused_link.email = :email)
      OR EXISTS (
        SELECT 1
        FROM refused_link
        JOIN identity ON identity.id = refused_link.identity
        WHERE refused_link.account = account.id AND identity.issuer = :issuer AND identity.subject = :subject)
      OR EXISTS (                                                         -- given by hand to somebody else
        SELECT 1
        FROM link
        JOIN identity ON identity.id = link.identity
        WHERE link.account = account.id
          AND link.method = 'manual'
          AND identity.email IS NOT :email
          AND NOT (identity.issuer = :issuer AND identity.subject = :subject)) AS barred
    FROM account_email
    JOIN account ON account.id = account_email.account
    JOIN source ON source.id = account.source
    WHERE account_email.email = :email
      AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.source = account.source)
      AND NOT EXISTS (SELECT 1 FROM coming_account WHERE coming_account.source = account.source)
    ORDER BY source.name, account.account`);
  return (identity) =>
    identity.email === undefined
      ? []
      : select.all(identity).map(({ active, barred, ...match }) => ({ ...match, active: active === 1, barred: barred === 1 }));
};
