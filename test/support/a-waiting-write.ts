import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { openDesk } from '../../src/open-desk.ts';
import { ADA, aWrittenHandbook, BOB, type HandbookOptions } from './a-written-handbook.ts';

const WRITES = 'writes: { files.edit: approve }\n';

const proposed = z.looseObject({ proposal: z.string(), confirmation: z.string() });

/** A write that ada proposed, and a link by which bob decides about it. Its place goes with the test. */
export const aWaitingWrite = async ({
  replace = 'twelve days',
  ...options
}: HandbookOptions & { readonly replace?: string } = {}) => {
  const place = await aWrittenHandbook({ more: WRITES, ...options });
  onTestFinished(() => place.remove());
  const desk = await openDesk({ config: place.config, data: place.data }, place.machine);
  onTestFinished(() => desk.close());
  const signal = new AbortController().signal;
  const ask = async (tool: 'propose_write' | 'commit_write', input: object): Promise<unknown> => {
    const answer = await desk.ask({ who: ADA, tool, input, signal });
    if ('error' in answer) throw new Error(answer.error.message);
    return answer.output;
  };
  const input = { edits: [{ find: 'ten days', replace }] };
  const { proposal, confirmation } = proposed.parse(
    await ask('propose_write', { action: 'files.edit', target: 'handbook:leave.md', input }),
  );
  const link = (who = BOB): Promise<string> => desk.link(proposal, who, Number(new URL(place.origin).port));
  return {
    place,
    desk,
    proposal,
    link,
    commit: () => ask('commit_write', { confirmation }),
    leave: async () => Buffer.from((await place.files())['leave.md'] ?? '', 'base64').toString(),
  };
};
