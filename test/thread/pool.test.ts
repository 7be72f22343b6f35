import { describe, expect, onTestFinished, test } from 'vitest';

import { openPool, type Pool } from '../../src/thread/pool.ts';
import type { Order, Said } from './pooled.worker.ts';

const never = new AbortController().signal;

const aPool = (size: number, deadlineMs = 15_000): Pool<Order, Said> => {
  const url = new URL('pooled.worker.ts', import.meta.url);
  const pool = openPool<Order, Said, undefined>({ name: 'echo', url, given: undefined, deadlineMs, size });
  onTestFinished(() => pool.close());
  return pool;
};

/** A place where threads wait until they are let go. */
const aGate = () => {
  const at = new SharedArrayBuffer(4);
  const open = (): void => {
    const cell = new Int32Array(at);
    Atomics.store(cell, 0, 1);
    Atomics.notify(cell, 0);
  };
  onTestFinished(open);
  return { at, open };
};

const asker =
  (pool: Pool<Order, Said>, caller: string, order: string[] = []) =>
  async (work: Order['work'], say = caller, at?: SharedArrayBuffer): Promise<Said> => {
    const said = await pool.ask({ work, say, ...(at && { at }) }, { caller, signal: never });
    order.push(said.say);
    return said;
  };

describe('a pool', () => {
  test('gives every question its own answer, however many ask at once', async () => {
    const pool = aPool(3);
    const asked = Array.from({ length: 300 }, (_, at) => ({ caller: `c${at % 7}`, say: String(at) }));
    const answers = await Promise.all(asked.map(({ caller, say }) => asker(pool, caller)('answer', say)));
    expect(answers.map(({ say }) => say)).toEqual(asked.map(({ say }) => say));
    expect(new Set(answers.map(({ thread }) => thread)).size).toBe(3);
  });

  test('of one thread answers one after the other', async () => {
    const pool = aPool(1);
    const order: string[] = [];
    const ask = asker(pool, 'ada', order);
    await Promise.all([ask('answer', '1'), ask('answer', '2'), ask('answer', '3')]);
    expect(order).toEqual(['1', '2', '3']);
  });

  test('passes on an error that can be mended, to whom it belongs', async () => {
    const pool = aPool(2);
    const [failed, answered] = await Promise.allSettled([asker(pool, 'ada')('fail'), asker(pool, 'bob')('answer')]);
    expect(failed).toMatchObject({ reason: { code: 'unavailable', message: 'Not today.' } });
    expect(answered).toMatchObject({ value: { say: 'bob' } });
  });
});

describe('one who asks much', () => {
  test.each([
    [2, 1],
    [3, 2],
    [4, 2],
  ])('of %i threads occupies %i, and all others are answered meanwhile', async (size, share) => {
    const pool = aPool(size);
    const gate = aGate();
    const order: string[] = [];
    const greedy = asker(pool, 'mallory', order);
    const held = Array.from({ length: 20 }, () => greedy('wait', 'mallory', gate.at));
    const others = ['ada', 'bob', 'carol'].map((name) => asker(pool, name, order)('answer'));
    const threads = new Set((await Promise.all(others)).map(({ thread }) => thread));
    expect(order).toHaveLength(3);
    expect(threads.size).toBeLessThanOrEqual(size - share);
    gate.open();
    expect(new Set((await Promise.all(held)).map(({ thread }) => thread)).size).toBe(share);
  });

  test('stands behind those who came later, one question a turn', async () => {
    const pool = aPool(1);
    const gate = aGate();
    const order: string[] = [];
    const first = asker(pool, 'dan', order)('wait', 'first', gate.at);
    const [ada, bob] = [asker(pool, 'ada', order), asker(pool, 'bob', order)];
    const all = [ada('answer', 'a1'), ada('answer', 'a2'), ada('answer', 'a3'), bob('answer', 'b1'), bob('answer', 'b2')];
    gate.open();
    await Promise.all([first, ...all]);
    expect(order).toEqual(['first', 'a1', 'b1', 'a2', 'b2', 'a3']);
  });

  test('is refused when a thousand of theirs wait, and nobody else is', async () => {
    const pool = aPool(2);
    const gate = aGate();
    const held = asker(pool, 'mallory')('wait', 'm', gate.at);
    const waiting = Array.from({ length: 1000 }, () => asker(pool, 'mallory')('answer'));
    await expect(asker(pool, 'mallory')('answer')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Too many'),
    });
    expect(await asker(pool, 'ada')('answer')).toMatchObject({ say: 'ada' });
    gate.open();
    await Promise.all([held, ...waiting]);
  });
});

describe('a thread of a pool', () => {
  test('that spins is given up at the deadline, and the others keep answering', async () => {
    const pool = aPool(2, 1500);
    await Promise.all([asker(pool, 'ada')('answer'), asker(pool, 'mallory')('answer')]);
    const spun = Promise.allSettled([asker(pool, 'mallory')('spin'), asker(pool, 'mallory')('answer')]);
    const answers: Said[] = [];
    for (let at = 0; at < 50; at++) answers.push(await asker(pool, 'ada')('answer'));
    expect(new Set(answers.map(({ thread }) => thread)).size).toBe(1);
    const late = { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('1.5 s') }) };
    expect(await spun).toEqual([late, late]);
    expect(await asker(pool, 'mallory')('answer')).toMatchObject({ say: 'mallory' });
  });

  test('that dies fails the question it had, and no other', async () => {
    const pool = aPool(2);
    const [died, ...rest] = await Promise.allSettled([
      asker(pool, 'mallory')('exit'),
      ...Array.from({ length: 10 }, () => asker(pool, 'ada')('answer')),
      asker(pool, 'mallory')('answer'),
    ]);
    expect(died).toMatchObject({ reason: { code: 'unavailable' } });
    expect(rest.map(({ status }) => status)).toEqual(rest.map(() => 'fulfilled'));
  });
});

describe('an abort', () => {
  test('takes a question out of the row, and leaves a thread that works to its work', async () => {
    const pool = aPool(1);
    const gate = aGate();
    const gone = new AbortController();
    const asking = { caller: 'ada', signal: gone.signal };
    const works = pool.ask({ work: 'wait', say: 'w', at: gate.at }, asking);
    const waits = pool.ask({ work: 'exit', say: 'x' }, asking);
    gone.abort();
    const cancelled = { code: 'unavailable', message: expect.stringContaining('cancelled') };
    await Promise.all([expect(works).rejects.toMatchObject(cancelled), expect(waits).rejects.toMatchObject(cancelled)]);
    const next = asker(pool, 'bob')('answer');
    gate.open();
    expect(await next).toMatchObject({ say: 'bob' });
    await expect(pool.ask({ work: 'answer', say: '' }, { caller: 'ada', signal: AbortSignal.abort() })).rejects.toMatchObject(
      cancelled,
    );
  });
});

test('closing fails what works, what waits and what comes', async () => {
  const pool = aPool(2);
  const gate = aGate();
  const asked = Promise.allSettled(Array.from({ length: 5 }, () => asker(pool, 'ada')('wait', 'w', gate.at)));
  await pool.close();
  const failed = { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) };
  expect(await asked).toEqual([failed, failed, failed, failed, failed]);
  await expect(asker(pool, 'ada')('answer')).rejects.toMatchObject({ code: 'unavailable' });
});
