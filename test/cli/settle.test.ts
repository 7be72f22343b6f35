import { PassThrough } from 'node:stream';

import { expect, test } from 'vitest';

import type { Desk } from '../../src/cli/desk.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import type { Concluded } from '../../src/core/proposal.ts';
import type { Pending } from '../../src/writes/writes.ts';
import { aPerson } from '../support/a-person.ts';
import { aProposal } from '../support/a-proposal.ts';
import { aStream } from '../support/a-stream.ts';
import { partsWith } from '../support/some-parts.ts';

const NOW = Date.UTC(2026, 0, 2);
const anUncertain = (id: string): Pending => ({
  ...aProposal({ id }),
  who: 'idp|ada',
  client: 'desk',
  state: 'uncertain',
  at: NOW - 3_600_000,
});
const unused = () => Promise.reject(new Error('not for this command'));

/** Runs the command where two writes are uncertain. */
const settle = async (
  argv: readonly string[],
  { typed, known, all = [anUncertain('3f2a'), anUncertain('77b0')] }: { typed?: readonly string[]; known?: Concluded; all?: readonly Pending[] } = {}, // prettier-ignore
) => {
  const { stdin, stderr } = typed ? aPerson(typed) : { stdin: new PassThrough().end(), stderr: aStream() };
  const stdout = aStream();
  const said: unknown[] = [];
  const desk: Desk = {
    ask: unused,
    identify: unused,
    serve: unused,
    overdue: unused,
    pending: unused,
    decide: unused,
    link: unused,
    uncertain: async () => all,
    settle: async (id, written) => {
      said.push([id, written]);
      return known ?? { outcome: written ? 'done' : 'absent', word: 'person' };
    },
    close: async () => undefined,
  };
  const parts = partsWith({ stdin, now: () => NOW, openDesk: async () => desk });
  const code = await runProgram(['settle', ...argv], {
    parts,
    terminal: createTerminal({ stdout, stderr, colour: false }),
    signal: new AbortController().signal,
  });
  return { code, said, stdout: stdout.written(), stderr: stderr.written() };
};

test('what is uncertain is listed, with what would have been written', async () => {
  const { code, stdout, said } = await settle([]);
  expect([code, said]).toEqual([0, []]);
  expect(stdout).toContain('3f2a   idp|ada through desk, proposed 60 min ago\n  wiki.edit in handbook: Plan\n');
  expect(stdout).toContain('    + autumn\n');
  expect(await settle([], { all: [] })).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing is uncertain.\n' });
});

test('a word in an option is taken without a question', async () => {
  expect(await settle(['3f', '--written'])).toMatchObject({ code: 0, said: [['3f2a', true]], stdout: 'written   3f2a\n' });
  expect(await settle(['3f', '--absent'])).toMatchObject({ code: 0, said: [['3f2a', false]], stdout: 'not written   3f2a\n' });
  expect(JSON.parse((await settle(['3f', '--absent', '--json'])).stdout)).toEqual({
    proposal: '3f2a',
    outcome: 'absent',
    word: 'person',
  });
});

test('at the terminal each answer is asked for by itself, and whoever is sure of neither settles nothing', async () => {
  expect(await settle(['3f2a'], { typed: ['y'] })).toMatchObject({ code: 0, said: [['3f2a', true]] });
  expect(await settle(['3f2a'], { typed: ['n', 'y'] })).toMatchObject({ code: 0, said: [['3f2a', false]] });
  for (const typed of [['n', 'n'], ['', ''], []]) {
    expect(await settle(['3f2a'], { typed })).toMatchObject({ code: 2, said: [] });
  }
  expect(await settle(['3f2a'])).toMatchObject({ code: 2, said: [], stderr: expect.stringContaining('terminal') });
});

test('where its source knows by now, that is said', async () => {
  const { stdout, stderr } = await settle(['3f2a', '--absent'], { known: { outcome: 'done', word: 'source' } });
  expect([stdout, stderr]).toEqual([
    'written   3f2a\n',
    expect.stringContaining('That is what handbook says: it knows by now.\n'),
  ]);
});

test.each([
  ['both words', ['3f2a', '--written', '--absent'], 2],
  ['a word about nothing', ['--written'], 2],
  ['one that is not uncertain', ['aa', '--written'], 1],
  ['more than one', ['', '--written'], 2],
] as const)('%s settles nothing', async (_, argv, code) => {
  expect(await settle(argv)).toMatchObject({ code, said: [], stdout: '' });
});
