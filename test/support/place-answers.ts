import { join } from 'node:path';

import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { connectors } from '../../connectors/index.ts';
import { parseWho } from '../../src/access/identify.ts';
import { identifierOn } from '../../src/access/recognise.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createAnswer } from '../../src/reader/answer.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import { type APlace, aPlace } from './a-place.ts';

const ADA = 'ada@acme.test';

/** A place that is gone with the test. */
export const place = async (...given: Parameters<typeof aPlace>): Promise<APlace> => {
  const made = await aPlace(...given);
  onTestFinished(() => made.remove());
  return made;
};

/** What was said, without the folder of the test. */
export const said = async (where: APlace, ...argv: string[]): Promise<readonly [number | null, string]> => {
  const { code, stdout, stderr } = await where.run(argv);
  return [code, `${stdout}${stderr}`.replaceAll(where.folder, '/place').replaceAll(/\d+\.\d s/gu, '0.0 s')];
};

/** The report of a sync of one source. */
export const syncSchema = z.object({
  sources: z.tuple([
    z.looseObject({
      status: z.string(),
      deleted: z.number(),
      documents: z.number(),
      problem_list: z.array(z.object({ key: z.string().optional(), message: z.string() })),
    }),
  ]),
});

/** The problems of a sync, in the words of each. */
export const problems = async (where: APlace, ...more: string[]): Promise<unknown> => {
  const { code, stdout } = await where.run(['sync', '--json', ...more]);
  const [{ status, problem_list: list }] = syncSchema.parse(JSON.parse(stdout)).sources;
  return [
    code,
    status,
    ...list.map(({ key, message }) => `${key === undefined ? '' : `${key}: `}${message}`.replaceAll(where.folder, '/place')),
  ];
};

/** The ids that Ada finds by words. Asked in this process: a test asks often, and the program takes its time to start. */
export const found = async ({ config, data }: APlace, query = 'spring'): Promise<string[]> => {
  const path = join(data, 'index.db');
  const now = Date.now();
  const { rules } = await loadConfig({ path: config, env: {}, connectors });
  const store = await openStore({ path, now: () => now });
  const reader = openReader(path);
  try {
    const identity = await identifierOn(store, rules, () => now).recall(parseWho(ADA));
    const answer = createAnswer({ reader, rules });
    const given = answer({ kind: 'search', identity, client: 'test', now, request: { query, limit: 50, offset: 0 } });
    if (given.kind !== 'search') throw new Error('not an answer to a search');
    return given.found.hits.map(({ document: { id } }) => id).toSorted();
  } finally {
    reader.close();
    await store.close();
  }
};
