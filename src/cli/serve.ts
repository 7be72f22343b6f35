import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import type { Context, GlobalOptions } from './context.ts';
import { follow } from './follow.ts';
import { tellOverdue } from './overdue.ts';
import type { Place } from './parts.ts';
import { portFrom } from './port.ts';
import { portWords, said } from './said.ts';

interface ServeOptions extends GlobalOptions {
  readonly stdio?: boolean;
  readonly as?: string;
  readonly http?: boolean;
  readonly port?: number;
  readonly follow: boolean;
}

/** Serves MCP clients: one over stdio, or all over HTTP. */
export const serveCommand = (context: Context): Command =>
  new Command('serve')
    .summary('answer MCP clients')
    .description(
      'Serves one MCP client over stdin and stdout, for one person, until the client hangs up; or all over HTTP, ' +
        'each caller by their own token. Over stdio whoever can start it can read the whole data folder: ' +
        'use it where that is one person’s right.',
    )
    .addOption(new Option('--stdio', 'speak MCP over stdin and stdout').conflicts('http'))
    .option('--as <who>', 'over stdio, for whom: a verified e-mail, or issuer|subject')
    .addOption(new Option('--http', 'speak MCP over HTTP').conflicts('as'))
    .addOption(
      new Option('--port <number>', 'over HTTP, instead of the port in server.listen').argParser(portFrom(0)).conflicts('stdio'),
    )
    .option('--no-follow', 'leave the sources alone: something else runs castellan sync')
    .addHelpText('after', '\nExample:\n  castellan serve --http\n  castellan serve --stdio --as ada@acme.test')
    .action(async (_: unknown, command: Command) => {
      const { config, data, stdio, as: who, http, port, follow: follows } = command.optsWithGlobals<ServeOptions>();
      const place: Place = { config, data, follows };
      if (stdio && who !== undefined) return overStdio(context, place, who);
      if (http) return overHttp(context, place, port);
      throw new AppError(
        'invalid_input',
        stdio ? 'Say for whom: castellan serve --stdio --as <who>' : 'Say how: castellan serve --http, or --stdio --as <who>',
      );
    });

const overStdio = async (context: Context, place: Place, who: string): Promise<void> => {
  const { parts, terminal, signal, settle } = context;
  const desk = await parts.openDesk(place);
  try {
    await desk.identify(who);
    tellOverdue(terminal.err, await desk.overdue(), place);
    terminal.err.line(`Castellan ${parts.version} answers for ${who} over stdio.`);
    await following(context, place, () => desk.serve(who, signal));
    settle(); // to be stopped is how serving ends
  } finally {
    await desk.close();
  }
};

const overHttp = async (context: Context, place: Place, wanted?: number): Promise<void> => {
  const { parts, terminal, signal, settle } = context;
  const gateway = await parts.openHttp(place, wanted === undefined ? {} : { port: wanted });
  try {
    const { listening, publicUrl, issuers, unconfiguredPort, pushed } = gateway;
    const port = portWords(unconfiguredPort);
    tellOverdue(terminal.err, await gateway.overdue(), place);
    terminal.err.line(`Castellan ${parts.version} listens on ${listening} and is reached at ${publicUrl}/mcp.`);
    const takes = issuers.map((issuer) => (issuer === 'local' ? said(place, 'token', '--as', '<who>', ...port) : issuer));
    terminal.err.line(`It takes tokens of: ${takes.join(', ')}`);
    if (pushed) terminal.err.line(`People and groups of ${pushed.source} are pushed to ${pushed.url}.`);
    terminal.err.line(`To attach a client: ${said(place, 'attach', '<client>', '--http', ...port)}`);
    await following(context, place, () => gateway.serve(signal));
    settle();
  } finally {
    await gateway.close();
  }
};

/** Keeps the index up to date while it is served. */
const following = async (
  { parts: { program, now }, terminal, signal }: Context,
  { config, data, follows }: Place,
  serve: () => Promise<void>,
): Promise<void> => {
  if (!follows) return serve();
  // One Ctrl-C reaches both processes, and one says so.
  const warn = (message: string): void => (signal.aborted ? undefined : terminal.err.line(message));
  const follower = follow({ place: { config, data }, program, now, warn });
  try {
    await serve();
  } finally {
    await follower.close();
  }
};
