import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { openLocalEmbedder, whyNoModel } from '../../src/embed/local.ts';
import { MODEL_FILES, modelFolder } from '../../src/embed/model-files.ts';
import { openLocalEmbedderThread } from '../../src/embed/thread.ts';
import { aFolder } from '../support/a-folder.ts';

const embedder = await openLocalEmbedder();
afterAll(() => embedder.close());

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

test('a text becomes a unit vector of 384 numbers, the same each time', async () => {
  const first = await embedder.embed('How many days of leave do I have?');
  expect(first).toHaveLength(384);
  expect(embedder.dimensions).toBe(384);
  expect(Math.hypot(...first)).toBeCloseTo(1, 5);
  expect(await embedder.embed('How many days of leave do I have?')).toEqual(first);
});

test('what means the same is nearer than what does not', async () => {
  const question = await embedder.embed('How many days of leave do I have?');
  const answer = await embedder.embed('Everybody gets thirty days of paid vacation a year.');
  const other = await embedder.embed('The pump in the cellar lost pressure at noon.');
  expect(cosine(question, answer)).toBeGreaterThan(cosine(question, other) + 0.2);
});

test('words beyond the window of 256 tokens change nothing', async () => {
  const window = 'leave '.repeat(300);
  expect(await embedder.embed(`${window} pump`)).toEqual(await embedder.embed(`${window} cellar`));
});

test.each([
  ['an empty text', ''],
  ['half a character', '\ud800'],
  ['a mark of the model itself', '[SEP] [CLS] [MASK]'],
  ['one endless word', 'a'.repeat(100_000)],
  ['a megabyte of blanks', ' '.repeat(1_000_000)],
])('%s has a vector too', async (_, text) => {
  expect(Math.hypot(...(await embedder.embed(text)))).toBeCloseTo(1, 5);
});

test('the fingerprint names the model, its weights and the pipeline', () => {
  expect(embedder.fingerprint).toMatchInlineSnapshot(`"all-MiniLM-L6-v2/afdb6f1a0e45b715/1"`);
});

test.each(['weights', 'tokenizer', 'tokenizerConfig'] as const)('one flipped bit in the %s is refused, by name', async (file) => {
  const folder = await aFolder();
  await mkdir(path.join(folder, 'onnx'));
  for (const { path: name } of Object.values(MODEL_FILES))
    await copyFile(path.join(modelFolder(), name), path.join(folder, name));
  const damaged = path.join(folder, MODEL_FILES[file].path);
  const bytes = await readFile(damaged);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(damaged, bytes);
  const opening = openLocalEmbedder({ folder });
  await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
  await expect(opening).rejects.toThrow(`${damaged} is not the file it should be. Install Castellan again.`);
});

test('a model that is not there is named, with the command that brings it', async () => {
  await expect(openLocalEmbedder({ folder: '/nowhere' })).rejects.toThrow(/\/nowhere\/.*Install Castellan again/u);
});

test('in a thread of its own the model gives the same vectors, and the event loop goes on meanwhile', async () => {
  const threaded = await openLocalEmbedderThread();
  let turns = 0;
  const turn = setInterval(() => turns++, 1);
  const text = 'A report about growth in the northern region. '.repeat(40);
  const vectors = await Promise.all(Array.from({ length: 20 }, () => threaded.embed(text)));
  clearInterval(turn);
  expect(vectors.at(-1)).toEqual(await embedder.embed(text));
  expect(threaded).toMatchObject({ fingerprint: embedder.fingerprint, dimensions: 384 });
  expect(turns).toBeGreaterThan(20);
  await threaded.close();
});

test('a closed thread finishes what it was asked, and then refuses', async () => {
  const threaded = await openLocalEmbedderThread();
  const asked = threaded.embed('leave');
  await threaded.close();
  expect(await asked).toHaveLength(384);
  await expect(threaded.embed('leave')).rejects.toMatchObject({ code: 'unavailable' });
  await threaded.close();
});

test('a thread that cannot open the model says why', async () => {
  await expect(openLocalEmbedderThread({ folder: '/nowhere' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('a machine on which the model runs has nothing to say', async () => {
  expect(await whyNoModel()).toBeUndefined();
  expect(await whyNoModel(() => Promise.reject(new Error('Cannot find package')))).toMatchObject({ code: 'unavailable' });
});

test('without the runtime the command that installs it is told', async () => {
  const opening = openLocalEmbedder({ runtime: () => Promise.reject(new Error('Cannot find package')) });
  await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
  await expect(opening).rejects.toThrow('ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node');
});
