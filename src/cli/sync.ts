import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import type { Asked } from '../core/schedule.ts';
import type { Context, GlobalOptions } from './context.ts';
import type { Index } from './parts.ts';
import { printNotes, printProblems, runJson, storedJson, vectorsJson } from './source-report.ts';
import { printStack } from './stack.ts';
import { type SyncReport, syncAll } from './sync-all.ts';
import { look, type Terminal } from './terminal.ts';
import { watchSources } from './watch.ts';
import { aligned, count, grouped, listed, took } from './words.ts';

/** Brings the sources into the index, and says honestly how that went. */
export const syncCommand = (context: Context): Command =>
  new Command('sync')
    .summary('bring sources into the index, then an honest summary')
    .description(
      'Reads what changed in the sources, their permissions first, and then gives the new texts their vectors. ' +
        'Everything is found by words as soon as it is read. Exit code 1 when a source was not read whole.',
    )
    .argument('[source...]', 'only these sources; all of the configuration by default')
    .option('--accept-deletions', 'delete what is missing even when it is a large part of a source')
    .addOption(new Option('--whole', 'list all there is, whether that is due or not').conflicts('permissions'))
    .option(
      '--permissions',
      'bring only who may see what, from sources that can say that apart; all that changed from the others',
    )
    .option('--watch', 'go on: read a source again within seconds of a change, and before it is past its promise')
    .option('--until-eof', 'with --watch: stop when standard input ends, and so with whoever started this')
    .addHelpText('after', '\nExample:\n  castellan sync handbook tickets')
    .action(async (named: string[], _: unknown, command: Command) => {
      const {
        config,
        data,
        json,
        verbose,
        watch,
        untilEof,
        acceptDeletions = false,
        ...only
      } = command.optsWithGlobals<SyncOptions>();
      if (watch && acceptDeletions) throw new AppError('invalid_input', NOT_UNSEEN);
      if (watch && (only.whole || only.permissions)) throw new AppError('invalid_input', BY_SCHEDULE);
      if (untilEof && !watch)
        throw new AppError('invalid_input', 'A single run ends by itself. Leave out --until-eof, or add --watch.');
      const index = await context.parts.openIndex({ config, data });
      try {
        if (watch) {
          const { stdin } = context.parts;
          const signal = untilEof ? AbortSignal.any([context.signal, ended(stdin)]) : context.signal;
          await watchSources(index, { sources: followed(named, index), json: json === true }, { ...context, signal });
          if (untilEof) stdin.destroy(); // to listen to it would keep the process
          // To be stopped is how watching ends; but whoever started it as a child must know that it was not they who did.
          if (!untilEof || !context.signal.aborted) context.settle();
          return;
        }
        const report = await syncAll(index, { sources: chosen(named, index), acceptDeletions, asked: askedBy(only) }, context);
        if (json) context.terminal.out.json(jsonReport(report));
        else printReport(report, index, context.terminal);
        if (verbose) for (const { end } of report.runs) if (end.cause) printStack(context.terminal.err, end.cause);
        if (!isWhole(report)) context.fail();
      } finally {
        await index.close();
      }
    });

interface SyncOptions extends GlobalOptions {
  readonly acceptDeletions?: boolean;
  readonly whole?: boolean;
  readonly permissions?: boolean;
  readonly watch?: boolean;
  readonly untilEof?: boolean;
}

const NOT_UNSEEN =
  'What is deleted unseen cannot be accepted beforehand. Run: castellan sync --accept-deletions, and then castellan sync --watch';

const BY_SCHEDULE =
  'What is watched is read by its schedule: sources.<name>.schedule. Leave out --watch, or --whole and --permissions.';

const askedBy = ({ whole, permissions }: Pick<SyncOptions, 'whole' | 'permissions'>): Asked => {
  if (whole) return 'whole';
  return permissions ? 'permissions' : 'changes';
};

/** Aborts when nothing more can be read. */
const ended = (stdin: Context['parts']['stdin']): AbortSignal => {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  for (const event of ['end', 'close', 'error']) stdin.once(event, end);
  stdin.resume();
  return controller.signal;
};

/** Those that can be watched; one that cannot is refused where it was named. */
const followed = (named: readonly string[], index: Index): readonly string[] => {
  const sources = chosen(named, index);
  const once = sources.filter((source) => index.readsStandardInput(source));
  if (named.length === 0 || once.length === 0) return sources.filter((source) => !once.includes(source));
  throw new AppError('config', `${listed(once)} is read from standard input, once, and cannot be watched. Leave it out.`);
};

const isWhole = ({ runs, refused, unembedded }: SyncReport): boolean =>
  runs.every(({ end }) => end.status === 'complete') && refused.length === 0 && !unembedded;

const chosen = (named: readonly string[], { sources }: Index): readonly string[] => {
  const unknown = named.filter((name) => !sources.has(name));
  if (unknown.length === 0) return named.length > 0 ? [...new Set(named)] : [...sources.keys()];
  throw new AppError(
    'invalid_input',
    `The configuration has no source ${listed(unknown)}. It has ${listed([...sources.keys()])}.`,
  );
};

const printReport = ({ runs, refused, statuses, unembedded }: SyncReport, index: Index, { out, err }: Terminal): void => {
  const rows = aligned(
    runs.map(({ source, end: { counts }, ms }) => [
      source,
      `${grouped(counts.read)} read`,
      `${grouped(counts.changed)} changed`,
      `${grouped(counts.deleted)} deleted`,
      count(counts.problems, 'problem'),
      took(ms),
    ]),
  );
  runs.forEach(({ source, end }, place) => {
    const [name = '', ...cells] = rows[place] ?? [];
    const how = look(end.status === 'complete' ? 'green' : 'yellow', end.status);
    out.line(look('bold', name), `   ${cells.join('   ')}   `, how);
    printProblems(out, end);
    const status = statuses.find((one) => one.name === source);
    if (status) printNotes(out, status, index);
  });
  for (const { error } of refused) err.line(look('red', error.message));
  if (unembedded) err.line(look('yellow', unembedded.message));
};

const jsonReport = ({ runs, refused, statuses, unembedded }: SyncReport): object => ({
  sources: runs.map(({ source, end, ms }) => {
    const status = statuses.find(({ name }) => name === source);
    return { source, ...runJson(end), seconds: Math.round(ms) / 1000, ...(status ? storedJson(status) : {}) };
  }),
  refused: refused.map(({ source, error }) => ({ source, code: error.code, message: error.message })),
  ...vectorsJson(unembedded),
});
