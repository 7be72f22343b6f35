import { expect, test } from 'vitest';

import { commitWriteTool } from '../../src/tools/commit-write.ts';
import { explainAccessTool } from '../../src/tools/explain-access.ts';
import { fetchTool } from '../../src/tools/fetch.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { proposeWriteTool } from '../../src/tools/propose-write.ts';
import { searchTool } from '../../src/tools/search.ts';
import { tokensOf } from '../support/tokens.ts';

const target = { target: 'draft-2020-12' } as const;

test('the definitions of all six take less than 2,500 tokens', () => {
  const entries = [searchTool, fetchTool, listSourcesTool, explainAccessTool, proposeWriteTool, commitWriteTool].map(
    ({ name, title, description, input, output, annotations }) => ({
      name,
      title,
      description,
      inputSchema: input['~standard'].jsonSchema.input(target),
      outputSchema: output['~standard'].jsonSchema.output(target),
      annotations: { ...annotations, title },
    }),
  );
  expect(tokensOf(entries)).toBeLessThan(2_500);
});

test('what only reads says so', () => {
  for (const { annotations, scope } of [searchTool, fetchTool, listSourcesTool, explainAccessTool]) {
    expect(scope).toBe('read');
    expect(annotations).toEqual({ readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false });
  }
});

test('what writes says so, and needs the scope for it', () => {
  expect(proposeWriteTool).toMatchObject({ scope: 'write', annotations: { readOnlyHint: true, destructiveHint: false } });
  expect(commitWriteTool).toMatchObject({ scope: 'write', annotations: { readOnlyHint: false, destructiveHint: true } });
});
