import { expect, test } from 'vitest';

import { guardIn, guardMemory } from '../../src/thread/guard.ts';

test('what is protected gives its value, or its error, and may be done again', async () => {
  const guard = guardIn(guardMemory());
  expect(await guard.protect(async () => 1)).toBe(1);
  await expect(guard.protect(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await guard.protect(async () => 2)).toBe(2);
});

test('who seizes waits for what is under way', async () => {
  const memory = guardMemory();
  const under = Promise.withResolvers<string>();
  const order: string[] = [];
  const protectedWork = guardIn(memory)
    .protect(() => under.promise)
    .then((said) => order.push(said));
  const seized = guardIn(memory)
    .seize()
    .then(() => order.push('seized'));
  under.resolve('done');
  await Promise.all([protectedWork, seized]);
  expect(order).toEqual(['done', 'seized']);
});

test('after it was seized nothing begins', async () => {
  const memory = guardMemory();
  await guardIn(memory).seize();
  let begun = false;
  void guardIn(memory).protect(async () => {
    begun = true;
  });
  await guardIn(memory).seize();
  expect(begun).toBe(false);
});
