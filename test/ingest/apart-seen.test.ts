import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { z } from 'zod';

import type { Due } from '../../src/core/connector.ts';
import { aConnectedSource } from '../support/a-connected-source.ts';
import { aFolder } from '../support/a-folder.ts';
import { ringing } from '../support/a-ringing-connector.ts';
import { person } from '../support/looking.ts';

const HOUR = 3_600_000;
const PERMISSIONS: Due = { listing: false, permissions: true, content: false };
const CONTENT: Due = { listing: false, permissions: false, content: true };
const ADA = person('ada');

const answerSchema = z.object({
  metadata: z.object({ fresh: z.boolean(), synced_at: z.string(), permissions_synced_at: z.string() }),
});

/** A notice board that was read once, whose texts are promised within an hour and its permissions within a day. */
const aBoard = async () => {
  const path = join(await aFolder(), 'board.json');
  const write = (readers: readonly string[]): Promise<void> =>
    writeFile(path, JSON.stringify({ readers, notices: { spring: 'We move in spring.' } }));
  await write(['user:ada']);
  const source = await aConnectedSource(ringing, { path }, { name: 'board' });
  await source.sync();
  await source.index.identify(ADA);
  const began = source.clock.now;
  return {
    clock: source.clock,
    sync: (due: Due) => source.sync({ due }),
    write,
    /** What ada is told of it: whether it is fresh, and how many hours after the beginning each kind was confirmed. */
    told: async () => {
      const answer = await source.index.ask(ADA, 'fetch', { id: 'board:spring' });
      if ('error' in answer) return answer.error.code;
      const { fresh, synced_at: content, permissions_synced_at: permissions } = answerSchema.parse(answer.output).metadata;
      return { fresh, content: hoursSince(began, content), permissions: hoursSince(began, permissions) };
    },
  };
};

const hoursSince = (began: number, at: string): number => (Date.parse(at) - began) / HOUR;

test('past its promise a text is not fresh, though its permissions were brought since', async () => {
  const { clock, sync, told } = await aBoard();
  clock.now += 2 * HOUR;
  await sync(PERMISSIONS);
  expect(await told()).toEqual({ fresh: false, content: 0, permissions: 2 });
  await sync(CONTENT);
  expect(await told()).toEqual({ fresh: true, content: 2, permissions: 2 });
});

test('past their promise permissions let nobody in, though texts were brought since, until they are brought', async () => {
  const { clock, sync, told } = await aBoard();
  clock.now += 23 * HOUR;
  await sync(CONTENT);
  expect(await told()).toEqual({ fresh: true, content: 23, permissions: 0 });
  clock.now += 2 * HOUR;
  await sync(CONTENT);
  expect(await told()).toBe('not_found');
  await sync(PERMISSIONS);
  expect(await told()).toEqual({ fresh: true, content: 25, permissions: 25 });
});

test('a run for permissions alone closes what its source closed', async () => {
  const { clock, sync, told, write } = await aBoard();
  expect(await told()).toMatchObject({ fresh: true });
  await write(['user:bob']);
  clock.now += HOUR / 2;
  await sync(PERMISSIONS);
  expect(await told()).toBe('not_found');
});
