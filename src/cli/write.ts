import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { Command } from 'commander';
import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import type { AskPerson, Proposal } from '../core/proposal.ts';
import { changedLines, linesOf } from '../core/proposal-lines.ts';
import { outputOf } from './answers.ts';
import { isAtTerminal, openAsker } from './ask-yes.ts';
import type { Context, GlobalOptions } from './context.ts';
import type { Desk } from './desk.ts';
import { readWritten } from './read-written.ts';
import { type Channel, look } from './terminal.ts';
import { tinted } from './tinted.ts';

/** Of an input that is read from a file, in bytes. */
const INPUT_MAX = 2_000_000;

/** Proposes to write something, shows what that changes, and writes it once somebody said yes. */
export const writeCommand = (context: Context): Command =>
  new Command('write')
    .summary('write something in a source as one person')
    .description(
      'Shows exactly what would be written, asks at the terminal, and writes it. The source must let this person write there, and ' +
        'the configuration must allow the action. What wants somebody else’s word waits: castellan approve.',
    )
    .argument('<action>', 'as list_sources names it: github.add_comment')
    .requiredOption('--as <who>', 'who writes: a verified e-mail, or issuer|subject')
    .option('--target <id>', 'the document that is changed; or the source, for what is made anew')
    .option('--input <json>', 'what is written, by the schema of the action: JSON, @file, or - for stdin', '{}')
    .option('--idempotency-key <key>', 'the same key never writes twice')
    .option('--only-propose', 'show it, and write nothing')
    .addHelpText(
      'after',
      '\nExample:\n  castellan write files.edit --as ada@acme.test --target handbook:leave.md --input @edit.json',
    )
    .action(async (action: string, _: unknown, command: Command) => {
      const { input, target, idempotencyKey, ...options } = command.optsWithGlobals<GlobalOptions & WriteOptions>();
      const given = await inputOf(input, context);
      await propose(context, options, {
        action,
        input: given,
        ...(target !== undefined && { target }),
        ...(idempotencyKey !== undefined && { idempotency_key: idempotencyKey }),
      });
    });

/** Proposes to take back what was written, and goes on as `write` does. */
export const undoCommand = (context: Context): Command =>
  new Command('undo')
    .summary('take back what was written')
    .description('Proposes the write that takes another one back, where the source allows that and nothing was changed since.')
    .argument('<proposal>', 'of the write, as its receipt names it')
    .requiredOption('--as <who>', 'who wrote it: a verified e-mail, or issuer|subject')
    .option('--only-propose', 'show it, and write nothing')
    .addHelpText('after', '\nExample:\n  castellan undo 3f2a… --as ada@acme.test')
    .action(async (proposal: string, _: unknown, command: Command) => {
      await propose(context, command.optsWithGlobals<GlobalOptions & AsOptions>(), { undo: proposal });
    });

interface AsOptions {
  readonly as: string;
  readonly onlyPropose?: boolean;
}

interface WriteOptions extends AsOptions {
  readonly target?: string;
  readonly input: string;
  readonly idempotencyKey?: string;
}

const propose = async (
  context: Context,
  { config, data, json, as: who, onlyPropose }: GlobalOptions & AsOptions,
  input: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { parts, terminal, signal, fail } = context;
  const desk = await parts.openDesk({ config, data });
  try {
    const proposed = proposedSchema.parse(outputOf(await desk.ask({ who, tool: 'propose_write', input, signal })));
    if (onlyPropose) return json ? terminal.out.json(proposed) : print(terminal.out, proposed);
    const { source, confirmation, needs } = proposed;
    const asked = asking(parts.stdin, terminal.err, signal);
    if (!json && !(asked.askPerson && needs === 'confirm')) print(terminal.err, proposed); // else it stands where they are asked
    let made = await commit(desk, { who, confirmation, signal, ...asked });
    if (made.outcome === 'done' && !made.found) {
      await readWritten(source, { config, data }, context);
      made = await commit(desk, { who, confirmation, signal }); // the same receipt, and whether it is found
    }
    if (made.outcome !== 'done') fail();
    if (json) return terminal.out.json(made);
    tell(terminal, made);
  } finally {
    await desk.close();
  }
};

/** How a person is asked: at a terminal, or not at all. */
const asking = (
  stdin: Parameters<typeof openAsker>[0],
  err: Channel,
  signal: AbortSignal,
): { readonly askPerson?: AskPerson } => {
  if (!isAtTerminal(stdin, err)) return {};
  return {
    askPerson: async (proposal: Proposal) => {
      for (const line of linesOf(proposal)) err.line('  ', tinted(line));
      const asker = openAsker(stdin, err, signal);
      try {
        const yes = await asker.yes('Write this? [y/N]');
        return yes === undefined ? 'unable' : yes ? 'yes' : 'no';
      } finally {
        asker.close();
      }
    },
  };
};

interface Commit {
  readonly who: string;
  readonly confirmation: string;
  readonly signal: AbortSignal;
  readonly askPerson?: AskPerson;
}

const commit = async (desk: Desk, { confirmation, ...asked }: Commit): Promise<Made> =>
  madeSchema.parse(outputOf(await desk.ask({ ...asked, tool: 'commit_write', input: { confirmation } })));

const proposedSchema = z.looseObject({
  proposal: z.string(),
  action: z.string(),
  source: z.string(),
  target: z.string(),
  needs: z.string(),
  confirmation: z.string(),
  warnings: z.array(z.string()),
  changes: z.array(
    z.looseObject({
      field: z.string(),
      before: z.string().optional(),
      after: z.string().optional(),
      diff: z.string().optional(),
      cut: z.boolean().optional(),
    }),
  ),
});
const madeSchema = z.looseObject({
  outcome: z.enum(['done', 'absent', 'uncertain', 'undecided']),
  proposal: z.string(),
  id: z.string().optional(),
  url: z.string().optional(),
  undo: z.string().optional(),
  found: z.boolean().optional(),
  next: z.string(),
});
type Made = z.infer<typeof madeSchema>;

const print = (to: Channel, { action, source, target, changes, warnings }: z.infer<typeof proposedSchema>): void => {
  to.line(look('bold', action), ` in ${source}: ${target}`);
  for (const { field, before, after, diff, cut } of changes) {
    to.line(`${field}:`);
    for (const line of diff?.split('\n') ?? changedLines({ before, after })) to.line(tinted(`  ${line}`));
    if (cut) to.line(look('yellow', '  There is more of this than is shown here.'));
  }
  for (const warning of warnings) to.line(look('yellow', `! ${warning}`));
};

const tell = ({ out, err }: Context['terminal'], { outcome, proposal, id, url, undo, found, next }: Made): void => {
  if (outcome === 'done') {
    out.line(`written   ${id ?? ''}${url === undefined || url === id ? '' : `   ${url}`}`);
    if (!found) err.line(look('yellow', 'It is found once its source was read again.'));
    if (undo !== undefined) err.line(look('dim', `To take it back: ${undo}`));
    return;
  }
  err.line(look('yellow', outcome === 'undecided' ? `It waits as ${proposal}. ` : ''), next);
};

const inputOf = async (given: string, { parts }: Context): Promise<unknown> => {
  const written = given === '-' ? await text(parts.stdin) : given.startsWith('@') ? await fileOf(given.slice(1)) : given;
  if (written.length > INPUT_MAX) throw new AppError('too_large', 'The input is longer than 2 MB. Make it shorter.');
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new AppError('invalid_input', 'The input is no JSON. Give an object: --input \'{"title":"…"}\', @file, or -', {
      cause,
    });
  }
};

const fileOf = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `${path} cannot be read. Name another file: --input @<file>`, { cause });
  }
};
