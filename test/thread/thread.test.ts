import { describe, expect, onTestFinished, test } from 'vitest';

import { openThread, type Thread } from '../../src/thread/thread.ts';
import type { Order } from './echo.worker.ts';

/** A thread that counts its answers: 1 again means it is another one. */
const aThread = (deadlineMs = 15_000): Thread<Order, number> => {
  const thread = openThread<Order, number, undefined>({
    name: 'echo',
    url: new URL('echo.worker.ts', import.meta.url),
    given: undefined,
    deadlineMs,
  });
  onTestFinished(() => thread.close());
  return thread;
};

const never = new AbortController().signal;

describe('a thread', () => {
  test('answers one question after the other', async () => {
    const thread = aThread();
    const answers = Promise.all([thread.ask('answer', never), thread.ask('answer', never), thread.ask('answer', never)]);
    expect(await answers).toEqual([1, 2, 3]);
  });

  test('passes on an error that can be mended, and lives', async () => {
    const thread = aThread();
    await expect(thread.ask('fail', never)).rejects.toMatchObject({ code: 'unavailable', message: 'Not today.' });
    expect(await thread.ask('answer', never)).toBe(1);
  });

  test('passes on a bug as a bug', async () => {
    const thread = aThread();
    await expect(thread.ask('bug', never)).rejects.toThrow('a bug');
    await expect(thread.ask('bug', never)).rejects.not.toHaveProperty('code');
  });

  test.each<Order>(['exit', 'throw'])(
    'that dies (%s) fails what it was asked, and another one answers the rest',
    async (death) => {
      const thread = aThread();
      expect(await thread.ask('answer', never)).toBe(1);
      const [dying, waiting] = [thread.ask(death, never), thread.ask('answer', never)];
      await expect(dying).rejects.toMatchObject({ code: 'unavailable' });
      expect(await waiting).toBe(1);
    },
  );

  test('that cannot be started fails every question', async () => {
    const thread = openThread({
      name: 'echo',
      url: new URL('nowhere.ts', import.meta.url),
      given: undefined,
      deadlineMs: 15_000,
    });
    await expect(thread.ask('answer', never)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(thread.ask('answer', never)).rejects.toMatchObject({ code: 'unavailable' });
    await thread.close();
  });
});

describe('the deadline', () => {
  test.each<Order>(['hang', 'spin'])('ends a question without an end (%s), and nobody waits behind it', async (endless) => {
    const thread = aThread(1500);
    expect(await thread.ask('answer', never)).toBe(1);
    const stuck = thread.ask(endless, never);
    await expect(stuck).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('1.5 s') });
    expect(await thread.ask('answer', never)).toBe(1);
  });

  test('counts the waiting too', async () => {
    const thread = aThread(300);
    const [stuck, waiting] = [thread.ask('hang', never), thread.ask('answer', never)];
    await Promise.all([
      expect(stuck).rejects.toMatchObject({ code: 'unavailable' }),
      expect(waiting).rejects.toMatchObject({ code: 'unavailable' }),
    ]);
  });

  test('stands for a question whose asker has gone', async () => {
    const thread = aThread(5_000);
    expect(await thread.ask('answer', never)).toBe(1);
    const gone = new AbortController();
    const stuck = thread.ask('hang', gone.signal);
    gone.abort();
    await expect(stuck).rejects.toMatchObject({ code: 'unavailable' });
    await expect(thread.ask('answer', never)).rejects.toMatchObject({ code: 'unavailable' }); // asked at the same time, same deadline
    expect(await thread.ask('answer', never)).toBe(1);
  });
});

describe('an abort', () => {
  test('before the question asks nothing', async () => {
    const thread = aThread();
    await expect(thread.ask('throw', AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' });
    expect(await thread.ask('answer', never)).toBe(1);
  });

  test('takes a question that waits out of the row', async () => {
    const thread = aThread();
    const gone = new AbortController();
    const first = thread.ask('answer', never);
    const second = thread.ask('throw', gone.signal);
    gone.abort();
    await expect(second).rejects.toMatchObject({ code: 'unavailable' });
    expect(await first).toBe(1);
    expect(await thread.ask('answer', never)).toBe(2);
  });

  test('of a question that runs throws its answer away, and the next one gets its own', async () => {
    const thread = aThread();
    const gone = new AbortController();
    const first = thread.ask('answer', gone.signal);
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('cancelled') });
    expect(await thread.ask('answer', never)).toBe(2);
  });
});

describe('closing', () => {
  test('fails what runs, what waits and what comes', async () => {
    const thread = aThread();
    const asked = Promise.allSettled([thread.ask('hang', never), thread.ask('answer', never)]);
    await thread.close();
    const failed = { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) };
    expect(await asked).toEqual([failed, failed]);
    await expect(thread.ask('answer', never)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('twice, or before anything was asked, is fine', async () => {
    const thread = aThread();
    await thread.close();
    await expect(thread.close()).resolves.toBeUndefined();
  });
});
