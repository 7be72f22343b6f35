import { describe, expect, test } from 'vitest';

import type { AuditedDocument } from '../../src/core/audit.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Tool, ToolAnswer } from '../../src/core/tool.ts';
import type { View } from '../../src/core/view.ts';
import { aContext, basis } from '../support/a-view.ts';

export interface ToolContractParts {
  /** A good input, as a client would send it. */
  readonly input: Readonly<Record<string, unknown>>;
  /** A view in which that input finds something. */
  readonly view: View;
  /** The documents it then returns, for the audit. */
  readonly documents: readonly AuditedDocument[];
}

/** What every tool promises, whatever it does. */
export const toolContract = (tool: Tool, { input, view, documents }: ToolContractParts): void => {
  const run = (on: View, signal?: AbortSignal): Promise<ToolAnswer<unknown>> =>
    tool.run(tool.input.parse(input), aContext(on, signal === undefined ? {} : { signal }));

  describe(`${tool.name}, as every tool`, () => {
    test('names every document it returns for the audit, and what the answer rests on', async () => {
      expect(await run(view)).toMatchObject({ documents, basis });
    });

    test('answers what it publishes, in JSON', async () => {
      const answer = await run(view);
      const output = 'output' in answer ? answer.output : undefined;
      expect(tool.output.parse(output)).toEqual(output);
      expect(JSON.parse(JSON.stringify(output))).toEqual(output);
    });

    test('answers the same twice', async () => {
      expect(await run(view)).toEqual(await run(view));
    });

    test('refuses an input it does not know, rather than ignore it', () => {
      expect(tool.input.safeParse({ ...input, as: 'ada@acme.test' }).success).toBe(false);
    });

    test('stops when its caller does', async () => {
      await expect(run(view, AbortSignal.abort())).rejects.toThrow('aborted');
    });

    test('passes on what stopped the view', async () => {
      const reading = { search: stopped, fetch: stopped, explain: stopped, sources: stopped };
      await expect(run({ ...reading, writes: stopped, propose: stopped, undo: stopped, commit: stopped })).rejects.toMatchObject({
        code: 'unavailable',
      });
    });
  });
};

const stopped = async (): Promise<never> => {
  throw new AppError('unavailable', 'The index cannot be read.');
};
