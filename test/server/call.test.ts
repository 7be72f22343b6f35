import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { AuditEvent } from '../../src/core/audit.ts';
import type { Caller, TokenScope } from '../../src/core/caller.ts';
import { AppError } from '../../src/core/errors.ts';
import { type ClientPolicy, NO_POLICY } from '../../src/core/policy.ts';
import { defineTool, type ToolAnswer } from '../../src/core/tool.ts';
import type { View } from '../../src/core/view.ts';
import { type Call, type CallParts, createCall } from '../../src/server/call.ts';
import { NO_WRITES } from '../support/no-writes.ts';

const BASIS = { version: 1, epoch: 1, databaseId: 'd-1' };
const CALLER: Caller = {
  identity: { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' },
  client: 'test',
  scopes: ['read'],
};
const VIEW: View = {
  search: async () => Promise.reject(new Error('not asked here')),
  fetch: async () => Promise.reject(new Error('not asked here')),
  explain: async () => Promise.reject(new Error('not asked here')),
  sources: async () => Promise.reject(new Error('not asked here')),
  ...NO_WRITES,
};

/** A tool that gives what it is told to. */
const giving = (run: () => Promise<ToolAnswer<{ said: string }>>, scope: TokenScope) =>
  defineTool({
    name: 'tell',
    title: 'Tell',
    description: 'Tells.',
    input: z.strictObject({ id: z.string() }),
    output: z.object({ said: z.string() }),
    scope,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    run,
  });

const ANSWER: ToolAnswer<{ said: string }> = {
  output: { said: 'in spring' },
  documents: [{ id: 'wiki:plan', content: 'ab', acl: 7 }],
  basis: BASIS,
};
const missing = (why: 'absent' | 'refused'): ToolAnswer<{ said: string }> => ({ missing: why, basis: BASIS });

interface Given {
  readonly scope?: TokenScope;
  readonly policy?: ClientPolicy;
  readonly secrets?: readonly string[];
  readonly run?: () => Promise<ToolAnswer<{ said: string }>>;
  readonly record?: CallParts['audit']['record'];
}

const calling = ({ run = async () => ANSWER, record, scope = 'read', policy = NO_POLICY, secrets = [] }: Given = {}) => {
  const audited: AuditEvent[] = [];
  const bugs: unknown[] = [];
  const call = createCall({
    tools: [{ ...giving(run, scope), secrets }],
    audit: { record: record ?? (async (event) => void audited.push(event)) },
    viewOf: () => VIEW,
    policyOf: () => policy,
    cursors: () => () => {
      throw new Error('no cursor is asked for here');
    },
    now: () => 5,
    rules: 'cd'.repeat(32),
    requestId: () => 'r-1',
    onBug: (error) => bugs.push(error),
  });
  const ask = (input: unknown = { id: 'wiki:plan' }, caller = CALLER, tool = 'tell'): ReturnType<Call> =>
    call(tool, input, async () => caller, new AbortController().signal);
  return { ask, audited, bugs };
};

describe('an answer', () => {
  test('leaves with a row that says who asked, what was shown and what that rested on', async () => {
    const { ask, audited } = calling();
    expect(await ask()).toEqual({ output: { said: 'in spring' } });
    expect(audited).toEqual([
      {
        at: 5,
        request: 'r-1',
        who: 'local|ada@acme.test',
        email: 'ada@acme.test',
        client: 'test',
        tool: 'tell',
        arguments: { id: 'wiki:plan' },
        rules: 'cd'.repeat(32),
        documents: [{ id: 'wiki:plan', content: 'ab', acl: 7 }],
        basis: BASIS,
        outcome: 'answered',
      },
    ]);
  });

  test('leaves no secret in its row, of whichever tool that is', async () => {
    const { ask, audited } = calling({ secrets: ['confirmation'] });
    for (const [tool, input] of [
      ['tell', { id: 'wiki:plan', confirmation: 'word' }],
      ['tel', { confirmation: 'word' }],
      ['tell', { confirmation: { word: 'word' } }],
    ] as const)
      await ask(input, CALLER, tool);
    const kept = `sha256:${createHash('sha256').update('word').digest('hex')}`;
    expect(audited.map((row) => row.arguments)).toEqual([
      { id: 'wiki:plan', confirmation: kept },
      { confirmation: kept },
      { confirmation: 'no text' },
    ]);
  });

  test('waits until its row is on disk', async () => {
    const order: string[] = [];
    const disk = Promise.withResolvers<void>();
    const { ask } = calling({
      run: async () => {
        setImmediate(() => {
          order.push('on disk');
          disk.resolve();
        });
        return ANSWER;
      },
      record: () => disk.promise,
    });
    await ask().then(() => order.push('answered'));
    expect(order).toEqual(['on disk', 'answered']);
  });

  test('stays where its row cannot be written', async () => {
    const { ask } = calling({ record: async () => Promise.reject(new AppError('unavailable', 'The disk is full.')) });
    expect(await ask()).toEqual({ error: { code: 'unavailable', message: 'The disk is full.', retry: true } });
  });
});

describe('a refusal', () => {
  test('sounds like an absence, and only the audit tells them apart', async () => {
    const [absent, refused] = [calling({ run: async () => missing('absent') }), calling({ run: async () => missing('refused') })];
    const heard = await absent.ask();
    expect(heard).toMatchObject({ error: { code: 'not_found' } });
    expect(await refused.ask()).toEqual(heard);
    expect([...absent.audited, ...refused.audited].map(({ outcome }) => outcome)).toEqual(['absent', 'refused']);
  });

  test('meets a caller without the scope before anything is looked at', async () => {
    const { ask, audited, bugs } = calling({ run: async () => Promise.reject(new Error('was looked at')) });
    expect(await ask({ id: 'wiki:plan' }, { ...CALLER, scopes: [] })).toMatchObject({ error: { code: 'forbidden' } });
    expect(audited).toMatchObject([{ outcome: 'forbidden', documents: [] }]);
    expect(bugs).toEqual([]);
  });

  test('hides from a client what its policy does not offer, before its scopes are looked at', async () => {
    const policy: ClientPolicy = { ...NO_POLICY, writes: 'forbid' };
    const forbidden = calling({ scope: 'write', policy, run: async () => Promise.reject(new Error('was looked at')) });
    const unknown = calling();
    const writer: Caller = { ...CALLER, scopes: ['read', 'write'] };
    for (const caller of [CALLER, writer]) {
      const heard = JSON.stringify(await forbidden.ask({ id: 'wiki:plan' }, caller));
      expect(heard).toBe(JSON.stringify(await unknown.ask({ id: 'wiki:plan' }, caller, 'sudo')).replace('sudo', 'tell'));
    }
    expect(forbidden.audited.map(({ outcome }) => outcome)).toEqual(['forbidden', 'forbidden']);
    expect(unknown.audited.map(({ outcome }) => outcome)).toEqual(['invalid_input', 'invalid_input']);
    expect(forbidden.bugs).toEqual([]);
  });

  test.each(['auto', 'confirm', 'approve'] as const)('is not what writes: %s means for a tool that writes', async (writes) => {
    const { ask } = calling({ scope: 'write', policy: { ...NO_POLICY, writes } });
    expect(await ask({ id: 'wiki:plan' }, { ...CALLER, scopes: ['write'] })).toEqual({ output: { said: 'in spring' } });
    expect(await ask({ id: 'wiki:plan' }, CALLER)).toMatchObject({ error: { code: 'forbidden' } });
  });

  test('of writes leaves what only reads', async () => {
    expect(await calling({ policy: { ...NO_POLICY, writes: 'forbid' } }).ask()).toEqual({ output: { said: 'in spring' } });
  });

  test.each([
    ['an input that does not fit', { id: 7 }, 'tell'],
    ['an input with more than is known', { id: 'a', as: 'bob' }, 'tell'],
    ['a tool that is not there', {}, 'sudo'],
  ])('of %s is recorded too', async (_, input, tool) => {
    const { ask, audited } = calling();
    expect(await ask(input, CALLER, tool)).toMatchObject({ error: { code: 'invalid_input', retry: false } });
    expect(audited).toMatchObject([{ outcome: 'invalid_input', arguments: input, tool }]);
  });
});

describe('a bug', () => {
  test('shows nothing of itself but the request it killed', async () => {
    const bug = new TypeError('row 17 of executive-pay is undefined');
    const { ask, audited, bugs } = calling({ run: async () => Promise.reject(bug) });
    const heard = JSON.stringify(await ask());
    expect(heard).toContain('r-1');
    expect(heard).not.toContain('executive-pay');
    expect(audited).toMatchObject([{ outcome: 'unavailable', documents: [] }]);
    expect(bugs).toEqual([bug]);
  });
});
