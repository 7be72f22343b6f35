import type { ServerResponse } from 'node:http';

import { expect, test } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';

/** Begins an answer, and goes on when `next` is called. */
const aWriter = async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  const peer = await aPeer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('first');
    begun.resolve(response);
  });
  return { peer, begun: begun.promise };
};

const readerOf = (response: Response): ReadableStreamDefaultReader<Uint8Array> => {
  if (!response.body) throw new Error('there is no body');
  return response.body.getReader();
};
const textOf = ({ value }: { value?: Uint8Array | undefined }): string => new TextDecoder().decode(value);

test('an answer that is written while it is read arrives piece by piece', async () => {
  const { peer, begun } = await aWriter();
  const { fetch } = aWayOut({ hosts: [peer.host] });
  const reader = readerOf(await fetch(`${peer.url}/find`, { method: 'POST', body: '{}' }));
  expect(textOf(await reader.read())).toBe('first'); // nothing else was written until now
  (await begun).end('second');
  expect(textOf(await reader.read())).toBe('second');
  expect((await reader.read()).done).toBe(true);
});

test('an errand says how long its answer may be silent', async () => {
  const { peer } = await aWriter();
  const { fetch } = aWayOut({ hosts: [peer.host], patience: { silence: 50, whole: 60_000 } });
  const reader = readerOf(await fetch(`${peer.url}/find`, { method: 'POST', body: '{}' }));
  expect(textOf(await reader.read())).toBe('first');
  await expect(reader.read()).rejects.toMatchObject({
    code: 'source_unavailable',
    message: expect.stringContaining('broke off'),
  });
});

test('an errand says how long a call and its answer may take together', async () => {
  const { peer } = await aWriter();
  const { fetch } = aWayOut({ hosts: [peer.host], patience: { silence: 60_000, whole: 300 } });
  const reader = readerOf(await fetch(`${peer.url}/find`, { method: 'POST', body: '{}' }));
  expect(textOf(await reader.read())).toBe('first');
  await expect(reader.read()).rejects.toMatchObject({ message: expect.stringContaining('did not answer within 0.3 s') });
});
