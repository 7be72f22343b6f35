import { Command, CommanderError } from 'commander';

import { AppError } from '../core/errors.ts';
import { approveCommand } from './approve.ts';
import { askCommand } from './ask.ts';
import { attachCommand } from './attach.ts';
import { auditCommand } from './audit.ts';
import { connectCommand } from './connect.ts';
import type { Context } from './context.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { fetchCommand } from './fetch.ts';
import { identityCommand } from './identity.ts';
import { initCommand } from './init.ts';
import { USUAL_PLACE } from './said.ts';
import { searchCommand } from './search.ts';
import { serveCommand } from './serve.ts';
import { settleCommand } from './settle.ts';
import { statusCommand } from './status.ts';
import { syncCommand } from './sync.ts';
import { printStack } from './stack.ts';
import { look } from './terminal.ts';
import { tokenCommand } from './token.ts';
import { verifyCommand } from './verify.ts';
import { whoCanCommand } from './who-can.ts';
import { undoCommand, writeCommand } from './write.ts';

/** 0 done, 1 failed or partial, 2 wrong usage or configuration, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Runs one command line and says how it ended. Never throws: what went wrong is one sentence on stderr. */
export const runProgram = async (argv: readonly string[], given: Omit<Context, 'fail' | 'settle'>): Promise<ExitCode> => {
  const code = await run(argv, given);
  const lost = await given.terminal.out.flushed();
  if (!lost || code !== 0) return code;
  return complain(
    new AppError('unavailable', `The result could not be written (${lost.message}).`, { cause: lost }),
    argv,
    given,
  );
};

const run = async (argv: readonly string[], given: Omit<Context, 'fail' | 'settle'>): Promise<ExitCode> => {
  let code: ExitCode = 0;
  let settled = false;
  const context: Context = {
    ...given,
    fail: () => {
      code = 1;
    },
    settle: () => {
      settled = true;
    },
  };
  try {
    await buildProgram(context, { quiet: asksForJson(argv) }).parseAsync(argv, { from: 'user' });
    return given.signal.aborted && !settled ? interrupted(context) : code;
  } catch (error) {
    if (error instanceof CommanderError) return misused(error, argv, context);
    if (given.signal.aborted) return interrupted(context);
    return complain(error, argv, context);
  }
};

/** The whole tree of commands. `quiet`: a wrong usage is said by whoever runs it. */
export const buildProgram = (context: Context, { quiet = false }: { readonly quiet?: boolean } = {}): Command => {
  const { terminal } = context;
  const program = new Command('castellan')
    .description('Governed access to company data: everybody finds what they may see, and nothing else.')
    .version(context.parts.version, '--version', 'print the version')
    .option('--config <file>', 'the configuration file', USUAL_PLACE.config)
    .option('--data <folder>', 'the data folder: index, audit and keys', USUAL_PLACE.data)
    .option('--json', 'print the result as JSON')
    .option('--verbose', 'when a command fails, print where')
    .helpOption('--help', 'show what a command does')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => printEach(text, (line) => terminal.out.line(line)),
      writeErr: (text) => quiet || printEach(text, (line) => terminal.err.line(line)),
      outputError: (text) => quiet || printEach(sentence(text), (line) => terminal.err.line(look('red', line))),
    })
    .showHelpAfterError('See: castellan --help')
    .exitOverride()
    .addHelpText('after', `\nStart with: castellan demo`);
  const commands = [
    initCommand,
    connectCommand,
    syncCommand,
    serveCommand,
    attachCommand,
    tokenCommand,
    searchCommand,
    fetchCommand,
    askCommand,
    writeCommand,
    approveCommand,
    settleCommand,
    undoCommand,
    explainCommand,
    whoCanCommand,
    verifyCommand,
    statusCommand,
    doctorCommand,
    auditCommand,
    identityCommand,
    demoCommand,
  ];
  for (const command of commands) adopt(program, command(context));
  return program;
};

/** Commander's names for an end in which everything asked for was shown. */
const HELPFUL = new Set(['commander.helpDisplayed', 'commander.version']);

/** In words Commander has said why already. */
const misused = ({ code, message }: CommanderError, argv: readonly string[], { terminal }: Context): ExitCode => {
  if (HELPFUL.has(code)) return 0;
  const why = code === 'commander.help' ? 'Name a command. See: castellan --help' : sentence(message);
  if (asksForJson(argv)) terminal.err.json({ error: { code: 'invalid_input', message: why } });
  return 2;
};

const asksForJson = (argv: readonly string[]): boolean => argv.includes('--json');

/** A command made elsewhere gets the manners of the program. */
const adopt = (parent: Command, command: Command): void => {
  for (const one of [command, ...command.commands]) {
    one.copyInheritedSettings(parent);
    const path = one === command ? command.name() : `${command.name()} ${one.name()}`;
    one.showHelpAfterError(`See: castellan ${path} --help`);
  }
  parent.addCommand(command);
};

const interrupted = ({ terminal }: Context): ExitCode => {
  terminal.err.line('Interrupted. What was committed stays; run the command again to go on.');
  return 130;
};

const complain = (error: unknown, argv: readonly string[], { terminal }: Pick<Context, 'terminal'>): ExitCode => {
  const mendable = error instanceof AppError;
  const message = mendable
    ? error.message
    : `Castellan failed where it should not: ${error instanceof Error ? error.message : String(error)}. Run it again with --verbose and report what it prints.`;
  if (asksForJson(argv)) terminal.err.json({ error: { code: mendable ? error.code : 'unavailable', message } });
  else terminal.err.line(look('red', message));
  if (argv.includes('--verbose')) printStack(terminal.err, error);
  return mendable && (error.code === 'config' || error.code === 'invalid_input') ? 2 : 1;
};

/** Commander begins with "error: " and a small letter. */
const sentence = (text: string): string => text.replace(/^error: (.)/u, (_, first: string) => first.toUpperCase());

const printEach = (text: string, print: (line: string) => void): void => {
  for (const line of text.replace(/\n$/u, '').split('\n')) print(line);
};
