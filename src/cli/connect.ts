import { Command } from 'commander';

import { AppError } from '../core/errors.ts';
import { askSecret } from './ask-secret.ts';
import type { Connected, Connecting } from './connecting.ts';
import type { Context, GlobalOptions } from './context.ts';
import { portFrom } from './port.ts';
import { said } from './said.ts';
import { standingJson, standingWords } from './sign-in-words.ts';
import { look } from './terminal.ts';
import { listed } from './words.ts';

/** Lets Castellan in at a source. */
export const connectCommand = (context: Context): Command =>
  new Command('connect')
    .summary('let Castellan in at a source')
    .description(
      'Signs in at a source and keeps what it gets, encrypted, in the data folder: by a page in the browser, by a token that is ' +
        'typed or piped in, or by what the configuration names. It asks for the scopes that the connector declares, and no others.',
    )
    .argument('<source>', 'a source of the configuration')
    .option('--no-browser', 'only print the address, and open nothing')
    .option('--paste', 'for a browser on another machine: paste the address it was sent back to')
    .option('--port <number>', 'the port the browser comes back to; any that is free by default', portFrom(1))
    .option('--untried', 'keep a token without asking the source whether it accepts it')
    .option('--forget', 'take back what is kept, here and, where it can be asked, at the source')
    .addHelpText('after', '\nExample:\n  castellan connect wiki')
    .action(async (source: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConnectOptions>();
      const { config, data, json, forget } = options;
      if (forget && (options.paste || options.untried || options.port !== undefined)) {
        const others = '--paste, --port and --untried';
        throw new AppError(
          'invalid_input',
          `To forget a source needs no browser and no token. Leave out ${others}, or --forget.`,
        );
      }
      const connecting = await context.parts.openConnecting({ config, data });
      try {
        if (forget) return await forgetting(source, json === true, connecting, context);
        const standing = await connected(source, options, connecting, context);
        if (json) context.terminal.out.json({ source, ...standingJson(standing) });
        else print(source, standing, options, context);
        if (standing.missing.length > 0) context.fail();
      } finally {
        await connecting.close();
      }
    });

interface ConnectOptions extends GlobalOptions {
  readonly browser: boolean;
  readonly paste?: boolean;
  readonly port?: number;
  readonly untried?: boolean;
  readonly forget?: boolean;
}

const connected = (
  source: string,
  { browser, paste = false, untried = false, port }: ConnectOptions,
  connecting: Connecting,
  { parts: { stdin }, terminal: { err }, signal }: Context,
): Promise<Connected> => {
  const ask = (question: string): Promise<string> => askSecret(question, { stdin, err, signal });
  return connecting.connect(source, {
    person: {
      show: (address) => {
        err.line(
          paste ? 'Open this address in a browser:' : 'Sign in on the page at this address. Castellan waits for 10 minutes.',
        );
        err.line(look('cyan', address));
        if (browser && !paste) connecting.openBrowser(address);
      },
      askToken: () => ask(`Paste the token of ${source} and press Enter. It is not shown.`),
      askAddress: () =>
        ask(
          'Sign in there. The browser is then sent to a page it cannot open: paste the whole address of that page and press Enter. It is not shown.',
        ),
    },
    paste,
    untried,
    ...(port !== undefined && { port }),
    signal,
  });
};

const print = (source: string, standing: Connected, place: GlobalOptions, { terminal: { out, err } }: Context): void => {
  const { kind, state, from, missing, beyond, tried } = standing;
  if (state === 'given') {
    out.line(
      `${source} is signed in with a token${from === undefined ? '' : ` that ${from} gives`}. There is nothing to connect.`,
    );
    err.line(`Whether the source accepts it, a run says: ${said(place, 'sync', source)}`);
    return;
  }
  out.line(look('bold', source), '   connected   ', standingWords(source, standing, place));
  if (missing.length > 0) {
    err.line(
      look(
        'yellow',
        `Not granted: ${listed(missing)}. What needs them cannot be read. Grant them there, then: ${said(place, 'connect', source)}`,
      ),
    );
  }
  if (beyond.length > 0)
    err.line(look('yellow', `Granted though nothing asks for it: ${listed(beyond)}. Take it away there if you can.`));
  if (kind === 'token' && !tried) err.line(`Whether the source accepts it, a run says: ${said(place, 'sync', source)}`);
};

const forgetting = async (
  source: string,
  json: boolean,
  connecting: Connecting,
  { terminal, signal }: Context,
): Promise<void> => {
  const { kept, revoked } = await connecting.forget(source, signal);
  if (json) return terminal.out.json({ source, forgotten: kept, revoked });
  if (!kept) return terminal.out.line(`Nothing is kept to sign in at ${source}.`);
  terminal.out.line(`${source} is forgotten here${revoked ? ', and its provider took it back' : ''}.`);
  if (!revoked) terminal.err.line('Its provider was not asked, or did not answer: take it back there too.');
};
