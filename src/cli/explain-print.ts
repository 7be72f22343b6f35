import { asOfTold } from './as-of.ts';
import type { Evident, EvidentAcl, EvidentAccount, EvidentStep, Verdict } from '../access/explain.ts';
import type { Provenance } from '../store/reader.ts';
import type { AccessReport } from './parts.ts';
import { type Channel, look, type Look, type Piece } from './terminal.ts';

/** Prints a report as a tree: the answer first, then each term, each container and each account. */
export const printReport = (out: Channel, report: AccessReport): void => {
  const { who, email, id, client, verdict, shut, title, acl, containers, accounts, activity, asOf, cut, asksSource } = report;
  const [colour, says] = VERDICTS[verdict];
  const through = client === undefined ? '' : ` through ${client}`;
  out.line(look('bold', email ?? who), ` ${says}`, look(colour, ` ${id}`), through);
  if (title !== undefined) out.line('  ', title);
  if (asOf) out.line(look('dim', asOfTold(asOf)));
  if (asksSource) out.line(look('yellow', '  once its source was asked, which may refuse: what is stored is past its promise'));
  for (const why of shut) out.line(look('red', `  shut: ${why}`));
  if (acl) printAcl(out, 'document', acl);
  for (const container of containers) {
    printAcl(out, `container ${container.key}`, container, container.tooDeep ? 'the chain of containers is too long' : undefined);
    if (container.confirmedAt === undefined) out.line(look('dim', '    not there, or past its promise'));
  }
  if (activity !== undefined) out.line(`  directory   ${activity}`);
  for (const account of accounts) printAccount(out, account);
  if (cut) out.line(look('dim', '  There is more, which is not shown.'));
};

const VERDICTS: Readonly<Record<Verdict, readonly [Look, string]>> = {
  allowed: ['green', 'may see'],
  denied: ['red', 'may not see'],
  undecided: ['yellow', 'may not see, for want of knowledge,'],
  absent: ['yellow', 'hears of nothing: there is no document'],
};

const HOLDS = { yes: 'holds', no: 'does not hold', undecided: 'undecided, so it does not hold' } as const;

const printAcl = (out: Channel, name: string, { is, at, unknown, since, terms }: EvidentAcl, why?: string): void => {
  out.line('  ', look('bold', name), ` ${HOLDS[is]}`, dim(decided(at)), dim(by(since)));
  if (why !== undefined) out.line(`    ${why}`);
  if (unknown !== undefined) out.line(`    its permissions are unknown: ${unknown}`);
  for (const { from, is: holds, allow, allows, denies } of terms) {
    out.line(`    ${from}: ${HOLDS[holds]}`);
    if (allow) printEvident(out, look('green', 'allow'), allow);
    for (const one of allows) printEvident(out, look('dim', 'allow'), one);
    for (const one of denies) printEvident(out, look('red', 'deny'), one);
  }
};

const printEvident = (out: Channel, word: Piece, { principal, is, at, through, doubt }: Evident): void => {
  const state = is === 'yes' ? '' : ` ${is}${doubt === undefined ? '' : `: ${doubt}`}`;
  out.line('      ', word, ` ${principal}`, state, through.length === 0 ? dim(confirmed(at)) : '');
  for (const [depth, step] of through.entries()) printStep(out, depth, step);
};

const printStep = (out: Channel, depth: number, { principal, at, since }: EvidentStep): void => {
  const listed = at === undefined ? ' never listed' : ` ${isGroup(principal) ? 'listed' : 'confirmed'} ${instant(at)}`;
  const silent = at === undefined && !isGroup(principal);
  out.line(
    `        ${'  '.repeat(Math.min(depth, 20))}› ${principal}`,
    dim(silent ? '' : listed),
    dim(depth > 0 ? by(since, 'in it') : ''),
  );
};

const printAccount = (out: Channel, account: EvidentAccount): void => {
  const { source, id, kind, active, fresh, linked, former, presumed, since, linkedSince } = account;
  const link = presumed ? 'linked when they ask' : linked ? 'linked' : former ? 'was linked' : 'not linked';
  const state = [kind, active ? 'active' : 'inactive', ...(fresh ? [] : ['past its promise']), link].join(', ');
  out.line(`  account     ${source} ${id}   ${state}`, dim(by(since)), dim(linkedSince ? by(linkedSince, 'linked') : ''));
};

const isGroup = (principal: string): boolean => /^(?:group|org):/u.test(principal);
const dim = (text: string): Piece => look('dim', text);
const instant = (ms: number): string => new Date(ms).toISOString();
const confirmed = (at: number | undefined): string => (at === undefined ? '' : `   confirmed ${instant(at)}`);
const decided = (at: number | undefined): string =>
  at === undefined || !Number.isFinite(at) ? '' : `   by facts confirmed ${instant(at)}`;

/** Since when something is so, and by which run. */
const by = (since: Provenance | undefined, what = 'so'): string => {
  if (!since) return '';
  const run = since.run ? `, run ${since.run.id} (${since.run.status ?? 'not ended'})` : '';
  return `   ${what} since ${instant(since.at)}${run}`;
};
