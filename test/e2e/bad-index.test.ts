import { randomBytes } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { embedWaiting } from '../../src/ingest/vectors.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { CommandOptions } from '../support/a-command.ts';
import { accountLine, type APlace, synced, whole } from '../support/a-place.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import { documentLine } from '../support/json-lines.ts';
import { place } from '../support/place-answers.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts the program several times

const ADA = 'ada@acme.test';
const LINES = whole([
  accountLine('ada'),
  documentLine({ key: 'plan', text: 'We move in spring.' }),
  documentLine({ key: 'party', text: 'The party is in spring.' }),
]);
const BOTH = ['wiki:party', 'wiki:plan'];

const foundSchema = z.object({
  results: z.array(z.looseObject({ id: z.string(), metadata: z.looseObject({ semantic: z.string() }) })),
  degraded: z.array(z.string()).default([]),
});

/** What a person finds, how each was found, and what could not be used. */
const search = async (where: APlace, query = 'spring', options: CommandOptions = {}) => {
  const { stdout, stderr } = await where.run(['search', query, '--as', ADA, '--json'], options);
  if (stdout === '') throw new Error(stderr);
  const { results, degraded } = foundSchema.parse(JSON.parse(stdout));
  return { ids: results.map(({ id }) => id).toSorted(), semantic: results.map(({ metadata }) => metadata.semantic), degraded };
};

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const said = async (where: APlace, argv: readonly string[]): Promise<readonly [number | null, string, string]> => {
  const { code, stderr } = await where.run([...argv, '--json']);
  const { error } = refusalSchema.parse(JSON.parse(stderr));
  return [code, error.code, error.message.replaceAll(where.folder, '/place')];
};

/** The store of a place, in this process. */
const storeOf = async ({ data }: APlace): Promise<Store> => {
  const store = await openStore({ path: join(data, 'index.db'), now: () => Date.now() });
  onTestFinished(() => store.close());
  return store;
};

const PAGE = 4096;

describe('a question', () => {
  test('that is empty, too long, or full of operators is answered or refused in one sentence', async () => {
    const where = await synced(await place(LINES));
    expect(await said(where, ['search', ' ', '--as', ADA])).toEqual([
      2,
      'invalid_input',
      'The input does not fit: query must not be empty; say in words what to look for, or give where.',
    ]);
    expect(await said(where, ['search', 'x'.repeat(10_240), '--as', ADA])).toEqual([
      2,
      'invalid_input',
      'The input does not fit: query must have at most 2,000 characters; ask more briefly.',
    ]);
    expect((await search(where, 'spring" OR * NEAR(x y) -col:^ {AND} NOT -- \\ %_')).ids).toEqual(BOTH);
    expect((await search(where, '" * ( ) ^ : { } - + ~ \\ % _')).ids).toEqual([]);
  });

  test('with a forged cursor, or with the one of somebody else, is refused', async () => {
    const where = await synced(await place(LINES));
    const argv = ['search', 'spring', '--limit', '1'];
    const { stdout } = await where.run([...argv, '--as', 'bob@acme.test', '--json']);
    const { next_cursor: cursor } = z.object({ next_cursor: z.string() }).parse(JSON.parse(stdout));
    const why = [2, 'invalid_input', 'This cursor was not made for this question. Search again without it.'];
    expect(await said(where, [...argv, '--as', ADA, '--cursor', cursor])).toEqual(why);
    expect(await said(where, [...argv, '--as', ADA, '--cursor', 'forged'])).toEqual(why);
    expect(await said(where, [...argv, '--as', 'bob@acme.test', '--cursor', cursor.toLowerCase()])).toEqual(why);
    expect((await where.run([...argv, '--as', 'bob@acme.test', '--cursor', cursor])).code).toBe(0);
  });
});

test('a second sync of one source is refused while the first runs, and does no harm to it', async () => {
  const where = await synced(await place(LINES));
  const first = await (await storeOf(where)).open('wiki', 'jsonl', Date.now());
  const { code, stdout } = await where.run(['sync', '--json']);
  const { refused } = z
    .object({ refused: z.array(z.object({ source: z.string(), code: z.string(), message: z.string() })) })
    .parse(JSON.parse(stdout));
  expect([code, refused]).toMatchObject([1, [{ source: 'wiki', code: 'conflict' }]]);
  expect(refused[0]?.message.replace(String(process.pid), '<pid>')).toMatchInlineSnapshot(
    `""wiki" is being synced by process <pid>. Wait for it, or end it, then run the command again."`,
  );
  await first.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, Date.now());
  await synced(where);
  expect((await search(where)).ids).toEqual(BOTH);
});

test('an index whose vectors another model made is searched by words, until the next sync makes them anew', async () => {
  const where = await synced(await place(LINES));
  const store = await storeOf(where);
  await embedWaiting({ store, embedder: anEmbedder({ fingerprint: 'another/1' }), signal: new AbortController().signal });
  await where.configure(
    'organisation: { name: Acme, domains: [acme.test] }\nsources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\n',
  );
  expect(await search(where)).toEqual({ ids: BOTH, semantic: ['pending', 'pending'], degraded: [] });
  expect((await search(where, 'relocating')).ids).toEqual([]);
  await synced(where);
  expect(await search(where)).toEqual({ ids: BOTH, semantic: ['ready', 'ready'], degraded: [] });
  expect((await search(where, 'relocating')).ids).toContain('wiki:plan');
});

test('an index with noise in it answers nothing but that it is damaged, and is made anew from its source', async () => {
  const where = await synced(await place(LINES));
  const index = join(where.data, 'index.db');
  const { size } = await stat(index);
  await using file = await open(index, 'r+');
  await file.write(randomBytes(size - PAGE), 0, size - PAGE, PAGE);
  for (const argv of [['search', 'spring', '--as', ADA], ['fetch', 'wiki:plan', '--as', ADA], ['status'], ['sync']]) {
    const [code, kind, why] = await said(where, argv);
    expect([code, kind]).toEqual([1, 'unavailable']);
    expect(why).toMatch(/^The index \/place\/data\/index\.db is damaged \(.+\)\. .*move it away and run: castellan sync$/iu);
  }
  await rename(index, `${where.folder}/damaged.db`);
  await synced(where);
  expect((await search(where)).ids).toEqual(BOTH);
  expect((await where.run(['audit', 'verify'])).code).toBe(0);
});

test('a model of which one byte is another is not used: words answer, and say so, until it is whole again', async () => {
  const where = await place(LINES, { provider: 'local' });
  const { code, stdout, stderr } = await where.run(['sync'], { env: FLIPPED });
  expect([code, stdout]).toEqual([1, expect.stringContaining('2 chunks without vectors, found by words until then')]);
  expect(stderr.replace(/\/\S+(?=model_quantized)/u, '…/')).toMatchInlineSnapshot(`
    "The embedded model is damaged: …/model_quantized.onnx is not the file it should be. Install Castellan again.
    "
  `);
  expect(await search(where, 'spring', { env: FLIPPED })).toEqual({
    ids: BOTH,
    semantic: ['pending', 'pending'],
    degraded: ['semantic_unavailable'],
  });
  await synced(where);
  expect(await search(where)).toEqual({ ids: BOTH, semantic: ['ready', 'ready'], degraded: [] });
});

/** Flips one bit of the model on its way into the program. */
const FLIPPED = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { readFile } = fs;
    fs.readFile = async (path, ...rest) => {
      const bytes = await readFile(path, ...rest);
      if (String(path).endsWith('.onnx')) bytes[1000] ^= 1;
      return bytes;
    };
    syncBuiltinESMExports();`)}`,
};
