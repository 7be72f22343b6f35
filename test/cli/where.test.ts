import { describe, expect, test } from 'vitest';

import { conditionOf } from '../../src/cli/where-option.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { aStream } from '../support/a-stream.ts';
import { partsWith } from '../support/some-parts.ts';

test.each<[string, object]>([
  ['status=open', { field: 'status', is: 'open' }],
  [' status = in progress ', { field: 'status', is: 'in progress' }],
  ['status=a=b>=c', { field: 'status', is: 'a=b>=c' }],
  ['assignee=', { field: 'assignee', is: null }],
  ['amount=3', { field: 'amount', is: 3 }],
  ['amount>=1e3', { field: 'amount', from: 1000 }],
  ['amount<=-0.5', { field: 'amount', to: -0.5 }],
  ['amount>=much', { field: 'amount', from: 'much' }],
  ['priority=1', { field: 'priority', is: '1' }],
  ['due_at<=2026-03-31', { field: 'due_at', to: '2026-03-31' }],
  ['colour=red', { field: 'colour', is: 'red' }],
])('%j is a condition', (text, condition) => {
  expect(conditionOf(text)).toEqual([condition]);
});

test.each(['', 'status', 'status:open', '=open', 'status>open', 'a b=c', 'STATUS=open'])(
  '%j is none, and what is one is said',
  (text) => {
    expect(() => conditionOf(text)).toThrow('Give a field, one of = >= <=, and a value');
  },
);

describe('castellan search --where', () => {
  test('asks the tool in its own words, without a query, too', async () => {
    const { asked } = await search('--where', 'status=open', '--where', 'amount>=5', '--limit', '3');
    expect(asked).toEqual([{ where: [{ field: 'status', is: 'open' }, { field: 'amount', from: 5 }], limit: 3 }]); // prettier-ignore
    expect((await search('plan', '--where', 'status=open')).asked).toEqual([{ query: 'plan', where: [{ field: 'status', is: 'open' }] }]); // prettier-ignore
  });

  test('shows the fields that were asked about, and that not all is listed', async () => {
    const { code, stdout, stderr } = await search('--where', 'status=open');
    expect([code, stdout]).toEqual([0, expect.stringContaining('   status open   due_at none\n')]);
    expect(stderr).toBe('More meets this than can be listed: narrow it.\n');
  });

  test('prints the answer as it is with --json', async () => {
    expect(JSON.parse((await search('--where', 'status=open', '--json')).stdout)).toEqual(ANSWER);
  });
});

const ANSWER = {
  results: [
    {
      id: 'crm:1',
      title: 'Alpha',
      url: 'https://crm.acme.test/1',
      text: 'Spring offer.',
      metadata: {
        type: 'deal',
        updated_at: '2026-01-02T03:04:05.000Z',
        fresh: true,
        semantic: 'ready',
        fields: { status: 'open', due_at: null },
      },
    },
  ],
  partial: true,
};

/** Runs the command, and remembers what the tool was asked. */
const search = async (...argv: readonly string[]) => {
  const [stdout, stderr] = [aStream(), aStream()];
  const asked: unknown[] = [];
  const parts = partsWith({
    openDesk: async () => ({
      ask: async ({ input }) => {
        asked.push(input);
        return { output: ANSWER };
      },
      identify: async () => undefined,
      serve: async () => undefined,
      overdue: async () => [],
      pending: async () => [],
      decide: async () => undefined,
      uncertain: async () => [],
      settle: () => Promise.reject(new Error('nothing is settled here')),
      link: async () => '',
      close: async () => undefined,
    }),
  });
  const terminal = createTerminal({ stdout, stderr, colour: false });
  const code = await runProgram(['search', ...argv, '--as', 'ada@acme.test'], {
    parts,
    terminal,
    signal: new AbortController().signal,
  });
  return { code, asked, stdout: stdout.written(), stderr: stderr.written() };
};
