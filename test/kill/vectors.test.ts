import { expect, test } from 'vitest';
import { z } from 'zod';

import { castellan } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { by, run } from './command.ts';
import { companyIn, type Place } from './place.ts';

const PATIENCE = 60_000;

const syncedSchema = z.looseObject({
  sources: z.array(z.looseObject({ status: z.string(), chunks: z.number(), waiting_for_vectors: z.number() })),
});
const answerSchema = z.looseObject({
  results: z.array(z.looseObject({ id: z.string(), metadata: z.looseObject({ semantic: z.enum(['ready', 'pending']) }) })),
});

const json = async (place: Place, words: readonly string[], told = /^$/u): Promise<unknown> => {
  const { code, stdout, stderr } = await castellan([...words, '--json', '--config', place.config, '--data', place.data]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(told)]);
  return JSON.parse(stdout);
};
/** The other source of the company has no part in this. */
const NOT_READ = /^Nothing of handbook was read yet\. Run: castellan sync handbook .*\n$/u;

/** The ids that Ada finds, each with whether it can be found by meaning too. */
const found = async (place: Place): Promise<(readonly [string, string])[]> => {
  const words = ['search', 'session valid after a change of password', '--as', 'ada@acme.test', '--source', 'workspace'];
  const { results } = answerSchema.parse(await json(place, words, NOT_READ));
  return results.map(({ id, metadata }) => [id, metadata.semantic]);
};

test(
  'a sync killed between text and vectors leaves documents found by words and marked pending, and the next one finishes them',
  { timeout: PATIENCE },
  async () => {
    const place = await companyIn(await aFolder(), 'local');

    const killed = await run(place, by('killed-process.ts', '1:INSERT OR REPLACE INTO vector'), ['sync', 'workspace']);
    expect([killed.signal, killed.told]).toEqual(['SIGKILL', 'inside']);
    const before = await found(place);
    expect(before[0]).toEqual(['workspace:ticket-1042', 'pending']);
    expect(new Set(before.map(([, semantic]) => semantic))).toEqual(new Set(['pending']));

    const { sources } = syncedSchema.parse(await json(place, ['sync', 'workspace']));
    expect(sources).toMatchObject([{ status: 'complete', read: 0, waiting_for_vectors: 0 }]);
    const after = await found(place);
    expect(after.map(([id]) => id)).toEqual(expect.arrayContaining(before.map(([id]) => id)));
    expect(new Set(after.map(([, semantic]) => semantic))).toEqual(new Set(['ready']));
  },
);
