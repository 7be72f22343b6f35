import { expect, test } from 'vitest';

import type { Caller } from '../../../src/core/caller.ts';
import { explainAccessTool } from '../../../src/tools/explain-access.ts';
import { anHttpApp } from '../../support/an-http-app.ts';
import { toolCall } from '../../support/mcp-messages.ts';

test.each([['os:root'], [undefined]])('a call with a token that %s issued for somebody else is theirs too', async (actor) => {
  const callers: Caller[] = [];
  const identity = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
  const { post } = anHttpApp({
    tools: [explainAccessTool],
    tokens: {
      verify: async () => ({ identity, client: 'test', scopes: ['read'], expiresAt: 1e15, ...(actor ? { actor } : {}) }),
    },
    call: async (_name, _input, callerOf) => {
      callers.push(await callerOf());
      return { error: { code: 'not_found', message: '', retry: false } };
    },
  });
  await post('hers', toolCall('2025-11-25', 'explain_access', { id: 'wiki:plan' }));
  expect(callers.map((caller) => caller.actor)).toEqual([actor]);
});
