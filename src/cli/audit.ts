import { Command, InvalidArgumentError } from 'commander';

import type { AuditRow, Verified } from '../store/ledger.ts';
import type { Context, GlobalOptions } from './context.ts';
import { said } from './said.ts';
import { type Channel, look } from './terminal.ts';
import { count } from './words.ts';

/** Rows that are listed when nobody says how many, and at most. */
const LIMIT = 20;
const LIMIT_MAX = 1000;

/** Shows the audit chain, and whether it holds. */
export const auditCommand = (context: Context): Command =>
  new Command('audit')
    .summary('who asked what, and whether that record holds')
    .description('Every answer is recorded before it leaves, in a chain that shows when a row is changed or taken out.')
    .addCommand(listCommand(context))
    .addCommand(verifyCommand(context));

const listCommand = ({ parts, terminal }: Context): Command =>
  new Command('list')
    .description('Lists what was asked and what came of it, the newest first.')
    .option('--limit <number>', `how many rows, at most ${LIMIT_MAX}`, limitOf, LIMIT)
    .addHelpText('after', '\nExample:\n  castellan audit list --limit 50')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json, limit } = command.optsWithGlobals<GlobalOptions & { limit: number }>();
      const trail = await parts.openTrail({ config, data });
      try {
        const rows = await trail.list(limit);
        if (json) terminal.out.json({ rows: rows.map(rowJson) });
        else for (const row of rows) printRow(terminal.out, row);
        if (rows.length === 0) terminal.err.line('Nothing was asked yet.');
      } finally {
        await trail.close();
      }
    });

const verifyCommand = ({ parts, terminal, fail }: Context): Command =>
  new Command('verify')
    .description(
      'Reads the whole chain. "consistent": every row follows from the one before. "proven": and a signed head vouches for it. ' +
        '"broken": a row was changed or is missing, and the exit code is 1. Keep a copy of the anchor file where its owner cannot write.',
    )
    .option('--anchor <file>', 'an anchor file to hold the chain against')
    .addHelpText('after', '\nExample:\n  castellan audit verify --anchor /backup/anchor.jsonl')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json, anchor } = command.optsWithGlobals<GlobalOptions & { anchor?: string }>();
      const trail = await parts.openTrail({ config, data });
      try {
        const verified = await trail.verify(anchor);
        if (json) terminal.out.json(verified);
        else {
          const proof = said({ config, data }, 'audit', 'verify', '--anchor', trail.anchorFile ?? '<file>');
          terminal.out.line(
            look(verified.state === 'broken' ? 'red' : 'green', verified.state),
            `   ${explained(verified, proof)}`,
          );
        }
        if (verified.state === 'broken') fail();
      } finally {
        await trail.close();
      }
    });

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidArgumentError(`Give a whole number from 1 to ${LIMIT_MAX}.`);
  }
  return limit;
};

const explained = (verified: Verified, proof: string): string => {
  const rows = count(verified.rows, 'row');
  if (verified.state === 'broken') return `${rows} read; at row ${verified.at}: ${verified.why}`;
  if (verified.state === 'proven') return `${rows}, ${verified.anchored} of them vouched for by the anchor`;
  return `${rows}. To hold them against signed heads: ${proof}`;
};

const printRow = (out: Channel, row: AuditRow): void => {
  const asked = row.arguments === undefined ? '' : JSON.stringify(row.arguments);
  out.line(
    look('dim', new Date(row.at).toISOString()),
    `  ${row.who ?? '(erased)'}${row.actor === undefined ? '' : ` by ${row.actor}`}  `,
    look('bold', row.tool),
    ` ${asked}  `,
    look(row.outcome === 'answered' ? 'green' : 'yellow', row.outcome),
    row.documents.length > 0 ? `  ${count(row.documents.length, 'document')}` : '',
  );
};

const rowJson = ({ at, ...row }: AuditRow): object => ({ ...row, at: new Date(at).toISOString() });
