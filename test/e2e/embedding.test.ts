import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { PROBE } from '../../src/embed/probe.ts';
import { accountLine, aPlace, ORGANISATION, whole } from '../support/a-place.ts';
import { ADA } from '../support/a-served-place.ts';
import { anEmbeddingsEndpoint } from '../support/an-embeddings-endpoint.ts';
import { documentLine } from '../support/json-lines.ts';

vi.setConfig({ testTimeout: 90_000 }); // the program is started several times

const found = z.object({
  results: z.array(z.object({ id: z.string(), metadata: z.object({ semantic: z.enum(['ready', 'pending']) }) })),
});

test('texts go to the service that is configured, which is said first, and the model before it serves until all are there', async () => {
  const service = await anEmbeddingsEndpoint();
  const place = await aPlace(
    whole([
      accountLine('ada'),
      documentLine({ key: 'leave', title: 'Leave', text: 'Everybody gets thirty days of paid vacation a year.' }),
      documentLine({ key: 'pump', title: 'Pump', text: 'The pump in the cellar lost pressure at noon.' }),
    ]),
  );
  onTestFinished(() => place.remove());
  const sources = 'sources:\n  wiki: { connector: jsonl, path: ./wiki.jsonl }\n';
  const configure = (embedding: string): Promise<void> => place.configure(`${ORGANISATION}embedding: ${embedding}\n${sources}`);
  const run = async (words: readonly string[], key = service.key) => place.run(words, { env: { EMBEDDING_KEY: key } });
  const ask = async (key?: string) => {
    const { stdout } = await run(['search', 'how many days of vacation', '--as', ADA, '--json'], key);
    return found.parse(JSON.parse(stdout)).results.map(({ id, metadata }) => `${id} ${metadata.semantic}`);
  };

  await configure('{ provider: local }');
  expect((await run(['sync'])).stderr).not.toContain('are sent to');
  expect(await ask()).toEqual(['wiki:leave ready', 'wiki:pump ready']);

  const at = `provider: openai, base_url: "${service.baseUrl}", private_network: true, model: mini, dimensions: 384`;
  await configure(`{ ${at}, key: "\${EMBEDDING_KEY}", price: 10 }`);
  const refused = await run(['sync'], 'sk-wrong');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Set the variable of embedding.key');
  expect(await ask()).toEqual(['wiki:leave ready', 'wiki:pump ready']); // by the local model

  const { code, stderr } = await run(['sync']);
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/2 chunks, about \d+ tokens, are sent to 127\.0\.0\.1:\d+ for mini: less than \$0\.01\./u),
  ]);
  expect(service.calls.map(({ length }) => length)).toContain(2);
  const before = service.calls.length;
  expect(await ask()).toEqual(['wiki:leave ready', 'wiki:pump ready']);
  expect(service.calls.slice(before)).toEqual([['how many days of vacation'], [PROBE]]);
  const doctor = await run(['doctor']);
  expect(doctor.stdout).toMatch(/embedding/u);
  for (const { stdout, stderr: told } of [doctor, refused]) expect(stdout + told).not.toContain('sk-');

  service.serves.model = 7; // under the same name
  const changed = await run(['doctor']);
  expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining('another model behind the name mini')]);
  expect(await ask()).toEqual(['wiki:leave pending']); // by its words, with no vector of the other model
  await configure(`{ ${at}, key: "\${EMBEDDING_KEY}", version: november }`);
  const sent = service.calls.length;
  expect((await run(['sync'])).code).toBe(0);
  expect(service.calls.slice(sent).map(({ length }) => length)).toContain(2);
  expect((await run(['doctor'])).stdout).not.toContain('another model');
});
