import { z } from 'zod';

import type { Tokens } from '../../src/access/token.ts';
import { explainAccessTool } from '../../src/tools/explain-access.ts';
import { fetchTool } from '../../src/tools/fetch.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { searchTool } from '../../src/tools/search.ts';
import { anHttpApp } from '../support/an-http-app.ts';
import { answerIn, toolCall } from '../support/mcp-messages.ts';
import { ADA, type Skin } from './twin-answers.ts';

const ERAS = ['2026-07-28', '2025-11-25'] as const;
const cursorSchema = z.object({
  result: z.object({ structuredContent: z.object({ next_cursor: z.string().exactOptional() }).exactOptional() }),
});
const tokens: Tokens = {
  verify: async () => ({ identity: ADA, client: 'test', scopes: ['read'], expiresAt: Number.MAX_SAFE_INTEGER }),
};

/** Over HTTP, in both protocol eras: the status, every header but the request's id, and every byte of the body. */
export const overHttp: Skin = (index) => {
  const { post } = anHttpApp({
    call: index.call,
    tools: [searchTool, fetchTool, listSourcesTool, explainAccessTool],
    tokens,
    perMinute: 1e9,
  });
  return async (tool, input) => {
    const [modern, legacy] = await Promise.all(
      ERAS.map(async (era) => {
        const response = await post('hers', toolCall(era, tool, input));
        const body = await response.text();
        const headers = [...response.headers].filter(([name]) => name !== 'x-request-id');
        if (response.status !== 200) throw new Error(`${response.status}: ${body}`);
        const cursor = cursorSchema.parse(answerIn(body)).result.structuredContent?.next_cursor;
        const masked = cursor === undefined ? body : body.replaceAll(cursor, 'cursor');
        return { said: `${JSON.stringify(headers)} ${masked}`, cursor };
      }),
    );
    if (!modern || !legacy) throw new Error('both eras answer');
    return { said: `${modern.said}\n${legacy.said}`, ...(modern.cursor === undefined ? {} : { cursor: modern.cursor }) };
  };
};
