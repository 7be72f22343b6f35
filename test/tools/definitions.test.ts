import { expect, test } from 'vitest';

import { fetchTool } from '../../src/tools/fetch.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { searchTool } from '../../src/tools/search.ts';
import { tokensOf } from '../support/tokens.ts';

const target = { target: 'draft-2020-12' } as const;

test('the definitions leave room for three more tools below 2,500 tokens', () => {
  const entries = [searchTool, fetchTool, listSourcesTool].map(({ name, title, description, input, output, annotations }) => ({
    name,
    title,
    description,
    inputSchema: input['~standard'].jsonSchema.input(target),
    outputSchema: output['~standard'].jsonSchema.output(target),
    annotations: { ...annotations, title },
  }));
  expect(tokensOf(entries)).toBeLessThan(1_100);
});

test('what only reads says so', () => {
  for (const { annotations, scope } of [searchTool, fetchTool, listSourcesTool]) {
    expect(scope).toBe('read');
    expect(annotations).toEqual({ readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false });
  }
});
