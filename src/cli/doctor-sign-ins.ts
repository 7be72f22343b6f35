import type { Standing } from '../sources/sign-in/standing.ts';
import type { Check } from './doctor-checks.ts';
import { KINDS, lasts } from './sign-in-words.ts';
import { listed, span } from './words.ts';

/** A sign-in that nobody renews is told of so long before it ends, in ms: a week. */
const SOON = 7 * 24 * 3_600_000;

/** What is to be said of how a source signs in. Nothing where it needs no sign-in. */
export const signInChecks = (name: string, standing: Standing | undefined, now: number): readonly Check[] => {
  if (!standing) return [];
  const wrong = broken(standing);
  if (wrong !== undefined) return [{ name, state: 'fail', says: wrong, remedy: `castellan connect ${name}` }];
  const { missing, beyond, expiresAt = Infinity, renews } = standing;
  const told: Check[] = [];
  if (!renews && expiresAt - now < SOON) {
    told.push({
      name,
      state: 'warn',
      says: `What signs in there ends in ${span(expiresAt - now)}, and does not renew itself.`,
      remedy: `castellan connect ${name}`,
    });
  }
  if (missing.length > 0) {
    told.push({
      name,
      state: 'warn',
      says: `Its sign-in was not granted ${listed(missing)}.`,
      remedy: `grant it there, then: castellan connect ${name}`,
    });
  }
  if (beyond.length > 0) {
    const says = `Its sign-in may do more than it needs: ${listed(beyond)}.`;
    told.push({ name, state: 'warn', says, remedy: `take that away at the source, then: castellan connect ${name}` });
  }
  if (told.length > 0) return told;
  return [{ name, state: 'ok', says: `signs in: ${well(standing)}` }];
};

const well = (standing: Standing): string => {
  const { kind, state, from } = standing;
  if (state === 'given') return `a token${from === undefined ? '' : ` from ${from}`}; whether it is accepted, a run says`;
  return `${KINDS[kind]}, ${state === 'settings' ? 'which the first run asks for' : lasts(standing)}`;
};

/** Why nothing is let in, where that is known. */
const broken = ({ state }: Standing): string | undefined => {
  const why: Partial<Record<Standing['state'], string>> = {
    missing: 'It is not connected.',
    expired: 'What signs in there has expired.',
    dead: 'Its provider took back what signs in there.',
    unreadable: 'What is kept to sign in there does not open: it was made for another place, with another key, or was changed.',
  };
  return why[state];
};
