import type { PassedOver } from './init-passed-over.ts';
import type { Advice } from './init-advice.ts';
import type { Audience, Preview } from './init-preview.ts';
import type { Target } from './init-target.ts';
import { type Channel, look } from './terminal.ts';
import { aligned, count, grouped, listed } from './words.ts';

/** All that `init` has to say. */
export interface InitReport {
  readonly target: Target;
  readonly preview: Preview;
  readonly audience: Audience;
  readonly domain: string;
  readonly passedOver: PassedOver;
  readonly advice: readonly Advice[];
  readonly configuration: string;
  /** Empty where nothing was to be written. */
  readonly written: readonly string[];
  readonly next: readonly string[];
}

/** Of more, the rest is counted; `--json` has them all. */
const PEOPLE_SHOWN = 12;
const PROBLEMS_SHOWN = 5;
const KINDS_SHOWN = 6;

/** Prints what was found, who could see it, what to mend, and what to do next. */
export const printReport = (out: Channel, report: InitReport): void => {
  printFound(out, report);
  printAudience(out, report);
  if (report.advice.length > 0) out.line();
  for (const { why, remedy } of report.advice) {
    out.line(look('yellow', why));
    for (const line of remedy) out.line('  → ', line);
  }
  out.line();
  if (report.written.length > 0) {
    out.line(look('green', `Wrote ${listed(report.written)}. `), 'Look it over, then:');
    for (const command of report.next) out.line('  ', command);
    return;
  }
  out.line('Nothing was written. The configuration would be:');
  for (const line of report.configuration.trimEnd().split('\n')) out.line('  ', line);
};

const printFound = (out: Channel, { target, preview, passedOver }: InitReport): void => {
  const { status, found, end, stopped } = preview;
  const what = target.connector === 'files' ? 'a folder of files' : 'a file of JSON lines';
  out.line(look('bold', target.shown), `   ${what}`);
  const kinds = [...found.kinds].toSorted(([a, as], [b, bs]) => bs - as || (a < b ? -1 : 1));
  const shown = kinds.slice(0, KINDS_SHOWN).map(([kind, amount]) => `${grouped(amount)} ${kind}`);
  const others = kinds.length > KINDS_SHOWN ? ['others'] : [];
  out.line(`  ${count(status.documents, 'document')} can be read   (found ${listed([...shown, ...others])})`);
  const known = [
    count(found.accounts, 'account'),
    count(found.groups, 'group'),
    target.connector === 'files' ? count(found.controlFiles, 'control file') : count(found.containers, 'container'),
  ];
  out.line(`  ${known.join('   ')}`);
  const passed = [
    passedOver.hidden > 0 ? `${grouped(passedOver.hidden)} hidden` : '',
    passedOver.links > 0 ? count(passedOver.links, 'link or device', 'links or devices') : '',
  ].filter(Boolean);
  if (passed.length > 0) out.line(look('dim', `  passed over: ${listed(passed)}`));
  if (stopped) {
    const why = stopped === 'time' ? 'reading took too long' : 'there are more';
    out.line(look('yellow', `  Only a part was looked at, because ${why}: all numbers here are of that part.`));
  }
  for (const { key, message } of end.problems.slice(0, PROBLEMS_SHOWN)) {
    out.line(look('yellow', '  problem  '), key === undefined ? message : `${key}  ${message}`);
  }
  const more = end.counts.problems - Math.min(end.problems.length, PROBLEMS_SHOWN);
  if (more > 0) out.line(look('dim', `  and ${count(more, 'more problem')}`));
};

const printAudience = (out: Channel, { preview, audience }: InitReport): void => {
  const { people, others, nobody } = audience;
  out.line();
  out.line(`Who could see how many of the ${count(preview.status.documents, 'document')}:`);
  const shown = people.toSorted((a, b) => b.documents - a.documents || (a.email < b.email ? -1 : 1)).slice(0, PEOPLE_SHOWN);
  const rows = [
    ...shown.map(({ email, documents }) => [email, grouped(documents)]),
    ...others.map(({ domain, documents }) => [`anybody else at ${domain}`, grouped(documents)]),
    ['nobody', nobody === undefined ? 'not known: there are too many people to ask about' : grouped(nobody)],
  ];
  for (const row of aligned(rows)) out.line(`  ${row.join('   ').trimEnd()}`);
  const more = preview.emails.length - shown.length;
  if (more > 0)
    out.line(look('dim', `  and ${count(more, 'more person', 'more people')}: --json has those that were asked about`));
};

/** The report as JSON, in the shape that docs/cli.md says. */
export const reportJson = ({ target, preview, audience, domain, ...report }: InitReport): object => {
  const { status, found, end, stopped } = preview;
  return {
    path: target.path,
    connector: target.connector,
    source: status.name,
    domains: [domain],
    stopped: stopped ?? null,
    documents: status.documents,
    kinds: Object.fromEntries(found.kinds),
    containers: found.containers,
    accounts: found.accounts,
    groups: found.groups,
    control_files: found.controlFiles,
    passed_over: report.passedOver,
    problems: end.counts.problems,
    problem_list: end.problems.map(({ key, message }) => ({ ...(key === undefined ? {} : { key }), message })),
    people: audience.people,
    anybody_else: audience.others,
    nobody: audience.nobody ?? null,
    advice: report.advice,
    written: report.written,
    configuration: report.configuration,
    next: report.next,
  };
};
