import { describe, expect, test } from 'vitest';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Principal } from '../../src/core/principal.ts';
import { type Audience, isWider } from '../../src/core/wider.ts';
import { type Dice, diceOf } from '../property/dice.ts';

const PEOPLE = ['ada', 'bob', 'cyd', 'dan'];
const FOLDERS = ['a', 'b', 'c'];

const only = (allow: Principal[], deny: AclTerm['deny'] = []): Acl => ({ terms: [{ allow, deny, from: 'x' }] });
const of = (acl: Acl, containers: Readonly<Record<string, Acl>> = {}, source = 'wiki'): Audience => ({
  source,
  acl,
  container: (key) => containers[key],
});

describe('what is written is wider', () => {
  const FOLDER = { a: only(['user:ada', 'user:bob']), b: only(['audience:a'], ['user:bob']), c: only(['audience:c']) };
  test.each<[string, Acl, Acl, boolean]>([
    ['for everybody, than what is one’s own', only(['everyone']), only(['user:ada']), true],
    ['never than what is public', only(['everyone']), only(['public']), false],
    ['not for one of several', only(['user:ada']), only(['user:ada', 'user:bob']), false],
    ['than what denies somebody', only(['everyone']), only(['everyone'], ['user:bob']), true],
    ['not than what it denies as well', only(['everyone'], ['user:bob']), only(['everyone'], ['user:bob']), false],
    ['not than what is in a folder for the same people', only(['user:ada']), only(['audience:a']), false],
    ['than what is in a folder for fewer', only(['everyone']), only(['audience:a']), true],
    ['not in a folder, than what the folder allows', only(['audience:a']), only(['user:ada', 'user:bob']), false],
    ['than what is in a folder of a folder that denies', only(['user:ada', 'user:bob']), only(['audience:b']), true],
    ['not where both are in it', only(['audience:b']), only(['audience:a']), false],
    ['than what a folder allows that nobody knows', only(['user:ada']), only(['audience:none']), true],
    ['not than what is in the same folder that nobody knows', only(['audience:none']), only(['audience:none']), false],
    ['than what is in a folder in itself', only(['user:ada']), only(['audience:c']), true],
    ['than what nobody knows', only(['user:ada']), { unknown: 'x' }, true],
    ['where nobody knows', { unknown: 'x' }, only(['everyone']), true],
  ])('%s', (_, written, read, wider) => {
    expect(isWider(of(written, FOLDER), of(read, FOLDER))).toBe(wider);
  });

  test('where the same name is another person in another source', () => {
    expect(isWider(of(only(['user:ada'])), of(only(['user:ada']), {}, 'desk'))).toBe(true);
    expect(isWider(of(only(['person:ada@acme.test'])), of(only(['person:ada@acme.test']), {}, 'desk'))).toBe(false);
  });
});

const anAcl = (dice: Dice): Acl => {
  if (dice.chance(0.05)) return { unknown: 'x' };
  const principal = (): Principal =>
    dice.pick<Principal>([
      'public',
      'everyone',
      ...PEOPLE.map((name): Principal => `user:${name}`),
      'audience:a',
      'audience:b',
      'audience:c',
    ]);
  const term = (): AclTerm => ({
    allow: Array.from({ length: 1 + dice.roll(2) }, principal),
    deny: dice.chance(0.3) ? [`user:${dice.pick(['ada', 'bob', 'cyd', 'dan'])}`] : [],
    from: 'x',
  });
  return { terms: [term(), ...(dice.chance(0.4) ? [term()] : [])] };
};

/** Whether somebody reads it; what goes round in circles nobody reads. */
const reads = (who: string, acl: Acl, containers: Readonly<Record<string, Acl>>, within: readonly string[] = []): boolean => {
  if ('unknown' in acl) return false;
  const is = (principal: string): boolean => {
    if (principal === 'public' || principal === 'everyone') return true;
    if (!principal.startsWith('audience:')) return principal === `user:${who}`;
    const key = principal.slice('audience:'.length);
    const container = containers[key];
    return container !== undefined && !within.includes(key) && reads(who, container, containers, [...within, key]);
  };
  return acl.terms.every(({ allow, deny }) => allow.some(is) && !deny.some(is));
};

test('where it is not said to be wider, nobody may read it who may not read the other', () => {
  const dice = diceOf(20261201);
  let narrow = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const containers = Object.fromEntries(FOLDERS.map((key) => [key, anAcl(dice)]));
    const [written, read] = [anAcl(dice), anAcl(dice)];
    if (isWider(of(written, containers), of(read, containers))) continue;
    narrow += 1;
    const more = PEOPLE.filter((who) => reads(who, written, containers) && !reads(who, read, containers));
    expect({ more, written, read, containers }).toMatchObject({ more: [] });
  }
  expect(narrow).toBeGreaterThan(1_000);
});
