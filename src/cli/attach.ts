import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Argument, Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import { attachBlock } from './attach-block.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Watch, watchAudit } from './first-call.ts';
import { type Attachment, KNOWN_CLIENTS, knownClient, type RunningServer, type StartedServer } from './known-clients.ts';
import type { Parts, Place } from './parts.ts';
import { portFrom } from './port.ts';
import { portWords, said } from './said.ts';
import { look, type Terminal } from './terminal.ts';

/** Says how a client is attached, and waits until it has called. */
export const attachCommand = (context: Context): Command =>
  new Command('attach')
    .summary('attach a client: what to paste, and where')
    .description(
      'Prints exactly what to paste into a client, and where it goes; then waits for the client’s first call and says who asked what. ' +
        'By default the client starts a server of its own for one person; with --http it is led to the one that runs.',
    )
    .addArgument(new Argument('<client>', 'which client').choices(Object.keys(KNOWN_CLIENTS)))
    .option('--as <who>', 'for whom the client starts its server: a verified e-mail, or issuer|subject')
    .option('--http', 'attach it to the server that runs, where server.public_url says')
    .addOption(
      new Option('--port <number>', 'with --http: it was started with this --port, and has no server.public_url').argParser(
        portFrom(1),
      ),
    )
    .option('--no-wait', 'do not wait for the first call')
    .addHelpText('after', '\nExample:\n  castellan attach cursor --as ada@acme.test')
    .action(async (client: string, _: unknown, command: Command) => {
      const given = command.optsWithGlobals<GlobalOptions & Asked & { wait: boolean }>();
      const { parts, terminal } = context;
      const place = { config: resolve(given.config), data: resolve(given.data) };
      const way = await wayOf(client, given, place, parts);
      const text = await textOf(way, parts.examples);
      if (given.json) return terminal.out.json('json' in way.attachment.paste ? way.attachment.paste.json : { paste: text });
      const watch = given.wait ? await watchAudit(() => parts.openTrail(place)) : undefined;
      try {
        printAttachment(terminal, way, text);
        if (watch) await waitForFirstCall(watch, context);
      } finally {
        await watch?.close();
      }
    });

interface Asked {
  readonly as?: string;
  readonly http?: true;
  readonly port?: number;
}

/** One client, attached one way. */
interface Way {
  readonly title: string;
  readonly attachment: Attachment;
  readonly server: StartedServer | RunningServer;
  /** Before the client runs. */
  readonly before: readonly string[];
}

const wayOf = async (
  name: string,
  { as: who, http, port, ...given }: GlobalOptions & Asked,
  place: Place,
  parts: Parts,
): Promise<Way> => {
  const client = knownClient(name);
  if (client?.http && (http || !client.stdio)) {
    const { url, issuers } = await parts.endpoint(place, port === undefined ? {} : { port });
    const words = portWords(port);
    const token = issuers.includes('local') ? said(given, 'token', '--as', who ?? '<who>', ...words) : undefined;
    const server = { url, home: parts.home, ...(token === undefined ? {} : { token }) };
    const others = issuers.filter((issuer) => issuer !== 'local');
    const before = [
      `The server must run: ${said(given, 'serve', '--http', ...words)}`,
      ...(token === undefined ? [] : [`A token: ${token}`]),
      ...(others.length === 0
        ? []
        : [`${token === undefined ? 'A token' : 'Or one'} of ${others.join(' or ')}, for this server`]),
    ];
    return { title: client.title, attachment: client.http(server), server, before };
  }
  if (!client?.stdio) throw new AppError('invalid_input', `There is no client "${name}". See: castellan attach --help`);
  if (port !== undefined) {
    throw new AppError('invalid_input', 'Only a server over HTTP has a port: add --http, or leave out --port.');
  }
  if (who === undefined) {
    throw new AppError(
      'invalid_input',
      'Say for whom the client starts its server: --as <who>. Or attach it to a running one: --http',
    );
  }
  await checkWho(who, place, parts);
  const server = attachBlock(parts, place, who).mcpServers.castellan;
  return { title: client.title, attachment: client.stdio(server), server, before: [] };
};

/** What is pasted must work: the place opens, and `who` names somebody. */
const checkWho = async (who: string, place: Place, parts: Parts): Promise<void> => {
  const desk = await parts.openDesk(place);
  try {
    await desk.identify(who);
  } finally {
    await desk.close();
  }
};

const textOf = async ({ attachment: { paste }, server }: Way, examples: string): Promise<string> => {
  if ('json' in paste) return JSON.stringify(paste.json, null, 2);
  if ('command' in paste) return paste.command;
  return filledIn(await readFile(join(examples, paste.example), 'utf8'), server);
};

/** An example with this server in the place of its made-up one. */
const filledIn = (example: string, server: StartedServer | RunningServer): string =>
  ('url' in server
    ? example.replace(/^const url = .*;$/mu, () => `const url = ${quoted(server.url)};`)
    : example.replace(/^const server = \{$[^]*?^\};$/mu, () => started(server))
  ).trimEnd();

const started = ({ command, args }: StartedServer): string => {
  const lines = args.map((argument) => `    ${quoted(argument)},`);
  return ['const server = {', `  command: ${quoted(command)},`, '  args: [', ...lines, '  ],', '};'].join('\n');
};

/** A text as a program writes it. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)}'`;

/** On stdout stands what is pasted and nothing else, so that it can be sent to a file. */
const printAttachment = ({ out, err }: Terminal, { title, attachment: { into, notes }, before }: Way, text: string): void => {
  err.line(look('bold', title));
  for (const line of before) err.line(`  ${line}`);
  err.line('  Paste into:');
  for (const line of into) err.line(`    ${line}`);
  err.line();
  for (const line of text.split('\n')) out.line(line);
  err.line();
  for (const note of notes) err.line(`  ${note}`);
};

const waitForFirstCall = async (watch: Watch, { terminal: { err }, signal, settle }: Context): Promise<void> => {
  err.line('Waiting for its first call. Ctrl-C ends the waiting, and changes nothing.');
  const row = await watch.next(signal);
  if (!row) return settle(); // to be stopped is one way to end
  err.line(look('green', `${row.tool} was called`), ` by ${row.who ?? '(erased)'} through ${row.client}: ${row.outcome}`);
};
