import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import { decide, type Facts } from '../../src/core/decide.ts';
import { type Explanation, explain, type Stood, type TermExplained } from '../../src/core/explain.ts';
import { ownPath } from '../../src/core/own-path.ts';
import { isAudience, type Leaf, type Member, nameOf } from '../../src/core/principal.ts';
import { factsOf, type Told } from '../support/told.ts';
import { ASKERS, anAcl, aToldWorld } from '../support/told-world.ts';

/** What two sources told, one of them perhaps the directory, and what the rule may know of it. */
interface Known {
  readonly told: Told;
  readonly directory?: Told | undefined;
  readonly facts: Facts;
}

/** What is wrong with an explanation, found by walking the told facts themselves. */
const faultsOf = (acl: Acl, { told, directory, facts }: Known, explanation: Explanation): string[] => {
  const containers = new Map(explanation.containers.map((container) => [container.key, container]));
  const faults: string[] = [];
  const check = (that: boolean, what: string): void => void (that || faults.push(what));

  const checkChain = ({ principal, is, through, doubt }: Stood): void => {
    if (is === 'no' || isAudience(principal)) return;
    if (through.length === 0) {
      check(!principal.startsWith('group:'), `${principal} has no chain`);
      return check(facts.leaf(principal as Leaf).is === is, `${principal} is not ${is}`);
    }
    check(through[0]?.principal === principal, `the chain does not begin at ${principal}`);
    let inDirectory = false;
    for (const [at, { principal: step, at: time }] of through.entries()) {
      inDirectory ||= step.startsWith('org:') && facts.directory !== undefined;
      const group = (inDirectory ? directory : told)?.groups?.[nameOf(step)];
      const next = through[at + 1]?.principal;
      if (next) {
        const holds = group?.members.map((member) => (inDirectory ? member.replace(/^group:/u, 'org:') : member));
        check(group?.fresh === true && holds?.includes(next) === true, `${step} does not hold ${next}`);
        check(group?.at === time, `${step} was not listed at ${time}`);
      } else if (step.startsWith('group:') || (inDirectory && step.startsWith('org:'))) {
        check(is === 'undecided', 'a chain ends at a group');
        check(doubt === (group ? 'past its promise' : 'never listed') && group?.fresh !== true, `${step} is not ${doubt}`);
      } else {
        const where = inDirectory ? (facts.directory ?? facts) : facts;
        check(where.leaf(step as Leaf).is === is, `${step} is not ${is}`);
      }
    }
  };
  const checkTerm = (stored: AclTerm | undefined, { is, allow, allows, denies, from }: TermExplained): void => {
    check(stored?.from === from, `no term from ${from}`);
    for (const one of [...(allow ? [allow] : []), ...allows, ...denies]) checkChain(one);
    check(
      [...(allow ? [allow] : []), ...allows].every(({ principal }) => stored?.allow.includes(principal)),
      'an allow of its own',
    );
    check(
      denies.every(({ principal }) => stored?.deny.some((deny) => deny === principal)),
      'a deny of its own',
    );
    check(is !== 'yes' || (allow?.is === 'yes' && denies.length === 0), 'a term that holds without a reason');
    check(is === 'yes' || allow === undefined || denies.length > 0, 'a term that does not hold without a reason');
  };
  const checkAcl = (stored: Acl | undefined, { terms, unknown }: Pick<Explanation, 'terms' | 'unknown'>): void => {
    if (!stored) return check(terms.length === 0, 'terms of nothing');
    if ('unknown' in stored) return check(unknown === stored.unknown && terms.length === 0, 'an unknown acl explained');
    check(terms.length === stored.terms.length, 'a term is missing');
    for (const [at, term] of terms.entries()) checkTerm(stored.terms[at], term);
  };
  /** A container that holds does so by ones that do not rest on it. */
  const checkFounded = (terms: readonly TermExplained[], path: readonly string[]): void => {
    for (const { is, allow } of terms) {
      if (is !== 'yes' || !allow || !isAudience(allow.principal)) continue;
      const key = nameOf(allow.principal);
      if (path.includes(key)) return void faults.push(`${key} explains itself`);
      check(containers.get(key)?.is === 'yes', `${key} holds and is not explained`);
      checkFounded(containers.get(key)?.terms ?? [], [...path, key]);
    }
  };
  checkAcl(acl, explanation);
  for (const container of explanation.containers) checkAcl(facts.audience(container.key)?.acl, container);
  checkFounded(explanation.terms, []);
  return faults;
};

test('an explanation says what the rule decides, by chains that are really there', () => {
  const seen = { yes: 0, no: 0, undecided: 0, group: 0, org: 0, container: 0 };
  fc.assert(
    fc.property(aToldWorld, fc.option(aToldWorld, { nil: undefined }), anAcl, (told, directory, acl) => {
      for (const person of ASKERS) {
        const facts = factsOf(told, person, directory ? { directory } : {});
        const explanation = explain(acl, facts);
        const decided = decide(acl, facts);
        expect({ holds: explanation.is === 'yes', at: explanation.at }).toEqual({
          holds: decided !== undefined,
          at: decided?.at,
        });
        for (const { key, is } of explanation.containers) {
          const container = facts.audience(key);
          expect({ key, holds: is === 'yes' }).toEqual({ key, holds: !!container && decide(container.acl, facts) !== undefined });
        }
        expect(faultsOf(acl, { told, directory, facts }, explanation)).toEqual([]);
        seen[explanation.is]++;
        const all = [explanation, ...explanation.containers].flatMap(({ terms }) => terms);
        const steps = all.flatMap(({ allow, denies }) =>
          [...(allow ? [allow] : []), ...denies].flatMap(({ through }) => through),
        );
        if (steps.some(({ principal }) => principal.startsWith('org:'))) seen.org++;
        if (explanation.is !== 'yes') continue;
        if (explanation.terms.some(({ allow }) => (allow?.through.length ?? 0) > 2)) seen.group++;
        if (explanation.containers.length > 1) seen.container++;
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(5); // worlds without these prove nothing
});

/** A world without every group, container and allow that does not hold this caller. */
const withoutOthers = (told: Told, facts: Facts): Told => {
  const holds = (acl: Acl): boolean => decide(acl, facts) !== undefined;
  const ours = (member: Member): boolean =>
    member.startsWith('group:')
      ? holds({ terms: [{ allow: [member], deny: [], from: '' }] })
      : facts.leaf(member as Leaf).is === 'yes';
  return {
    ...told,
    groups: Object.fromEntries(
      Object.entries(told.groups ?? {})
        .filter(([name]) => ours(`group:${name}`))
        .map(([name, group]) => [name, { ...group, members: group.members.filter(ours) }]),
    ),
  };
};

test('what a caller hears is made of what is theirs: groups that do not hold them change no word of it', () => {
  let heard = 0;
  fc.assert(
    fc.property(aToldWorld, anAcl, (told, acl) => {
      if ('unknown' in acl || acl.terms.some(({ deny }) => deny.length > 0)) return;
      const open: Told = {
        ...told,
        items: Object.fromEntries(
          Object.entries(told.items ?? {}).filter(
            ([, { acl: of }]) => 'terms' in of && of.terms.every(({ deny }) => deny.length === 0),
          ),
        ),
      };
      for (const person of ASKERS) {
        const facts = factsOf(open, person);
        const told = ownPath(explain(acl, facts));
        if (!told) continue;
        heard++;
        const alone = factsOf(withoutOthers(open, facts), person);
        const ours: Acl = {
          terms: [narrowed(acl.terms[0], facts), ...acl.terms.slice(1).map((term) => narrowed(term, facts))],
        };
        expect(ownPath(explain(ours, alone))).toEqual(told);
      }
    }),
    { numRuns: 800 },
  );
  expect(heard).toBeGreaterThan(200);
});

const narrowed = (term: AclTerm, facts: Facts): AclTerm => ({
  ...term,
  allow: term.allow.filter((principal) => decide({ terms: [{ allow: [principal], deny: [], from: '' }] }, facts) !== undefined),
});
