import { Command } from 'commander';

import type { SourceStatus } from '../store/store.ts';
import type { Context, GlobalOptions } from './context.ts';
import { driftJson } from './drift-report.ts';
import { overdue, type Overdue, tellOverdue } from './overdue.ts';
import type { Index } from './parts.ts';
import { printNotes, printProblems, runJson, storedJson, vectorsJson } from './source-report.ts';
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
        if (json) terminal.out.json({ sources: statuses.map((status) => statusJson(status, late)), ...vectorsJson(unembedded) });
        else printStatus(terminal.out, statuses, { index, now });
        tellOverdue(terminal.err, late, { config, data });
        if (unembedded) terminal.err.line(look('yellow', unembedded.message));
      } finally {
        await index.close();
      }
    });

const printStatus = (
  out: Channel,
  statuses: readonly SourceStatus[],
  { index, now }: { readonly index: Index; readonly now: number },
): void => {
  const rows = aligned(
    statuses.map((status) => [
      status.name,
      status.connector,
      count(status.documents, 'document'),
      count(status.chunks, 'chunk'),
      lastRead(status, now),
    ]),
  );
  statuses.forEach((status, place) => {
    const [name = '', ...cells] = rows[place] ?? [];
    out.line(look('bold', name), `   ${cells.join('   ').trimEnd()}`);
    if (status.lastRun) printProblems(out, status.lastRun);
    printNotes(out, status, index);
  });
};

const lastRead = ({ lastRun, running, name }: SourceStatus, now: number): string => {
  if (running) return 'is being read';
  if (!lastRun) return `never read: castellan sync ${name}`;
  const how = lastRun.endedAt === undefined ? 'broken off' : lastRun.status;
  // What failed has confirmed nothing.
  return `${how === 'failed' ? 'tried' : 'read'} ${span(now - lastRun.startedAt)} ago   ${how}`;
};

const statusJson = (status: SourceStatus, late: readonly Overdue[]): object => {
  const { lastRun } = status;
  return {
    source: status.name,
    connector: status.connector,
    ...storedJson(status),
    running: status.running,
    oldest_permissions: instant(status.oldestPermissions),
    oldest_content: instant(status.oldestContent),
    ...driftJson(status.drift),
    past_promise: late.filter(({ source }) => source === status.name).map(({ what, effect }) => ({ what, effect })),
    last_run: lastRun
      ? { ...runJson(lastRun), started_at: instant(lastRun.startedAt), ended_at: instant(lastRun.endedAt) }
      : null,
  };
};

const instant = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());
