import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { openLocalEmbedder } from '../../src/embed/local.ts';
import { aPeer } from './a-peer.ts';

const KEY = 'sk-embeddings-test-key';
const DIMENSIONS = 384;

const asked = z.strictObject({
  model: z.string(),
  input: z.array(z.string().min(1)).min(1).max(2048),
  encoding_format: z.literal('float'),
  dimensions: z.number().optional(),
});

export interface AnEmbeddingsEndpoint {
  readonly host: string;
  readonly baseUrl: string;
  readonly key: string;
  readonly dimensions: number;
  /** The texts of each call that was answered. */
  readonly calls: (readonly string[])[];
  /** What it serves: another number is another model; and how its replies call it, where that is not as it was asked. */
  readonly serves: { model: number; named?: string };
}

/**
 * OpenAI's embeddings call on a port of this machine, with the real local model behind it: it wants the key, refuses texts above
 * `limit` characters with 400, and gives its vectors twice as long as a unit, in the opposite order.
 */
export const anEmbeddingsEndpoint = async ({ limit = 2000 }: { readonly limit?: number } = {}): Promise<AnEmbeddingsEndpoint> => {
  const embedder = await openLocalEmbedder();
  onTestFinished(() => embedder.close());
  const calls: (readonly string[])[] = [];
  const serves: AnEmbeddingsEndpoint['serves'] = { model: 0 };
  const { host, url } = await aPeer(async ({ method, path, headers, body }, response) => {
    const say = (status: number, reply: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    };
    if (headers['authorization'] !== `Bearer ${KEY}`)
      return say(401, { error: { message: `Incorrect API key provided: ${KEY}` } });
    if (method !== 'POST' || path !== '/v1/embeddings') return say(404, { error: { message: 'no such thing' } });
    const { input, model } = asked.parse(JSON.parse(body));
    if (input.some((text) => text.length > limit)) return say(400, { error: { message: 'maximum context length' } });
    calls.push(input);
    const data: object[] = [];
    for (const [index, text] of input.entries()) {
      const vector = [...(await embedder.embed(text))].map((value) => value * 2);
      data.unshift({ object: 'embedding', index, embedding: [...vector.slice(serves.model), ...vector.slice(0, serves.model)] });
    }
    return say(200, { object: 'list', model: serves.named ?? model, data, usage: { prompt_tokens: 1, total_tokens: 1 } });
  });
  return { host, baseUrl: `${url}/v1`, key: KEY, dimensions: DIMENSIONS, calls, serves };
};
