import { expect, test } from 'vitest';

import { createProgressLine } from '../../src/cli/progress.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { aStream } from '../support/a-stream.ts';

const progressOn = (columns?: number) => {
  const stderr = aStream(columns === undefined ? {} : { columns });
  let time = 0;
  const { err } = createTerminal({ stdout: aStream(), stderr, colour: false });
  const line = createProgressLine(err, () => time);
  return {
    stderr,
    line,
    after: (ms: number) => {
      time += ms;
    },
  };
};

test('a log gets a plain line every few seconds, and none for what is quick', () => {
  const { stderr, line, after } = progressOn();
  for (let step = 1; step <= 12; step += 1) {
    after(1000);
    line.show([`${step} read`]);
  }
  line.done();
  expect(stderr.written()).toBe('5 read\n10 read\n');
});

test('a terminal is repainted, and left clean', () => {
  const { stderr, line, after } = progressOn(40);
  line.show(['too soon']);
  after(100);
  line.show(['1 read']);
  after(10);
  line.show(['too soon']);
  after(100);
  line.show(['2 read']);
  line.done();
  expect(stderr.written()).toBe('1 read\r\u001b[2K2 read\r\u001b[2K');
});
