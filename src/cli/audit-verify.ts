import { Command, InvalidArgumentError } from 'commander';

import type { Reason } from '../access/rederive.ts';
import type { Difference, Redecided } from '../access/verify-decisions.ts';
import { AppError } from '../core/errors.ts';
import type { Verified } from '../store/ledger.ts';
import type { Context, GlobalOptions } from './context.ts';
import { instantOf } from './instant.ts';
import type { Trail } from './parts.ts';
import { createProgressLine } from './progress.ts';
import { said } from './said.ts';
import { look } from './terminal.ts';
import { count } from './words.ts';

/** Differences that JSON lists; all are counted. */
const LISTED_MAX = 1000;

interface VerifyOptions extends GlobalOptions {
  readonly anchor?: string;
  readonly decisions?: boolean;
  readonly since?: string;
  readonly limit?: number;
}

/** Says whether the chain holds and, where asked to, whether what it records would be decided in the same way again. */
export const auditVerifyCommand = (context: Context): Command =>
  new Command('verify')
    .description(
      'Reads the whole chain. "consistent": every row follows from the one before. "proven": and a signed head vouches for it. ' +
        '"broken": a row was changed or is missing, and the exit code is 1. Keep a copy of the anchor file where its owner cannot write. ' +
        'With --decisions, what each row records is also decided again, by what the index remembers of the time; ' +
        'one that differs is listed, and the exit code is 1.',
    )
    .option('--anchor <file>', 'an anchor file to hold the chain against')
    .option('--decisions', 'decide again what was recorded')
    .option('--since <time>', 'with --decisions: only what was asked since then (2026-03-01, or 3d)')
    .option('--limit <number>', 'with --decisions: at most so many rows, the newest', limitOf)
    .addHelpText('after', '\nExample:\n  castellan audit verify --anchor /backup/anchor.jsonl')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json = false, anchor, decisions = false, since, limit } = command.optsWithGlobals<VerifyOptions>();
      const { parts, terminal, fail } = context;
      const wanted = {
        json,
        ...(since === undefined ? {} : { since: instantOf(since, '--since', parts.now()) }),
        ...(limit === undefined ? {} : { limit }),
      };
      if (!decisions && (since !== undefined || limit !== undefined)) {
        throw new AppError('invalid_input', '--since and --limit are for --decisions: the chain is always read whole.');
      }
      const trail = await parts.openTrail({ config, data });
      try {
        const verified = await trail.verify(anchor);
        const proof = said({ config, data }, 'audit', 'verify', '--anchor', trail.anchorFile ?? '<file>');
        if (!json) printVerified(context, verified, proof);
        if (verified.state === 'broken') fail();
        const redecided = decisions ? await decideAgain(context, trail, wanted) : undefined;
        if (redecided && redecided.differ > 0) fail();
        if (json) terminal.out.json({ ...verified, ...(redecided && { decisions: redecided }) });
      } finally {
        await trail.close();
      }
    });

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return limit;
};

const printVerified = ({ terminal }: Context, verified: Verified, proof: string): void =>
  terminal.out.line(look(verified.state === 'broken' ? 'red' : 'green', verified.state), `   ${explained(verified, proof)}`);

const explained = (verified: Verified, proof: string): string => {
  const rows = count(verified.rows, 'row');
  if (verified.state === 'broken') return `${rows} read; at row ${verified.at}: ${verified.why}`;
  if (verified.state === 'proven') return `${rows}, ${verified.anchored} of them vouched for by the anchor`;
  return `${rows}. To hold them against signed heads: ${proof}`;
};

/** What JSON says of it. */
interface Again {
  readonly rows: number;
  readonly agreed: number;
  readonly differ: number;
  readonly not_rederivable: Readonly<Record<string, number>>;
  readonly differences: readonly object[];
}

/** Says what differs as it is found, and the counts at the end. */
const decideAgain = async (
  { parts, terminal, signal }: Context,
  trail: Trail,
  { json = false, since, limit }: { readonly json?: boolean; readonly since?: number; readonly limit?: number },
): Promise<Again> => {
  const progress = createProgressLine(terminal.err, parts.now);
  const differences: object[] = [];
  const found = await trail.verifyDecisions({
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit }),
    signal,
    onDifference: (difference) => {
      if (!json) {
        progress.done();
        terminal.out.line(look('red', 'differs'), `   ${toldOf(difference)}`);
      } else if (differences.length < LISTED_MAX) differences.push({ ...difference, at: new Date(difference.at).toISOString() });
    },
    onProgress: (rows, of) => progress.show([`${count(rows, 'row')} of ${count(of, 'row')} decided again`]),
  });
  progress.done();
  if (!json) for (const line of told(found)) terminal.out.line(line);
  const { unknown, ...counted } = found;
  const notRederivable = Object.fromEntries(unknown.map(({ reason, decisions }) => [reason, decisions]));
  return { ...counted, not_rederivable: notRederivable, differences };
};

const toldOf = ({ seq, who, id, recorded, rederived }: Difference): string =>
  `row ${seq}  ${who ?? '(erased)'}  ${id}: recorded "${recorded}", decided again "${rederived}"`;

const told = ({ rows, agreed, differ, unknown }: Redecided): string[] => [
  `decisions   ${count(rows, 'row')} read: ${count(agreed, 'decision')} agreed, ${differ} ${differ === 1 ? 'differs' : 'differ'}`,
  ...unknown.map(({ reason, decisions }) => `  ${count(decisions, 'decision')} cannot be made again: ${WHY[reason]}`),
];

/** Why a decision cannot be made again. */
const WHY = {
  other_index: 'of another index: one that was made anew or restored',
  later_index: 'of a version that this index has not reached: it was put back to an older state',
  rules_not_recorded: 'the rules of the time are not recorded',
  erased: 'who asked, or what, was erased',
  arguments_too_long: 'what was asked is kept only as a hash',
  freshness: 'refused, and what was allowed then may have been past its promise: confirmations are not remembered',
  live: 'the source itself was asked, and what it said is not recorded',
  labels: 'the client may not carry some labels, and those of the time are not remembered',
} as const satisfies Record<Reason, string>;
