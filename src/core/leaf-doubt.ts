import type { Activity } from './activity.ts';
import type { Identity } from './caller.ts';
import type { KnownAccount } from './leaf.ts';
import type { Leaf } from './principal.ts';
import type { Rules } from './rules.ts';
import { serviceOf } from './service.ts';

/** Why it is undecided whether somebody is what a principal without members names. */
export type LeafDoubt =
  | 'no account'
  | 'account inactive'
  | 'account past its promise'
  | 'guest'
  | 'no e-mail'
  | 'no directory'
  | 'gone from the directory'
  | 'stranger to the directory'
  | 'not listed for the service';

/** Whom it is undecided about, and the accounts of the source in which it is. */
export interface Doubted {
  readonly identity: Identity;
  readonly rules: Pick<Rules, 'services'>;
  readonly accounts: readonly KnownAccount[];
  readonly activity?: Activity;
}

/** Says why the rule is undecided about a leaf; of one that it decides it says nothing true. */
export const leafDoubt = (principal: Leaf, { identity, rules, accounts, activity }: Doubted): LeafDoubt => {
  const isUser = principal.startsWith('user:');
  if (serviceOf(identity, rules)) return isUser ? accountDoubt(accounts) : 'not listed for the service';
  if (activity?.is === 'gone') return 'gone from the directory';
  if (isUser) return accountDoubt(accounts.filter(({ linked }) => linked));
  if (identity.email === undefined) return 'no e-mail';
  if (principal.startsWith('org:')) return 'no directory';
  if (activity?.is === 'stranger') return 'stranger to the directory';
  if (activity?.is === 'guest' || accounts.some(({ kind, former }) => kind === 'guest' && !former)) return 'guest';
  return accountDoubt(accounts);
};

const accountDoubt = (accounts: readonly KnownAccount[]): LeafDoubt => {
  if (accounts.some(({ active, fresh }) => active && !fresh)) return 'account past its promise';
  return accounts.length > 0 ? 'account inactive' : 'no account';
};
