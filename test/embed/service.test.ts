import { readdir } from 'node:fs/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Embedder } from '../../src/core/embedder.ts';
import { Secret } from '../../src/core/secret.ts';
import { openLocalEmbedder } from '../../src/embed/local.ts';
import { openProbes, PROBE, type Probes } from '../../src/embed/probe.ts';
import { formerModel, modelOf, type OpenableModel } from '../../src/open-embedder.ts';
import { aFolder } from '../support/a-folder.ts';
import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';
import { anEmbeddingsEndpoint } from '../support/an-embeddings-endpoint.ts';

const SERVICE = { provider: 'openai', model: 'mini', shortens: false, privateNetwork: true } as const;
const { signal } = new AbortController();

interface Given {
  readonly baseUrl: string;
  readonly key?: string;
  readonly dimensions?: number;
  readonly version?: string;
  readonly probes?: Probes;
}

/** Knows every model. */
const ANY: Probes = { isSame: async () => true };

const modelAt = ({
  baseUrl,
  key,
  dimensions = 384,
  version,
  probes = ANY,
}: Given): { readonly model: OpenableModel; readonly waits: number[] } => {
  const { outgoing, waits } = aWayOut({ hosts: [] });
  const more = { ...(key !== undefined && { key: new Secret(key) }), ...(version !== undefined && { version }) };
  const model = modelOf({ ...SERVICE, baseUrl, dimensions, ...more }, outgoing, probes);
  if (!model) throw new Error('it was configured');
  return { model, waits };
};

const openAt = async (given: Given): Promise<Embedder> => modelAt(given).model.open();

const near = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

describe('a service that embeds', () => {
  test('gives unit vectors, several in one call and in the order of their texts', async () => {
    const service = await anEmbeddingsEndpoint();
    const embedder = await openAt(service);
    const local = await openLocalEmbedder();
    onTestFinished(() => local.close());
    const texts = ['Thirty days of leave.', '', 'The pump lost pressure.'];
    const vectors = (await embedder.embedAll?.(texts, signal)) ?? [];
    expect(vectors).toHaveLength(3);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(near(vectors[2] ?? new Float32Array(), await local.embed('The pump lost pressure.'))).toBeCloseTo(1, 4);
    expect(near(vectors[0] ?? new Float32Array(), await embedder.embed('Thirty days of leave.'))).toBeCloseTo(1, 4);
    expect(service.calls).toEqual([texts.with(1, ' '), [PROBE], ['Thirty days of leave.']]);
  });

  test('cuts a text that is refused, and only that', async () => {
    const service = await anEmbeddingsEndpoint({ limit: 2000 });
    const embedder = await openAt(service);
    const long = 'leave '.repeat(1000);
    expect(await embedder.embedAll?.(['short', long], signal)).toHaveLength(2);
    expect(service.calls.map((texts) => texts.map(({ length }) => length))).toEqual([[5], [PROBE.length], [1500]]);
  });

  test('of another model, place or length has another name', () => {
    const names = [
      { baseUrl: 'https://a.test/v1' },
      { baseUrl: 'https://b.test/v1' },
      { baseUrl: 'https://a.test/v1', dimensions: 256 },
      { baseUrl: 'https://a.test/v1', version: '2' },
    ].map((given) => modelAt(given).model.fingerprint);
    expect(new Set(names).size).toBe(4);
  });

  test('that refuses the key is not asked again, and the error names neither key nor reply', async () => {
    const { baseUrl } = await anEmbeddingsEndpoint();
    const embedder = await openAt({ baseUrl, key: 'sk-wrong' });
    const error = await embedder.embed('leave').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'source_rejected',
      message: expect.stringMatching(/did not accept .* Set the variable of embedding\.key/u),
    });
    expect(String(error)).not.toContain('sk-');
    await expect((await openAt({ baseUrl })).embed('leave')).rejects.toThrow(/wants a key: write embedding\.key as \$\{NAME\}/u);
  });

  test('is sent no key that holds more than one line, and the error does not quote it', async () => {
    const { url, arrived } = await aPeer((_, response) => void response.end('{}'));
    const embedder = await openAt({ baseUrl: `${url}/v1`, key: 'sk-one\nsk-two' });
    const error = await embedder.embed('leave').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config', message: expect.stringContaining('cannot be sent') });
    expect([String(error).includes('sk-'), arrived]).toEqual([false, []]);
  });

  test('that is busy is asked again when it says, and a call that may have been made is made again', async () => {
    const embedding = [...new Float32Array(4).fill(0.5)];
    const { url } = await aPeer((_, response, nth) => {
      if (nth === 1) return void response.writeHead(429, { 'retry-after': '7' }).end();
      if (nth === 2) return void response.writeHead(503).end();
      return void response.end(JSON.stringify({ data: [{ index: 0, embedding }] }));
    });
    const { model, waits } = modelAt({ baseUrl: `${url}/v1`, dimensions: 4 });
    const embedder = await model.open();
    expect(await embedder.embed('leave')).toEqual(Float32Array.from(embedding));
    expect(waits).toEqual([7000, 500]);
  });

  test.each([
    ['not JSON', '<html>', /something else than vectors/u],
    ['fewer vectors than texts', '{"data":[]}', /fewer vectors than texts/u],
    ['numbers that are none', '{"data":[{"index":0,"embedding":["1"]}]}', /something else than vectors/u],
    ['a vector without a direction', '{"data":[{"index":0,"embedding":[0,0]}]}', /without a direction/u],
    ['a vector of another length', '{"data":[{"index":0,"embedding":[1,2,3]}]}', /vectors of 3 numbers\. Write that/u],
  ])('that answers with %s is told, and stores nothing', async (_, reply, message) => {
    const { url } = await aPeer((_arrived, response) => void response.end(reply));
    await expect((await openAt({ baseUrl: `${url}/v1`, dimensions: 2 })).embed('leave')).rejects.toThrow(message);
  });

  test('that breaks off in the middle of its reply is not there, and nobody need mend the configuration', async () => {
    const { url } = await aPeer((_arrived, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":[', () => response.destroy());
    });
    await expect((await openAt({ baseUrl: `${url}/v1` })).embed('leave')).rejects.toMatchObject({ code: 'source_unavailable' });
  });

  test('that refuses even a short text is told', async () => {
    const { url } = await aPeer((_arrived, response) => void response.writeHead(400).end('leave is a bad word'));
    const error = await (await openAt({ baseUrl: `${url}/v1` })).embed('leave').catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/refusal of a short text/u);
    expect(String(error)).not.toContain('bad word');
  });
});

describe('a service that puts another model behind the name of the former', () => {
  const ANOTHER = { code: 'source_changed', message: expect.stringContaining('another model behind the name mini') };

  test('is found out by whoever opens it next, whatever it calls it, and gives no vector', async () => {
    const [service, folder] = [await anEmbeddingsEndpoint(), await aFolder()];
    const open = () => openAt({ ...service, probes: openProbes(folder) });
    await (await open()).embed('leave');
    expect(await (await open()).embed('leave')).toHaveLength(384); // it is known again
    service.serves.model = 7;
    const embedder = await open();
    await expect(embedder.embed('leave')).rejects.toMatchObject(ANOTHER);
    await expect(embedder.embedAll?.(['leave'], signal)).rejects.toMatchObject(ANOTHER);
  });

  test('is found out in the middle of a run, where its replies call it otherwise', async () => {
    const [service, folder] = [await anEmbeddingsEndpoint(), await aFolder()];
    const embedder = await openAt({ ...service, probes: openProbes(folder) });
    await embedder.embed('leave');
    Object.assign(service.serves, { model: 7, named: 'mini-2' });
    await expect(embedder.embedAll?.(['one', 'two'], signal)).rejects.toMatchObject(ANOTHER);
  });

  test('may call the same model by another name', async () => {
    const [service, folder] = [await anEmbeddingsEndpoint(), await aFolder()];
    const embedder = await openAt({ ...service, probes: openProbes(folder) });
    await embedder.embed('leave');
    service.serves.named = 'mini-of-november';
    expect(await embedder.embed('leave')).toHaveLength(384);
  });

  test('serves on once that has a version of its own', async () => {
    const [service, folder] = [await anEmbeddingsEndpoint(), await aFolder()];
    await (await openAt({ ...service, probes: openProbes(folder) })).embed('leave');
    service.serves.model = 7;
    expect(await (await openAt({ ...service, version: '2', probes: openProbes(folder) })).embed('leave')).toHaveLength(384);
  });

  test('is none to whoever only looks, and keeps nothing', async () => {
    const [service, folder] = [await anEmbeddingsEndpoint(), await aFolder()];
    await (await openAt({ ...service, probes: openProbes(folder, { looksOnly: true }) })).embed('leave');
    expect(await readdir(folder)).toEqual([]);
  });
});

test('what was in use before can be opened where it is configured, and the local model always', async () => {
  const { outgoing } = aWayOut({ hosts: [] });
  const before = { ...SERVICE, baseUrl: 'https://a.test/v1', dimensions: 8 };
  const former = formerModel({ provider: 'none', previous: before }, outgoing, ANY);
  const local = modelOf({ provider: 'local' }, outgoing, ANY)?.fingerprint ?? '';
  expect(former(modelOf(before, outgoing, ANY)?.fingerprint ?? '')).toBeDefined();
  expect(former(local)).toBeDefined();
  expect(former('another')).toBeUndefined();
  expect(formerModel({ provider: 'none' }, outgoing, ANY)(modelOf(before, outgoing, ANY)?.fingerprint ?? '')).toBeUndefined();
});
