import { Command } from 'commander';

import type { SourceStatus } from '../store/store.ts';
import type { Context, GlobalOptions } from './context.ts';
import { instantJson } from './instant-json.ts';
import { driftJson } from './drift-report.ts';
import { overdue, type Overdue, tellOverdue } from './overdue.ts';
import type { Index, Place } from './parts.ts';
import { said } from './said.ts';
import { standingJson, standingWords } from './sign-in-words.ts';
import { printNotes, printProblems, runJson, storedJson, vectorsJson } from './source-report.ts';
import { printSchedule, scheduleJson } from './schedule-report.ts';
import { type Channel, look } from './terminal.ts';
import { aligned, count, span } from './words.ts';

/** Says how the sources stand. */
export const statusCommand = ({ parts, terminal }: Context): Command =>
  new Command('status')
    .summary('sources, freshness and problems')
    .description('Says what is stored of each source, when it was last read and how that ended, and what nobody can see and why.')
    .addHelpText('after', '\nExample:\n  castellan status --json')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json } = command.optsWithGlobals<GlobalOptions>();
      const index = await parts.openIndex({ config, data });
      try {
        const statuses = await index.status();
        const now = parts.now();
        const late = overdue(index.sources, statuses, now);
        const unembedded = await index.unembedded();
        const signIns = await index.signIns();
        if (json) {
          const sources = statuses.map((status) => statusJson(status, late, index));
          terminal.out.json({ sources, ...signInsJson(signIns), ...vectorsJson(unembedded) });
        } else printStatus(terminal.out, statuses, { index, now, signIns, place: { config, data } });
        tellOverdue(terminal.err, late, { config, data });
        if (unembedded) terminal.err.line(look('yellow', unembedded.message));
      } finally {
        await index.close();
      }
    });

interface Told {
  readonly index: Index;
  readonly now: number;
  readonly signIns: Awaited<ReturnType<Index['signIns']>>;
  readonly place: Place;
}

const printStatus = (out: Channel, statuses: readonly SourceStatus[], { index, now, signIns, place }: Told): void => {
  const rows = aligned(
    statuses.map((status) => [
      status.name,
      status.connector,
      count(status.documents, 'document'),
      count(status.chunks, 'chunk'),
      lastRead(status, now),
    ]),
  );
  statuses.forEach((status, nth) => {
    const [name = '', ...cells] = rows[nth] ?? [];
    out.line(look('bold', name), `   ${cells.join('   ').trimEnd()}`);
    const signIn = signIns.get(status.name);
    if (signIn) out.line(look('dim', '  sign-in  '), standingWords(status.name, signIn, place));
    if (status.lastRun) printProblems(out, status.lastRun);
    printNotes(out, status, index);
    printSchedule(out, status, index.schedule(status.name), now);
  });
  const known = new Set(statuses.map(({ name }) => name));
  for (const [name, signIn] of signIns) {
    if (known.has(name)) continue;
    out.line(look('bold', name), `   never read: ${said(place, 'sync', name)}`);
    out.line(look('dim', '  sign-in  '), standingWords(name, signIn, place));
  }
};

const lastRead = ({ lastRun, running, name }: SourceStatus, now: number): string => {
  if (running) return 'is being read';
  if (!lastRun) return `never read: castellan sync ${name}`;
  const how = lastRun.endedAt === undefined ? 'broken off' : lastRun.status;
  // What failed has confirmed nothing.
  const what = lastRun.alone === undefined ? '' : `${lastRun.alone} `;
  return `${what}${how === 'failed' ? 'tried' : 'read'} ${span(now - lastRun.startedAt)} ago   ${how}`;
};

const statusJson = (status: SourceStatus, late: readonly Overdue[], index: Pick<Index, 'schedule'>): object => {
  const { lastRun } = status;
  return {
    source: status.name,
    connector: status.connector,
    ...storedJson(status),
    running: status.running,
    oldest_permissions: instantJson(status.oldestPermissions),
    oldest_content: instantJson(status.oldestContent),
    ...driftJson(status.drift),
    past_promise: late.filter(({ source }) => source === status.name).map(({ what, effect }) => ({ what, effect })),
    ...scheduleJson(status, index.schedule(status.name)),
    last_run: lastRun
      ? {
          ...runJson(lastRun),
          alone: lastRun.alone ?? null,
          started_at: instantJson(lastRun.startedAt),
          ended_at: instantJson(lastRun.endedAt),
        }
      : null,
  };
};

/** Of those that were never read too. */
const signInsJson = (signIns: Told['signIns']): object =>
  signIns.size === 0 ? {} : { sign_ins: [...signIns].map(([source, standing]) => ({ source, ...standingJson(standing) })) };
