import { Command, InvalidArgumentError } from 'commander';

import { type TokenScope, TOKEN_SCOPES } from '../core/caller.ts';
import type { Context, GlobalOptions } from './context.ts';
import { portFrom } from './port.ts';

/** Prints a token with which a client asks a running server as one person. */
export const tokenCommand = ({ parts, terminal }: Context): Command =>
  new Command('token')
    .summary('let a client ask as one person, for minutes')
    .description(
      'Issues a token of this server’s own, for one person and one client, and records that in the audit. ' +
        'Whoever holds it asks as that person until it expires: it cannot be withdrawn.',
    )
    .requiredOption('--as <who>', 'for whom: a verified e-mail, or issuer|subject')
    .option('--client <id>', 'the client that will use it, as in clients of the configuration', 'local')
    .option('--scope <scope>', 'what it is for: read (the default) or write; may be given again', another)
    .option('--minutes <number>', 'how long it lives: 15 by default, at most identity.token_minutes', wholeNumber)
    .option('--reason <text>', 'why somebody asks as this person, for the audit')
    .option('--port <number>', 'for a server that was started with this --port, and has no server.public_url', portFrom(1))
    .addHelpText('after', '\nExample:\n  castellan token --as ada@acme.test')
    .action(async (_: unknown, command: Command) => {
      const {
        config,
        data,
        json,
        as: who,
        client,
        scope = ['read'],
        minutes,
        reason,
        port,
      } = command.optsWithGlobals<GlobalOptions & TokenOptions>();
      const request = {
        who,
        client,
        scopes: TOKEN_SCOPES.filter((one) => scope.includes(one)),
        ...(minutes === undefined ? {} : { minutes }),
        ...(reason === undefined ? {} : { reason }),
        ...(port === undefined ? {} : { port }),
      };
      const issued = await parts.issueToken({ config, data }, request);
      const expires = new Date(issued.expiresAt).toISOString();
      if (json) {
        return terminal.out.json({
          token: issued.token,
          expires_at: expires,
          audience: issued.audience,
          client,
          scopes: request.scopes,
        });
      }
      terminal.out.line(issued.token);
      terminal.err.line(
        `For ${who} at ${issued.audience}, through the client ${client}, to ${request.scopes.join(' and ')}, until ${expires}.`,
      );
    });

interface TokenOptions {
  readonly as: string;
  readonly client: string;
  readonly scope?: readonly TokenScope[];
  readonly minutes?: number;
  readonly reason?: string;
  readonly port?: number;
}

const another = (written: string, before: readonly TokenScope[] = []): readonly TokenScope[] => {
  const scope = TOKEN_SCOPES.find((one) => one === written);
  if (scope) return [...before, scope];
  throw new InvalidArgumentError(`It is ${TOKEN_SCOPES.join(' or ')}.`);
};

const wholeNumber = (written: string): number => {
  if (/^[1-9]\d{0,4}$/u.test(written)) return Number(written);
  throw new InvalidArgumentError('It is a whole number of minutes.');
};
