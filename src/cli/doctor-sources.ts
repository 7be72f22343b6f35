import type { Config } from '../config/config.ts';
import type { Freshness } from '../core/freshness.ts';
import type { Schedule } from '../core/schedule.ts';
import type { Census } from '../store/census.ts';
import type { SourceStatus } from '../store/store.ts';
import type { Check } from './doctor-checks.ts';
import { EFFECT, MEANING, overdue } from './overdue.ts';
import { signInChecks } from './doctor-sign-ins.ts';
import { driftChecks } from './drift-report.ts';
import type { Patient } from './patient.ts';
import { count, listed, span } from './words.ts';

/** What is to be said of each configured source. */
export const sourceChecks = async (
  patient: Patient,
  config: Config,
  index: Census | 'unreadable' | undefined,
  now: number,
): Promise<readonly Check[]> => {
  const names = config.sources.map(({ name }) => name);
  const census = index === 'unreadable' ? undefined : index;
  const statuses = census?.status(names, config.rules.directory) ?? [];
  const signIns = await patient.signIns();
  const checks: Check[] = [];
  for (const { name, freshness, schedule } of config.sources) {
    const status = statuses.find((one) => one.name === name);
    checks.push(
      ...unreachable(name, await patient.paths(name)),
      ...slow(name, freshness, schedule),
      ...signInChecks(name, signIns.get(name), now),
      ...(census && status ? read(status, { config, census, now }) : index === 'unreadable' ? [] : [unread(name)]),
    );
  }
  return checks;
};

const unreachable = (source: string, paths: Awaited<ReturnType<Patient['paths']>>): Check[] =>
  paths.flatMap(({ path, fault }): Check[] =>
    fault === undefined
      ? []
      : [
          {
            name: source,
            state: 'fail',
            says: `${path} cannot be read (${fault}).`,
            remedy: `Put it there or give this user the right to read it, then: castellan sync ${source}`,
          },
        ],
  );

/** What is brought less often than it is promised is late between two runs, though nothing goes wrong. */
const slow = (source: string, freshness: Freshness, schedule: Schedule): Check[] =>
  (['permissions', 'content'] as const)
    .filter((kind) => schedule[kind] > freshness[kind].within)
    .map((kind) => ({
      name: source,
      state: 'warn',
      says: `Its ${kind} ${kind === 'content' ? 'is' : 'are'} brought every ${span(schedule[kind])} and promised within ${span(freshness[kind].within)}: between two runs ${MEANING[EFFECT[freshness[kind].onBreach]]}.`,
      remedy: `Set sources.${source}.schedule.${kind} to half of its promise, or promise less.`,
    }));

const unread = (source: string): Check => ({
  name: source,
  state: 'warn',
  says: 'Nothing of it was read yet.',
  remedy: `castellan sync ${source}`,
});

interface Known {
  readonly config: Config;
  readonly census: Census;
  readonly now: number;
}

const read = (status: SourceStatus, { config, census, now }: Known): Check[] => {
  const { name } = status;
  const people = accounts(name, config, census);
  const drift = driftChecks(status, now);
  const more = people ? [...drift, people] : drift;
  const told = [...lastRun(status, now), ...late(status, config, now), ...dark(status, census, config.rules.directory)];
  if (told.length > 0) return [...told, ...more];
  const when = status.lastRun ? `, read ${span(now - status.lastRun.startedAt)} ago` : '';
  const well: Check = { name, state: 'ok', says: `${count(status.documents, 'document')}${when}` };
  return [well, ...more];
};

const lastRun = ({ name, lastRun: run, running }: SourceStatus, now: number): Check[] => {
  if (!run) return running ? [{ name, state: 'ok', says: 'is being read for the first time' }] : [unread(name)];
  if (run.status === 'complete') return [];
  const [problem] = run.problems;
  const why = problem === undefined ? '' : `: ${problem.key === undefined ? '' : `${problem.key}: `}${problem.message}`;
  const more = run.counts.problems > 1 ? ` And ${count(run.counts.problems - 1, 'more problem')}.` : '';
  return [
    {
      name,
      state: run.status === 'failed' ? 'fail' : 'warn',
      says: `The run ${span(now - run.startedAt)} ago ended ${run.status}${why}${more}`,
      remedy: `castellan status shows all; mend it, then: castellan sync ${name}`,
    },
  ];
};

const late = (status: SourceStatus, { rules }: Config, now: number): Check[] =>
  overdue(rules.sources, [status], now).flatMap((one): Check[] => {
    if (one.what === 'everything') return [];
    return [
      {
        name: status.name,
        state: one.effect === 'hidden' ? 'fail' : 'warn',
        says: `Its ${one.what} ${one.what === 'content' ? 'is' : 'are'} ${span(one.age)} old and promised within ${span(one.within)}: ${MEANING[one.effect]}.`,
        remedy: `castellan sync ${status.name}`,
      },
    ];
  });

const dark = (
  { name, dark: { unknownAcl, orgWithoutDirectory, groupNeverListed, containerAbsent } }: SourceStatus,
  census: Census,
  directory: string | undefined,
): Check[] => {
  const all = unknownAcl + orgWithoutDirectory + groupNeverListed + containerAbsent;
  if (all === 0) return [];
  const closed = census.closed(name, directory);
  const causes = [
    { documents: unknownAcl, why: `permissions are unknown (${listed(closed.unknown)})`, how: 'say who may see them' },
    {
      documents: groupNeverListed,
      why: `nobody says who is in ${listed([...closed.groupsNeverListed, ...(directory === undefined ? [] : closed.orgGroups.map((group) => `${directory}:${group}`))])}`,
      how: 'list its members',
    },
    {
      documents: orgWithoutDirectory,
      why: `${listed(closed.orgGroups)} is of a directory, and there is none`,
      how: 'name a group of the source, or the directory: identity.directory',
    },
    { documents: containerAbsent, why: `${listed(closed.absentContainers)} is not there`, how: 'bring that container' },
  ].filter(({ documents }) => documents > 0);
  return [
    {
      name,
      state: 'warn',
      says: `${count(all, 'document')} nobody can see: ${listed(causes.map(({ why }) => why))}.`,
      remedy: `${listed(causes.map(({ how }) => how))}, then: castellan sync ${name}`,
    },
  ];
};

/** How many accounts are somebody, and why the rest are nobody. Undefined where there is none. */
const accounts = (name: string, { rules }: Config, census: Census): Check | undefined => {
  const { active, ...of } = census.accounts(name, rules.ownedDomains);
  if (active === 0) return undefined;
  const waiting = [
    [of.linkable, 'whose person has not asked yet'],
    [of.refused, 'taken by hand from somebody who carries its e-mail'],
  ] as const;
  const open = [
    [of.withoutEmail, 'without an e-mail'],
    [of.foreign, `with e-mails outside ${listed(rules.ownedDomains)} only`],
    [of.shared, 'whose e-mail another active account carries'],
    [of.second, 'whose e-mail is linked to another account'],
    [of.twoPeople, 'that two people are linked to'],
    [of.claimed, 'linked by hand, whose e-mail somebody else carries'],
  ] as const;
  const told = [...waiting, ...open]
    .filter(([{ accounts: amount }]) => amount > 0)
    .map(([{ accounts: amount, example = '' }, why]) => `${amount} ${why} (${example})`);
  const rest = told.length === 0 ? '' : `; the rest: ${listed(told)}`;
  const says = `Of ${count(active, 'active account')}, ${of.linked.accounts} ${of.linked.accounts === 1 ? 'is' : 'are'} linked${rest}.`;
  if (open.every(([{ accounts: amount }]) => amount === 0)) return { name, state: 'ok', says };
  return { name, state: 'warn', says, remedy: `castellan identity list ${name}` };
};
