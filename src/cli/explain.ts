import { Command } from 'commander';

import type { Context, GlobalOptions } from './context.ts';
import { instantOf } from './instant.ts';
import { explainJson } from './explain-json.ts';
import { printReport } from './explain-print.ts';

/** Says to the owner of the data folder why somebody may see a document, or may not. */
export const explainCommand = ({ parts, terminal, fail }: Context): Command =>
  new Command('explain')
    .summary('why somebody may see a document, or may not')
    .description(
      'Says whether somebody may see a document and exactly why: which terms hold, by which groups and containers, what is denied or ' +
        'not known, since when and by which run. Decisions and ids only, no title and no text. The audit names you and them.',
    )
    .argument('<who>', 'a verified e-mail, or issuer|subject')
    .argument('<id>', 'the document, as search gives it')
    .option('--client <id>', 'through this client, as in clients of the configuration')
    .option('--reveal', 'show the title too; needs --reason')
    .option('--at <time>', 'as of then: 2026-03-01, 2026-03-01T12:00:00Z, or 3d')
    .option('--reason <text>', 'why you look, for the audit')
    .addHelpText('after', '\nExample:\n  castellan explain ada@acme.test handbook:engineering/oncall.md')
    .action(async (who: string, id: string, _: unknown, command: Command) => {
      const { config, data, json, client, at, reveal, reason } = command.optsWithGlobals<GlobalOptions & ExplainOptions>();
      const examiner = await parts.openExaminer({ config, data });
      try {
        const report = await examiner.explain({
          who,
          id,
          ...(client === undefined ? {} : { client }),
          ...(at === undefined ? {} : { at: instantOf(at, '--at', parts.now()) }),
          ...(reveal === undefined ? {} : { reveal }),
          ...(reason === undefined ? {} : { reason }),
        });
        if (json) terminal.out.json(explainJson(report));
        else printReport(terminal.out, report);
        if (report.verdict === 'absent') fail();
        if (report.also.length > 0) {
          terminal.err.line(
            `With this e-mail there is also ${report.also.join(', ')}: what holds for one need not hold for the other.`,
          );
        }
      } finally {
        await examiner.close();
      }
    });

interface ExplainOptions {
  readonly at?: string;
  readonly client?: string;
  readonly reveal?: boolean;
  readonly reason?: string;
}
