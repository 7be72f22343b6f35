import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Delivered } from '../../../src/core/hook.ts';
import { openStore } from '../../../src/store/sqlite/index-store.ts';
import { aFolder } from '../../support/a-folder.ts';

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

/** An index, and what a source delivers to it. */
const place = async () => {
  const clock = { now: 1_000_000_000 };
  const store = await openStore({ path: join(await aFolder(), 'index.db'), now: () => clock.now });
  onTestFinished(() => store.close());
  const deliver = (...delivered: Delivered[]): Promise<boolean> => store.ring('board', delivered, clock.now);
  const rings = async (): Promise<number> => (await store.rung('board'))?.rings ?? 0;
  return { clock, store, deliver, rings };
};

test('a body that comes again under another id rings once more, when a minute is over', async () => {
  const { clock, store, deliver, rings } = await place();
  const began = clock.now;
  expect(await deliver({ id: '1', digest: 'a' })).toBe(true);
  for (let id = 2; id < 50; id += 1) {
    clock.now += 1_000;
    expect(await deliver({ id: `${id}`, digest: 'a' })).toBe(true);
    expect(await rings()).toBe(1);
  }
  clock.now = began + MINUTE;
  expect(await store.rung('board')).toEqual({ rings: 2, at: began + MINUTE });
  clock.now += 1_000;
  await deliver({ id: '50', digest: 'a' }); // of the next minute
  expect(await rings()).toBe(2);
  clock.now += MINUTE;
  expect(await rings()).toBe(3);
  clock.now += MINUTE;
  expect(await rings()).toBe(3); // nobody sent any more
});

test('another body rings at once, whatever waits', async () => {
  const { clock, deliver, rings } = await place();
  await deliver({ id: '1', digest: 'a' }, { id: '2', digest: 'a' });
  expect(await rings()).toBe(1);
  clock.now += 1;
  await deliver({ id: '3', digest: 'b' });
  expect(await rings()).toBe(2);
  clock.now += MINUTE;
  expect(await rings()).toBe(3); // what had waited
});

test('an id that came within a day rings no more, whatever its body', async () => {
  const { clock, deliver, rings } = await place();
  await deliver({ id: '1', digest: 'a' });
  clock.now += DAY - 1;
  expect(await deliver({ id: '1', digest: 'a' })).toBe(false);
  expect(await deliver({ id: '1', digest: 'b' })).toBe(false);
  clock.now += MINUTE;
  expect(await rings()).toBe(1);
});

test('a source is rung for by no other', async () => {
  const { store, clock, deliver } = await place();
  await deliver({ id: '1', digest: 'a' });
  expect(await store.ring('wiki', [{ id: '1', digest: 'a' }], clock.now)).toBe(true);
  expect([(await store.rung('wiki'))?.rings, await store.rung('nothing')]).toEqual([1, undefined]);
});
