import { Command, InvalidArgumentError } from 'commander';

import { AppError } from '../core/errors.ts';
import { reasonOf } from '../core/reason.ts';
import type { AuditRow } from '../store/ledger.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Channel, look } from './terminal.ts';

/** Rows that are listed when nobody says how many, and at most. */
const LIMIT = 20;
const LIMIT_MAX = 1000;

interface ListOptions extends GlobalOptions {
  readonly limit: number;
  readonly reveal?: boolean;
  readonly reason?: string;
}

/** Lists rows of the audit. What people asked is theirs: it is shown only to who says why, and that is recorded first. */
export const auditListCommand = ({ parts, terminal }: Context): Command =>
  new Command('list')
    .description(
      'Lists who asked, through what, what came of it and which documents were shown, the newest first. ' +
        'What they asked is shown only with --reveal and a reason, and the audit records that with your name.',
    )
    .option('--limit <number>', `how many rows, at most ${LIMIT_MAX}`, limitOf, LIMIT)
    .option('--reveal', 'show what was asked too')
    .option('--reason <text>', 'why it must be read, for the audit')
    .addHelpText('after', '\nExample:\n  castellan audit list --limit 50')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json, limit, reveal = false, reason } = command.optsWithGlobals<ListOptions>();
      const why = revealing(reveal, reason);
      const trail = await parts.openTrail({ config, data });
      try {
        const rows = await trail.list(limit);
        if (why !== undefined) await trail.reveal(why);
        if (json) terminal.out.json({ rows: rows.map((row) => rowJson(row, reveal)) });
        else for (const row of rows) printRow(terminal.out, row, reveal);
        if (rows.length === 0) terminal.err.line('Nothing was asked yet.');
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

/** Why what was asked is to be read; undefined where nothing is revealed. */
const revealing = (reveal: boolean, reason = ''): string | undefined => {
  if (reveal) return reasonOf(reason);
  if (reason === '') return undefined;
  throw new AppError('invalid_input', 'A reason is for --reveal: without it what was asked stays hidden.');
};

const printRow = (out: Channel, row: AuditRow, reveal: boolean): void => {
  const asked = reveal && row.arguments !== undefined ? ` ${JSON.stringify(row.arguments)}` : '';
  out.line(
    look('dim', new Date(row.at).toISOString()),
    `  ${row.who ?? '(erased)'}${row.actor === undefined ? '' : ` by ${row.actor}`}  ${row.client}  `,
    look('bold', row.tool),
    `${asked}  `,
    look(row.outcome === 'answered' ? 'green' : 'yellow', row.outcome),
    ...row.documents.map(({ id }) => `  ${id}`),
  );
};

const rowJson = ({ at, email, arguments: asked, ...row }: AuditRow, reveal: boolean): object => ({
  ...row,
  at: new Date(at).toISOString(),
  ...(reveal && email !== undefined ? { email } : {}),
  ...(reveal && asked !== undefined ? { arguments: asked } : {}),
});
