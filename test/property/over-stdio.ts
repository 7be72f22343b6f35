import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';

import { serveOverStdio } from '../../src/server/stdio.ts';
import { type IndexInProcess, TOOLS } from '../support/index-in-process.ts';
import { mcpPost, toolCall } from '../support/mcp-messages.ts';
import { ERAS, masked } from './over-http.ts';
import { ADA, type Asked, type Skin } from './twin-answers.ts';

/** What a client of the older era begins with. */
const HELLO = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'castellan tests', version: '1' } },
};
const THANKS = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** Over stdio, in both protocol eras: every line of the real server, on streams of this process in place of a pipe. */
export const overStdio: Skin = (index) => {
  const connections = ERAS.map((era) => connect(index, era));
  return {
    ask: async (...asked) => {
      const heard = [];
      for (const connection of connections) heard.push(await connection.ask(...asked));
      const [cursor] = heard.flatMap((one) => one.cursor ?? []);
      return { said: heard.map(({ said }) => said).join('\n'), ...(cursor === undefined ? {} : { cursor }) };
    },
    close: async () => {
      for (const connection of connections) await connection.close();
    },
  };
};

const connect = (index: IndexInProcess, era: (typeof ERAS)[number]) => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const hangUp = new AbortController();
  const errors: string[] = [];
  const serving = serveOverStdio({
    call: index.call,
    tools: TOOLS,
    callerOf: async () => ({ identity: ADA, client: 'test', scopes: ['read'] }),
    version: '0',
    stdin,
    stdout,
    onError: (error) => void errors.push(error.message),
    signal: hangUp.signal,
  });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const tell = (message: string): void => void stdin.write(`${message}\n`);
  const heard = async (): Promise<string> => String((await lines.next()).value);
  const greet = async (): Promise<string> => {
    if (era !== '2025-11-25') return '';
    tell(mcpPost(era, HELLO).body);
    const greeting = await heard();
    tell(JSON.stringify(THANKS));
    return greeting;
  };
  const greeted = greet();
  let id = 0;
  return {
    ask: async (tool: Asked[0], input: Asked[1]) => {
      const greeting = await greeted;
      tell(toolCall(era, tool, input, ++id).body);
      const line = await heard();
      const { said, cursor } = masked(line, JSON.parse(line));
      return { said: `${greeting} ${said} ${errors.join()}`, cursor };
    },
    close: async () => {
      hangUp.abort();
      await serving;
    },
  };
};
