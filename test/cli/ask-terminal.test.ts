import { PassThrough } from 'node:stream';

import { expect, test } from 'vitest';

import { openApprover } from '../../src/cli/ask-approve.ts';
import { tellAnswer } from '../../src/cli/ask-tell.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import type { Told } from '../../src/openai/told.ts';
import { aStream } from '../support/a-stream.ts';

const URL = 'https://docs.acme.test/\u009b2J\u001b]8;;file:///etc/passwd\u0007here\r\u202emoc';
const HOSTILE = 'Plan\u001b[2J\u009b31m\u0007\rfake\u202egnp.exe\u2066\u001b]8;;https://evil.test\u001b\\';
/** What moves a cursor, colours, links, or turns the direction of writing; the clearing of a line that is ours is taken out. */
// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const OURS = /\r\u001b\[2K/gu; // oxlint-disable-line no-control-regex -- ours

async function* hostileAnswer(): AsyncGenerator<Told> {
  const document = { id: `wiki:${HOSTILE}`, title: HOSTILE, url: URL, fresh: false, updatedAt: HOSTILE };
  yield { kind: 'tools', names: [HOSTILE], gone: [HOSTILE], added: [`${HOSTILE}2`] };
  yield { kind: 'calling', tool: HOSTILE, input: { query: HOSTILE } };
  yield { kind: 'called', tool: HOSTILE, input: HOSTILE, documents: [document] };
  yield { kind: 'called', tool: HOSTILE, input: { a: [HOSTILE] }, documents: [], failed: HOSTILE };
  for (const piece of HOSTILE) yield { kind: 'text', text: piece };
  const citation = { ...document, number: 1 };
  yield { kind: 'ended', answer: { text: HOSTILE, citations: [citation], given: [document], model: HOSTILE } };
}

test.each([80, 7, undefined])(
  'nothing that a model, a tool or a document says steers the terminal (columns: %s)',
  async (columns) => {
    const [stdout, stderr] = [aStream(columns ? { columns } : {}), aStream(columns ? { columns } : {})];
    await tellAnswer(hostileAnswer(), createTerminal({ stdout, stderr, colour: false }));
    for (const stream of [stdout, stderr]) {
      expect(stream.written()).toContain('Plan');
      expect(stream.written().replaceAll(OURS, '')).not.toMatch(STEERS);
    }
  },
);

test('an answer in characters of two cells takes no line twice', async () => {
  const text = '春の予定は四月に決まります。'.repeat(6);
  async function* answer(): AsyncGenerator<Told> {
    for (const piece of text) yield { kind: 'text', text: piece };
    yield { kind: 'ended', answer: { text, citations: [], given: [], model: 'a-model' } };
  }
  const stdout = aStream({ columns: 21 });
  await tellAnswer(answer(), createTerminal({ stdout, stderr: aStream(), colour: false }));
  const shown = stdout.written().split(/\r\u001b\[2K|\n/u); // oxlint-disable-line no-control-regex -- ours
  expect(Math.max(...shown.map((line) => line.length))).toBe(10);
});

test('what a call holds and a terminal does not show is shown by its number before it is approved', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = aStream({ columns: 80 });
  const { err } = createTerminal({ stdout: aStream(), stderr, colour: false });
  const approver = openApprover(stdin, err, AbortSignal.timeout(60_000));
  const approved = approver.approve({
    tool: 'sear\u200bch',
    input: { query: 'pay\u2060 \u{e0041}\u{e0042}now\u00ad', more: '\u202eabc' },
  });
  stdin.end();
  expect(await approved).toBe(false);
  approver.close();
  const written = stderr.written();
  expect(written).toContain(String.raw`call sear\u200bch with`);
  expect(written).toContain(String.raw`"query": "pay\u2060 \udb40\udc41\udb40\udc42now\u00ad"`);
  expect(written).toContain(String.raw`"more": "\u202eabc"`);
});
