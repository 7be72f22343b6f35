import type { Identity } from '../src/core/caller.ts';
import { DEFAULT_FRESHNESS } from '../src/core/freshness.ts';
import type { Rules } from '../src/core/rules.ts';

/** The rules of the made-up organisation. */
export const RULES: Rules = { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) };

/** Its users, by number. */
export const identityOf = (user: number): Identity => ({ issuer: 'idp', subject: `u${user}`, email: `u${user}@acme.test` });
