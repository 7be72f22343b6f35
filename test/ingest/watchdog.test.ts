import { expect, onTestFinished, test, vi } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { aSync } from '../support/a-sync.ts';
import { anIndex } from '../support/an-index.ts';
import { aDocument } from '../support/builders.ts';

const MINUTE = 60_000;

/** Minutes pass when a test says so. */
const stoppedTime = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
};

/** Lets minutes pass until that is over. */
const passing = async <T>(over: Promise<T>): Promise<T> => {
  const ended = over.then(() => true);
  for (;;) if (await Promise.race([ended, vi.advanceTimersByTimeAsync(MINUTE).then(() => false)])) return over;
};

const waited = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 12 * MINUTE));

const told = (key: string): Change<number> => ({ type: 'document', document: aDocument({ key }) });

test('a run whose source says nothing more, and does not listen, is given up, recorded, and lets go of the source', async () => {
  stoppedTime();
  const { store } = await anIndex();
  const stuck = Promise.withResolvers<void>();
  const run = aSync(store, async function* () {
    yield told('a');
    stuck.resolve();
    await new Promise(() => undefined);
  });
  await stuck.promise;
  await vi.advanceTimersByTimeAsync(14 * MINUTE);
  expect((await store.status(['wiki']))[0]).toMatchObject({ running: true, documents: 1 });
  const end = await passing(run);
  expect(end).toMatchObject({
    status: 'failed',
    counts: { read: 1 },
    problems: [{ message: expect.stringContaining('15 minutes') }],
  });
  expect((await store.status(['wiki']))[0]).toMatchObject({ running: false, lastRun: { status: 'failed' } });
  expect((await aSync(store, [told('b')])).status).toBe('complete');
});

test('a run that goes on is never cut, however long it takes, by what it says or by what it asks', async () => {
  stoppedTime();
  const { store } = await anIndex();
  const run = aSync(store, async function* ({ fetch }) {
    for (let hour = 0; hour < 6; hour += 1) {
      await waited();
      yield told(`a${hour}`);
    }
    for (let hour = 0; hour < 6; hour += 1) {
      await waited();
      await fetch('https://wiki.acme.test/').catch(() => undefined); // it was answered, though by a refusal
    }
    yield told('b');
  });
  expect(await passing(run)).toMatchObject({ status: 'complete', counts: { read: 7 } });
});
