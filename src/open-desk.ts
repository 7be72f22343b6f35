import { parseWho } from './access/identify.ts';
import type { Place } from './cli/parts.ts';
import type { Desk } from './cli/desk.ts';
import type { Caller } from './core/caller.ts';
import { endpointOf } from './endpoint.ts';
import { type Machine, openPlace } from './machine.ts';
import { openPath } from './open-path.ts';
import { serveOverStdio } from './server/stdio.ts';

/** Opens the place where the owner of the data folder asks as somebody, on the command line or over stdio. */
export const openDesk = async (place: Place, machine: Machine): Promise<Desk> => {
  const { toolsFor, call, recall, overdue, writes, close } = await openPath(await openPlace(place, machine), machine, {
    follows: place.follows === true,
  });
  /** Both are named in the audit. */
  const callerOf = async (who: string, client: string): Promise<Caller> => ({
    identity: await recall(parseWho(who)),
    client,
    scopes: ['read', 'write'],
    actor: `os:${machine.operator}`,
  });
  const onError = (error: Error): void => machine.warn(`The client's connection: ${error.message}`);
  return {
    ask: ({ who, tool, input, signal, askPerson }) =>
      call(tool, input, () => callerOf(who, 'cli'), signal, askPerson ? { askPerson } : {}),
    pending: () => writes.pending(),
    decide: (proposal, yes) => writes.decide(proposal, { yes, through: 'cli', by: `os:${machine.operator}` }),
    uncertain: (signal) => writes.uncertain(signal),
    settle: (proposal, written, signal) =>
      writes.conclude(proposal, { written, through: 'cli', by: `os:${machine.operator}` }, signal),
    link: async (proposal, who, port) => {
      const { email, issuer, subject } = parseWho(who);
      const { url } = await endpointOf(place, port === undefined ? {} : { port }, machine);
      const link = await writes.link(proposal, email ?? `${issuer}|${subject}`);
      return `${url.replace(/\/mcp$/u, '')}/approve/${link}`;
    },
    identify: async (who) => {
      await callerOf(who, 'stdio');
    },
    serve: async (who, signal) => {
      const { stdin, stdout, version } = machine;
      const tools = toolsFor('stdio');
      await serveOverStdio({ call, tools, callerOf: () => callerOf(who, 'stdio'), version, stdin, stdout, onError, signal });
    },
    overdue,
    close,
  };
};
