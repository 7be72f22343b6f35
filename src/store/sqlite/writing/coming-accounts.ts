import { z } from 'zod';

import type { Account } from '../../../core/document.ts';
import type { Database } from '../database.ts';
import { storedJson } from '../stored-json.ts';
import type { Seen } from './seen.ts';

/** An account that waits to be what it was told to be, and when that was. */
export interface ComingAccount extends Pick<Seen, 'tick' | 'at'> {
  readonly account: Account;
}

export interface ComingAccounts {
  /** Nothing of this account waits any more. */
  forget(source: number, account: string): void;
  /** The same for all that no listing since `tick` named. */
  forgetUnseen(source: number, tick: number): void;
  put(seen: Seen, account: Account): void;
  next(source: number): ComingAccount | undefined;
}

const accountSchema: z.ZodType<Account> = z.strictObject({
  id: z.string(),
  name: z.string().exactOptional(),
  emails: z.array(z.string()),
  active: z.boolean(),
  kind: z.enum(['member', 'guest']),
});

/** Accounts of which something waits for the end of a run. */
export const comingAccountsOf = (db: Database): ComingAccounts => {
  const remove = db.prepare<[number, string]>('DELETE FROM coming_account WHERE source = ? AND account = ?');
  const removeUnseen = db.prepare<[number, number]>('DELETE FROM coming_account WHERE source = ? AND tick < ?');
  const insert = db.prepare<[number, string, number, number, string]>(`
    INSERT INTO coming_account (source, account, tick, at, value) VALUES (?, ?, ?, ?, ?)`);
  const next = db.prepare<[number], { tick: number; at: number; value: string }>(`
    SELECT tick, at, value FROM coming_account WHERE source = ? ORDER BY account LIMIT 1`);
  return {
    forget: (source, account) => void remove.run(source, account),
    forgetUnseen: (source, tick) => void removeUnseen.run(source, tick),
    put: ({ source, tick, at }, account) => void insert.run(source, account.id, tick, at, JSON.stringify(account)),
    next(source) {
      const found = next.get(source);
      return (
        found && { tick: found.tick, at: found.at, account: storedJson(accountSchema, found.value, 'an account that waits') }
      );
    },
  };
};
