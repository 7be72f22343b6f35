import { expect, test, vi } from 'vitest';

import { ringOnChange } from '../../src/cli/ring-on-change.ts';
import { AppError } from '../../src/core/errors.ts';

/** A source at a place, and somebody who listens for what is new there. */
const listening = (awaitChange: (cursor: unknown) => Promise<void>) => {
  const abort = new AbortController();
  const told: string[] = [];
  const state = { cursor: undefined as unknown, rings: 0 };
  const listened = ringOnChange({
    bell: { ring: () => (state.rings += 1) },
    cursor: async () => state.cursor,
    awaitChange: async (cursor) => {
      await new Promise((resolve) => setTimeout(resolve, 10)); // whoever does not stop is given time to be seen
      await awaitChange(cursor);
    },
    tell: (what) => void told.push(what),
    signal: abort.signal,
  });
  return {
    state,
    told,
    end: async () => {
      abort.abort();
      await listened;
    },
  };
};

test('nothing is waited for before a first run, and then each place rings once', async () => {
  const asked: unknown[] = [];
  const { state, end } = listening(async (cursor) => void asked.push(cursor));
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(asked).toEqual([]);
  state.cursor = { lsn: '0/1' };
  await vi.waitUntil(() => state.rings === 1);
  await new Promise((resolve) => setTimeout(resolve, 250)); // a run that failed leaves the cursor where it was
  expect([asked, state.rings]).toEqual([[{ lsn: '0/1' }], 1]);
  state.cursor = { lsn: '0/2' };
  await vi.waitUntil(() => state.rings === 2);
  await end();
});

test('a source that cannot be asked is told once, and asked again', async () => {
  let times = 0;
  const { state, told, end } = listening(async () => {
    times += 1;
    if (times < 2) throw new AppError('source_unavailable', 'It is away.');
  });
  state.cursor = 1;
  await vi.waitUntil(() => state.rings === 1, { timeout: 5_000 });
  expect([told, times]).toEqual([['It is away.'], 2]);
  await end();
});
