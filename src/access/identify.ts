import type { Identity } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import { isName, nameOf, normaliseEmail, principalSchema } from '../core/principal.ts';

/** Vouches for those whom the owner of the data folder names by e-mail. */
const LOCAL_ISSUER = 'local';

/** Reads `<who>`; throws `invalid_input` for what names nobody. */
export const parseWho = (who: string): Identity => {
  const bar = who.indexOf('|');
  const identity = bar < 0 ? byEmail(who) : bySubject(who.slice(0, bar), who.slice(bar + 1));
  if (!identity) {
    const shown = JSON.stringify(who.length > 100 ? `${who.slice(0, 100)}…` : who);
    throw new AppError('invalid_input', `${shown} names nobody. Give a verified e-mail (ada@acme.test) or issuer|subject.`);
  }
  return identity;
};

const byEmail = (who: string): Identity | undefined => {
  const parsed = principalSchema.safeParse(`person:${normaliseEmail(who)}`);
  if (!parsed.success) return undefined;
  const email = nameOf(parsed.data);
  return { issuer: LOCAL_ISSUER, subject: email, email };
};

const bySubject = (issuer: string, subject: string): Identity | undefined =>
  [issuer, subject].every(isName) ? { issuer, subject } : undefined;
