import { z } from 'zod';

import { type Identity, identityName } from '../../../core/caller.ts';
import { AppError } from '../../../core/errors.ts';
import type { Match, Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
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
  readonly evidence: string;
  readonly at: number;
}

const evidenceSchema = z.record(z.string(), z.string());

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
  // A source that a run is writing, or was killed while writing, is between two states: nothing is concluded from it.
  const matches = db.prepare<[string], { source: string; account: string; active: number }>(`
    SELECT source.name AS source, account.account, account.active
    FROM account_email
    JOIN account ON account.id = account_email.account
    JOIN source ON source.id = account.source
    WHERE account_email.email = ? AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.source = account.source)
    ORDER BY source.name, account.account`);
  const linksOf = db.prepare<[string, string], LinkRow>(`
    SELECT source.name AS source, account.account, link.evidence, link.at
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
        commit((step) => {
          put.run(given.issuer, given.subject, given.email ?? null, now);
          if (movesEpoch) step.moveEpoch();
        });
      }
      return identity;
    },
    async matches(email) {
      return guarded(file, () => matches.all(email)).map((match): Match => ({ ...match, active: match.active === 1 }));
    },
    async links({ issuer, subject }) {
      return guarded(file, () => linksOf.all(issuer, subject)).map(({ evidence, ...link }) => ({
        ...link,
        method: 'email' as const,
        evidence: evidenceSchema.parse(JSON.parse(evidence)),
      }));
    },
    async link(identity: Identity, { source, account, method, evidence, at }) {
      commit((step) => {
        // Asked once more where nothing can come between: what the link rests on may have moved since it was looked up.
        const standing = matches.all(evidence['email'] ?? '').filter((match) => match.source === source && match.active === 1);
        const found = findAccount.get(source, account);
        if (!found || standing.length !== 1 || standing[0]?.account !== account) {
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
