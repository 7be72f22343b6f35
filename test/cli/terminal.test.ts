import { Writable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { createTerminal, look, printable } from '../../src/cli/terminal.ts';
import { aStream } from '../support/a-stream.ts';

const RED = '\u001b[31m';
const HOSTILE = 'Plan\u001b[2J\u009b31m\u0007\r\nfake line\u202Egnp.exe\u2066';

const painted = (columns: number | undefined, colour: boolean): string => {
  const stdout = aStream(columns === undefined ? {} : { columns });
  createTerminal({ stdout, stderr: aStream(), colour }).out.line(look('red', 'no'));
  return stdout.written();
};

describe('a line', () => {
  test('goes to its own stream', () => {
    const { stdout, stderr } = { stdout: aStream(), stderr: aStream() };
    const terminal = createTerminal({ stdout, stderr, colour: true });
    terminal.out.line('a result');
    terminal.err.line('a word beside it');
    expect([stdout.written(), stderr.written()]).toEqual(['a result\n', 'a word beside it\n']);
  });

  test('has colour on a terminal only, and only where the environment allows it', () => {
    expect(painted(80, true)).toContain(RED);
    expect(painted(80, false)).toBe('no\n');
    expect(painted(undefined, true)).toBe('no\n');
  });

  test.each([false, true])('lets no text of a document steer the terminal (terminal: %s)', (terminal) => {
    const stdout = aStream(terminal ? { columns: 80 } : {});
    createTerminal({ stdout, stderr: aStream(), colour: false }).out.line('title: ', look('bold', HOSTILE));
    expect(stdout.written()).toBe('title: Plan�[2J�31m���fake line�gnp.exe�\n');
  });

  test('keeps a tab, marks and scripts of every direction', () => {
    expect(printable('a\tb é שלום 你好')).toBe('a\tb é שלום 你好');
  });
});

describe('JSON', () => {
  test('is one line that reads back as it was, and holds no character that steers', () => {
    const stdout = aStream();
    createTerminal({ stdout, stderr: aStream(), colour: false }).out.json({ title: HOSTILE });
    expect(JSON.parse(stdout.written())).toEqual({ title: HOSTILE });
    expect(stdout.written().trimEnd()).toMatch(/^[\x20-\x7e]+$/u);
  });
});

describe('a status', () => {
  test('is repainted in place, cut to the width, and gone before the next line', () => {
    const stderr = aStream({ columns: 12 });
    const { err } = createTerminal({ stdout: aStream(), stderr, colour: false });
    err.status(['handbook   1,204 read']);
    err.status([look('cyan', 'done')]);
    err.line('a problem');
    expect(stderr.written()).toBe('handbook   \r\u001b[2Kdone\r\u001b[2Ka problem\n');
  });

  test.each([
    ['of East Asia', '春の予定は四月です', '春の予定は'],
    ['of full width', 'ＡＢＣＤＥＦＧ', 'ＡＢＣＤＥ'],
    ['that are pictures', '🙂🙂🙂🙂🙂🙂', '🙂🙂🙂🙂🙂'],
    ['with a tab', 'a\tspring', 'a\tsp'],
    ['with marks above them', 'e\u0301'.repeat(20), 'e\u0301'.repeat(11)],
  ])('takes one line by characters %s, so that it can be taken away', (_, text, shown) => {
    const stderr = aStream({ columns: 12 });
    createTerminal({ stdout: aStream(), stderr, colour: false }).err.status([text, ' and more']);
    expect(stderr.written().startsWith(shown)).toBe(true);
    expect(stderr.written().slice(shown.length)).toMatch(/^ ?$/u);
  });

  test('fits a terminal that says it is 0 wide', () => {
    const stderr = aStream({ columns: 0 });
    const { err } = createTerminal({ stdout: aStream(), stderr, colour: false });
    err.status(['handbook   1,204 read']);
    expect([stderr.written(), err.columns]).toEqual(['handbook   1,204 read', 80]);
  });

  test('is never written to a pipe', () => {
    const stderr = aStream();
    const { err } = createTerminal({ stdout: aStream(), stderr, colour: true });
    err.status(['handbook']);
    err.status(undefined);
    expect(stderr.written()).toBe('');
  });
});

test('a reader that hangs up ends nothing but the writing', async () => {
  const stdout = new Writable({
    write: (_, __, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const { out } = createTerminal({ stdout, stderr: aStream(), colour: false });
  out.line('one');
  await new Promise((resolve) => stdout.once('close', resolve));
  expect(() => out.line('two')).not.toThrow();
});
