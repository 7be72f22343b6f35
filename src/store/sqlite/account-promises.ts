import type { KnownAccount } from '../../core/leaf.ts';
import type { Rules } from '../../core/rules.ts';

type Accounts = ReadonlyMap<string, readonly KnownAccount[]>;

/** When the first of the accounts that decide runs past its promise. One that did already changes nothing by ageing. */
export const accountsUntil = (accounts: Accounts, { sources }: Rules): number => {
  let until = Infinity;
  for (const [source, known] of accounts) {
    const promised = sources.get(source)?.permissions;
    if (promised?.onBreach !== 'deny') continue;
    for (const { at, fresh } of known) if (fresh) until = Math.min(until, at + promised.within);
  }
  return until;
};

/** Whether any of them has run past its promise. */
export const anyStale = (accounts: Accounts): boolean => accounts.values().some((known) => known.some(({ fresh }) => !fresh));
