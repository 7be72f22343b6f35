import type { Acl } from '../../../src/core/acl.ts';
import type { Deniable, Member, Principal } from '../../../src/core/principal.ts';
import type { Write } from '../../../src/store/store.ts';
import { document } from '../../support/new-document.ts';
import type { Dice } from '../../property/dice.ts';

/** The sources of the worlds; of the last nothing is configured. */
export const SOURCES = ['wiki', 'crm', 'spare'] as const;

const USERS = ['user:u0', 'user:u1', 'user:u2', 'user:u3'] as const;
const GROUPS = ['g0', 'g1', 'g2', 'g3', 'g4'] as const;
const KEYS = ['c0', 'c1', 'c2', 'c3', 'd0', 'd1', 'd2'] as const;
const SHARED = [
  'person:p0@acme.test',
  'person:p2@partner.test',
  'domain:acme.test',
  'domain:partner.test',
  'org:x',
  'org:g0',
  'org:g1',
  'everyone',
] as const;

/** One step further than an audience may reach. */
const CHAIN = 67;

const principal = (dice: Dice): Principal => {
  const kind = dice.roll(10);
  if (kind < 3) return dice.pick(USERS);
  if (kind < 5) return `group:${dice.pick(GROUPS)}`;
  if (kind < 8) return `audience:${dice.pick(KEYS)}`;
  return kind === 8 ? dice.pick(SHARED) : 'public';
};

const deniable = (dice: Dice): Deniable => {
  const kind = dice.roll(4);
  if (kind < 2) return `group:${dice.pick(GROUPS)}`;
  return kind === 2 ? dice.pick(USERS) : dice.pick(SHARED);
};

const member = (dice: Dice): Member => {
  const kind = dice.roll(5);
  if (kind < 2) return dice.pick(USERS);
  return kind < 4 ? `group:${dice.pick(GROUPS)}` : dice.pick(SHARED);
};

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** An acl of one or two terms, or one that nobody knows. */
const anAcl = (dice: Dice): Acl => {
  if (dice.roll(12) === 0) return { unknown: 'not told' };
  const term = () => ({
    allow: times(1 + dice.roll(3), () => principal(dice)),
    deny: dice.roll(3) === 0 ? times(1 + dice.roll(2), () => deniable(dice)) : [],
    from: 'test',
  });
  return { terms: [term(), ...(dice.roll(3) === 0 ? [term()] : [])] };
};

/** One thing a source can say. */
const write = (dice: Dice): Write => {
  const key = dice.pick(KEYS);
  const group = dice.pick(GROUPS);
  switch (dice.roll(10)) {
    case 0:
    case 1:
      return { type: 'members', group, members: times(dice.roll(5), () => member(dice)) };
    case 2:
      return { type: 'members', group, members: { unknown: '403' } };
    case 3:
    case 4:
      return { type: 'container', key, title: key, acl: anAcl(dice) };
    case 5:
      return document({ key, acl: anAcl(dice) });
    case 6:
      return { type: 'acl', key, acl: anAcl(dice) };
    case 7:
      return { type: 'delete', key };
    case 8: {
      const id = `u${dice.roll(4)}`;
      const emails = dice.roll(2) === 0 ? [`p${dice.roll(3)}@acme.test`] : [];
      return { type: 'account', account: { id, emails, active: dice.roll(4) > 0, kind: dice.roll(4) > 0 ? 'member' : 'guest' } };
    }
    default:
      return { type: 'unchanged' };
  }
};

/** What a source says at once. */
export const writes = (dice: Dice): Write[] => times(1 + dice.roll(8), () => write(dice));

/** Containers of which each shows itself to whoever sees the one before, the first to anybody. */
export const chain = (dice: Dice): Write[] =>
  Array.from({ length: CHAIN }, (_, at): Write => {
    const allow: readonly Principal[] = at === 0 ? ['public', `audience:k${dice.roll(CHAIN)}`] : [`audience:k${at - 1}`];
    return { type: 'container', key: `k${at}`, title: 'Chain', acl: { terms: [{ allow, deny: [], from: 'chain' }] } };
  });
