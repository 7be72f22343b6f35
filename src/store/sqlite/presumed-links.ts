import { activityOf } from '../../core/activity.ts';
import type { FindAccounts } from './known-accounts.ts';

/** An account that its person would be linked to, were they to ask. */
export interface PresumedLink {
  readonly source: string;
  readonly account: string;
}

/** The accounts of somebody as if these links of theirs had been made. */
export const presuming =
  (find: FindAccounts, links: readonly PresumedLink[]): FindAccounts =>
  (identity, rules, now) => {
    const known = find(identity, rules, now);
    if (links.length === 0) return known;
    const accounts = new Map(
      [...known.in].map(([source, all]) => [
        source,
        all.map((one) =>
          links.some((link) => link.source === source && link.account === one.id) ? { ...one, linked: true, former: false } : one,
        ),
      ]),
    );
    const { directory } = rules;
    // Whoever is no stranger to the directory was decided about by more than a link; and a stranger only where it was read.
    if (directory === undefined || known.activity?.is !== 'stranger') return { ...known, in: accounts };
    return { in: accounts, activity: activityOf({ accounts: accounts.get(directory) ?? [], read: true }) };
  };
