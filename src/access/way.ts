import type { AclExplained, Explanation, Stood } from '../core/explain.ts';
import { isAudience } from '../core/principal.ts';

/** How somebody comes to see a document, in one line: term by term, and each container once. */
export const wayIn = ({ containers, ...document }: Explanation): string =>
  [document, ...containers]
    .map(({ terms }) => terms.flatMap(({ allow }) => (allow ? [chainText(allow)] : [])).join(' and '))
    .map((ways, at) => (at === 0 ? ways : `${containers[at - 1]?.key ?? ''}: ${ways}`))
    .join('; ');

/** What keeps it from being known whether somebody may see a document, in one line. */
export const whyShut = ({ containers, ...document }: Explanation): string =>
  [...new Set([document, ...containers].filter(({ is }) => is === 'undecided').flatMap(doubts))].join('; ');

/** What keeps somebody from seeing a document, in one line: the terms that surely do not hold, and those of the containers they name. */
export const wayOut = ({ containers, ...document }: Explanation): string => {
  const all = [document, ...containers].filter(({ is }) => is === 'no').flatMap(refusals);
  const more = all.length > REFUSALS_MAX ? [`${all.length - REFUSALS_MAX} more`] : [];
  return [...all.slice(0, REFUSALS_MAX), ...more].join('; ');
};

/** More than fit in a line help nobody. */
const REFUSALS_MAX = 4;

const refusals = ({ terms, unknown }: AclExplained): string[] =>
  unknown === undefined
    ? terms.flatMap(({ is, from, allow, allows, denies }) => {
        if (is !== 'no') return [];
        if (allow) return [`${from} denies ${denies.map(chainText).join(', ')}`];
        const named = allows.map(({ principal }) => principal);
        const more = named.length > REFUSALS_MAX ? ` and ${named.length - REFUSALS_MAX} more` : '';
        return [`${from} allows ${named.length === 0 ? 'nobody' : `only ${named.slice(0, REFUSALS_MAX).join(', ')}${more}`}`];
      })
    : [`permissions are unknown: ${unknown}`];

const doubts = ({ terms }: AclExplained): string[] =>
  terms.flatMap(({ is, allow, allows, denies }) => {
    if (is !== 'undecided') return [];
    const denied = denies.map((one) => `denies ${chainText(one)}${doubtText(one)}`);
    const allowed = allow ? [] : allows.filter((one) => one.is === 'undecided' && !isAudience(one.principal));
    return [...denied, ...allowed.map((one) => `allows ${chainText(one)}${doubtText(one)}`)];
  });

const chainText = ({ principal, through }: Stood): string =>
  through.length === 0 ? principal : through.map((step) => step.principal).join(' › ');

const doubtText = ({ is, doubt }: Stood): string => (is === 'yes' ? '' : ` (${doubt ?? 'undecided'})`);
