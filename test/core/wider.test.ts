import { describe, expect, test } from 'vitest';

import type { Acl } from '../../src/core/acl.ts';
import type { Principal } from '../../src/core/principal.ts';
import { isWider } from '../../src/core/wider.ts';
import { only } from '../support/builders.ts';
import { diceOf } from '../property/dice.ts';

const wiki = (acl: Acl, containers: Readonly<Record<string, Acl>> = {}) => ({
  source: 'wiki',
  acl,
  within: (key: string) => containers[key],
});

const comment = (issue: number): Acl => only(`audience:issue/${issue}`);

describe('what is written below a place', () => {
  const containers = { repo: only('user:ada'), 'issue/1': only('audience:repo'), 'issue/2': only('audience:repo') };

  test('is for no more than what is below the same place', () => {
    expect(isWider(wiki(comment(1), containers), wiki(comment(2), containers))).toBe(false);
    expect(isWider(wiki(only('audience:repo'), containers), wiki(comment(2), containers))).toBe(false);
    expect(isWider(wiki(comment(1), containers), wiki(only('user:ada'), containers))).toBe(false);
  });

  test('is for more where nobody knows the place, it is another, or another source has it', () => {
    const other = { ...containers, repo: { unknown: 'not read' } };
    expect(isWider(wiki(comment(1), other), wiki(only('user:ada'), other))).toBe(true);
    expect(isWider(wiki(comment(1), containers), wiki(only('audience:elsewhere'), containers))).toBe(true);
    expect(isWider(wiki(comment(1), containers), { ...wiki(comment(1), {}), source: 'code' })).toBe(true);
  });

  test('ends where places lead round', () => {
    const round = { a: only('audience:b'), b: only('audience:a') };
    expect(isWider(wiki(only('user:ada'), round), wiki(only('audience:a'), round))).toBe(true);
    expect(isWider(wiki(only('audience:a'), round), wiki(only('audience:b'), round))).toBe(false);
  });
});

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('what is not wider is read by nobody else (%i)', (seed) => {
  const dice = diceOf(seed);
  const PEOPLE = ['ada', 'bob', 'cyd'] as const;
  const groups: Record<string, readonly string[]> = { all: PEOPLE, some: PEOPLE.filter(() => dice.chance(0.5)), none: [] };
  const principals: readonly [Principal, ...Principal[]] = [
    'public',
    'user:ada',
    'user:bob',
    'group:all',
    'group:some',
    'group:none',
    'audience:0',
    'audience:1',
    'audience:2',
  ];
  const anAcl = (): Acl => ({
    terms: Array.from({ length: 1 + dice.roll(2) }, () => {
      const allow = Array.from({ length: 1 + dice.roll(2) }, () => dice.pick(principals));
      const deny = dice.chance(0.3) ? [dice.pick(['user:ada', 'user:bob', 'group:some'] as const)] : [];
      return { allow, deny, from: 'dice' };
    }) as [never, ...never[]],
  });
  let covered = 0;
  for (let world = 0; world < 200; world++) {
    const containers: Readonly<Record<string, Acl>> = dice.chance(0.9) ? { 0: anAcl(), 1: anAcl(), 2: anAcl() } : {};
    const meets = (acl: Acl | undefined, who: string, on: readonly string[] = []): boolean =>
      acl !== undefined &&
      'terms' in acl &&
      acl.terms.every(({ allow, deny }) => allow.some(is(who, on)) && !deny.some(is(who, on)));
    const is =
      (who: string, on: readonly string[]) =>
      (principal: Principal): boolean => {
        const [kind, name = ''] = principal.split(':');
        if (kind === 'public') return true;
        if (kind === 'user') return name === who;
        if (kind === 'group') return groups[name]?.includes(who) === true;
        return !on.includes(name) && meets(containers[name], who, [...on, name]);
      };
    const [written, read] = [anAcl(), anAcl()];
    if (isWider(wiki(written, containers), wiki(read, containers))) continue;
    covered++;
    const others = PEOPLE.filter((who) => meets(written, who) && !meets(read, who));
    expect({ others, written, read, containers }).toMatchObject({ others: [] });
  }
  expect(covered).toBeGreaterThan(5);
});
