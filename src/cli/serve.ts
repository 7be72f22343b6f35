import { Command } from 'commander';

import type { Context, GlobalOptions } from './context.ts';
import { tellOverdue } from './overdue.ts';

/** Serves one client for one person. */
export const serveCommand = ({ parts, terminal, signal, settle }: Context): Command =>
  new Command('serve')
    .summary('answer an MCP client')
    .description(
      'Serves one MCP client over stdin and stdout, for one person, until the client hangs up. ' +
        'Whoever can start it can read the whole data folder: use it where that is one person’s right.',
    )
    .requiredOption('--stdio', 'speak MCP over stdin and stdout')
    .requiredOption('--as <who>', 'for whom: a verified e-mail, or issuer|subject')
    .addHelpText('after', '\nExample:\n  castellan serve --stdio --as ada@acme.test')
    .action(async (_: unknown, command: Command) => {
      const { config, data, as: who } = command.optsWithGlobals<GlobalOptions & { as: string }>();
      const desk = await parts.openDesk({ config, data });
      try {
        await desk.identify(who);
        tellOverdue(terminal.err, await desk.overdue());
        terminal.err.line(`Castellan ${parts.version} answers for ${who} over stdio.`);
        await desk.serve(who, signal);
        settle(); // to be stopped is how serving ends
      } finally {
        await desk.close();
      }
    });
