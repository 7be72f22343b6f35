import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import type { AskPerson, Proposal } from '../core/proposal.ts';
import { linesOf } from '../core/proposal-lines.ts';
import { outputOf } from './answers.ts';
import { isAtTerminal, openAsker } from './ask-yes.ts';
import type { Context, GlobalOptions } from './context.ts';
import type { Desk } from './desk.ts';
import { readWritten } from './read-written.ts';
import type { Channel } from './terminal.ts';
import { tinted } from './tinted.ts';
import { type Made, madeSchema, printMade, printNext, printProposed, proposedSchema, sourceOf } from './write-told.ts';

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
    .argument('[action]', 'as list_sources names it: github.add_comment')
    .requiredOption('--as <who>', 'who writes: a verified e-mail, or issuer|subject')
    .option('--target <id>', 'the document that is changed; or the source, for what is made anew')
    .option('--input <json>', 'what is written, by the schema of the action: JSON, @file, or - for stdin', '{}')
    .option('--idempotency-key <key>', 'the same key never writes twice')
    .option('--only-propose', 'show it, and write nothing')
    .addOption(
      new Option(
        '--commit <confirmation>',
        'instead of an action: write what was proposed before, once it is approved',
      ).conflicts(['target', 'idempotencyKey', 'onlyPropose']),
    )
    .addHelpText(
      'after',
      '\nExample:\n  castellan write files.edit --as ada@acme.test --target handbook:leave.md --input @edit.json',
    )
    .action(async (action: string | undefined, _: unknown, command: Command) => {
      const { input, target, idempotencyKey, commit, ...options } = command.optsWithGlobals<GlobalOptions & WriteOptions>();
      if ((action === undefined) === (commit === undefined)) {
        throw new AppError('invalid_input', 'Say what is to be written: castellan write <action>, or --commit <confirmation>');
      }
      if (commit !== undefined) return written(context, options, { confirmation: commit });
      const given = await inputOf(input, context);
      const key = idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey };
      const propose = { action, input: given, ...(target !== undefined && { target }), ...key };
      await written(context, options, { propose });
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
      await written(context, command.optsWithGlobals<GlobalOptions & AsOptions>(), { propose: { undo: proposal } });
    });

interface AsOptions {
  readonly as: string;
  readonly onlyPropose?: boolean;
}

interface WriteOptions extends AsOptions {
  readonly target?: string;
  readonly input: string;
  readonly idempotencyKey?: string;
  readonly commit?: string;
}

/** What is proposed now, or was before. */
type Wanted = { readonly propose: Readonly<Record<string, unknown>> } | { readonly confirmation: string };

/** Proposes, unless that was done before, and writes it where it is decided. */
const written = async (context: Context, options: GlobalOptions & AsOptions, wanted: Wanted): Promise<void> => {
  const { parts, terminal, signal, fail } = context;
  const { config, data, json, as: who } = options;
  const place = { config, data };
  const desk = await parts.openDesk(place);
  try {
    const asked = asking(parts.stdin, terminal.err, signal);
    const isAsked = asked.askPerson !== undefined;
    const confirmation =
      'confirmation' in wanted ? wanted.confirmation : await proposed(desk, context, { ...options, wanted, isAsked });
    if (confirmation === undefined) return;
    const commit = async (more: { readonly askPerson?: AskPerson }): Promise<Made> =>
      madeSchema.parse(outputOf(await desk.ask({ ...more, who, tool: 'commit_write', input: { confirmation }, signal })));
    let made = await commit(asked);
    if (made.found === false) {
      await readWritten(sourceOf(made), place, context);
      made = await commit({}); // the same receipt, and whether it is found
    }
    if (made.outcome !== 'done') fail();
    if (json) terminal.out.json(made);
    else printMade(terminal, made, place, { who, confirmation });
  } finally {
    await desk.close();
  }
};

interface Proposing extends GlobalOptions, AsOptions {
  readonly wanted: Extract<Wanted, { readonly propose: unknown }>;
  /** Whether somebody is asked here: then it is shown where they are. */
  readonly isAsked: boolean;
}

/** Proposes it and shows it. The confirmation, unless it was only to be proposed. */
const proposed = async (
  desk: Desk,
  { terminal: { out, err }, signal }: Context,
  { wanted, config, data, json, as: who, onlyPropose, isAsked }: Proposing,
): Promise<string | undefined> => {
  const one = proposedSchema.parse(outputOf(await desk.ask({ who, tool: 'propose_write', input: wanted.propose, signal })));
  const { confirmation, needs } = one;
  if (!onlyPropose) {
    if (!json && !(isAsked && needs === 'confirm')) printProposed(err, one);
    return confirmation;
  }
  if (json) out.json(one);
  else {
    printProposed(out, one);
    printNext(err, { config, data }, { who, confirmation });
  }
  return undefined;
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

const inputOf = async (given: string, { parts }: Context): Promise<unknown> => {
  const json = given === '-' ? await text(parts.stdin) : given.startsWith('@') ? await fileOf(given.slice(1)) : given;
  if (json.length > INPUT_MAX) throw new AppError('too_large', 'The input is longer than 2 MB. Make it shorter.');
  try {
    return JSON.parse(json);
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
