import { z } from 'zod';

import type { Tokens } from '../../src/access/token.ts';
import { anHttpApp } from '../support/an-http-app.ts';
import { TOOLS } from '../support/index-in-process.ts';
import { answerIn, toolCall } from '../support/mcp-messages.ts';
import { ADA, type Skin } from './twin-answers.ts';

export const ERAS = ['2026-07-28', '2025-11-25'] as const;
const messageSchema = z.object({
  result: z.object({ structuredContent: z.object({ next_cursor: z.string().exactOptional() }).exactOptional() }),
});
const tokens: Tokens = {
  verify: async () => ({ identity: ADA, client: 'test', scopes: ['read'], expiresAt: Number.MAX_SAFE_INTEGER }),
};
/** Of a log line: what names the request, and what the clock of the machine says. */
const OF_THE_MOMENT = ['request', 'time', 'ms'];

/** A message of the protocol, with its cursor masked. */
export const masked = (message: string, parsed: unknown): { readonly said: string; readonly cursor?: string } => {
  const cursor = messageSchema.parse(parsed).result.structuredContent?.next_cursor;
  return cursor === undefined ? { said: message } : { said: message.replaceAll(cursor, 'cursor'), cursor };
};

/** Over HTTP, in both protocol eras: the status, every header but the request's id, every byte of the body, and what was logged. */
export const overHttp: Skin = (index) => {
  const { post, logged } = anHttpApp({ call: index.call, tools: TOOLS, tokens, perMinute: 1e9 });
  let lines = 0;
  const newLines = (): string => {
    const all = logged();
    const from = lines;
    lines = all.length;
    return JSON.stringify(all.slice(from), (key, value: unknown) => (OF_THE_MOMENT.includes(key) ? undefined : value));
  };
  return {
    ask: async (tool, input) => {
      const said: string[] = [];
      let cursor: string | undefined;
      for (const era of ERAS) {
        const response = await post('hers', toolCall(era, tool, input));
        const body = await response.text();
        const headers = [...response.headers].filter(([name]) => name !== 'x-request-id');
        if (response.status !== 200) throw new Error(`${response.status}: ${body}`);
        const message = masked(body, answerIn(body));
        ({ cursor } = message);
        said.push(`${JSON.stringify(headers)} ${message.said} ${newLines()}`);
      }
      return { said: said.join('\n'), ...(cursor === undefined ? {} : { cursor }) };
    },
    close: async () => undefined,
  };
};
