import { expect, test } from 'vitest';

import { createInterrupt } from '../../src/cli/interrupt.ts';

const pressed = (at: readonly number[]): { aborted: boolean; quits: number } => {
  let time = 0;
  let quits = 0;
  const { signal, request } = createInterrupt({
    now: () => time,
    quit: () => {
      quits += 1;
    },
  });
  for (time of at) request();
  return { aborted: signal.aborted, quits };
};

test('nothing stops that nobody asked to stop', () => {
  expect(pressed([])).toEqual({ aborted: false, quits: 0 });
});

test('the first Ctrl-C stops in good order', () => {
  expect(pressed([0])).toEqual({ aborted: true, quits: 0 });
});

test('the same keystroke, handed down by the launcher as well, counts once', () => {
  expect(pressed([0, 40])).toEqual({ aborted: true, quits: 0 });
});

test('the second Ctrl-C stops at once', () => {
  expect(pressed([0, 40, 800])).toEqual({ aborted: true, quits: 1 });
});
