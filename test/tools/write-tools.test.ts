import { describe, expect, test } from 'vitest';

import type { Confirmable, Made, Proposal, ProposeRequest } from '../../src/core/proposal.ts';
import { commitWriteTool } from '../../src/tools/commit-write.ts';
import { linesOf } from '../../src/core/proposal-lines.ts';
import { proposeWriteTool } from '../../src/tools/propose-write.ts';
import { toolContract } from '../contracts/tool.ts';
import { aProposal } from '../support/a-proposal.ts';
import { aContext, aView, basis } from '../support/a-view.ts';

const confirmable = (given: Partial<Proposal> = {}): Confirmable => ({
  proposal: aProposal(given),
  confirmation: 'c'.repeat(64),
});
const RECEIPT = { key: 'plan', url: 'https://wiki.acme.test/plan', before: 'r1', after: 'r2' };
const done: Made = { committed: { outcome: 'done', proposal: 'p1', receipt: RECEIPT, document: 'handbook:plan' }, basis };

const proposing = (given: Partial<Proposal> = {}) => {
  const asked: ProposeRequest[] = [];
  const view = {
    ...aView(),
    propose: async (request: ProposeRequest, signal: AbortSignal) => {
      signal.throwIfAborted();
      asked.push(request);
      return { ...confirmable(given), documents: [], basis };
    },
  };
  return { view, asked };
};
const committing = (made: Made) => ({
  ...aView(),
  commit: async (_: string, __: unknown, signal: AbortSignal) => {
    signal.throwIfAborted();
    return made;
  },
});
const proposed = async (given: Partial<Proposal>) => {
  const answer = await proposeWriteTool.run({ action: 'wiki.edit', input: {} }, aContext(proposing(given).view));
  return 'output' in answer ? answer.output : answer;
};
const committed = async (made: Made) => {
  const answer = await commitWriteTool.run({ confirmation: 'c' }, aContext(committing(made)));
  return 'output' in answer ? answer.output : answer;
};

toolContract(proposeWriteTool, { input: { action: 'wiki.edit', input: {} }, view: proposing().view, documents: [] });
toolContract(commitWriteTool, { input: { confirmation: 'c' }, view: committing(done), documents: [] });

describe('a proposal', () => {
  test('is shown as it is to be written, with the word that writes it', async () => {
    expect(await proposed({})).toEqual({
      proposal: 'p1',
      action: 'wiki.edit',
      source: 'handbook',
      id: 'handbook:plan',
      target: 'Plan',
      changes: [{ field: 'text', before: 'spring', after: 'autumn' }],
      read_by: 'everyone in the organisation',
      wider: false,
      warnings: [],
      needs: 'confirm',
      next: 'Show this to the person, then call commit_write: they are asked outside of this conversation.',
      confirmation: 'c'.repeat(64),
      expires_at: '2026-01-02T03:04:05.000Z',
    });
  });

  test('asks for what it was given, and nothing else', async () => {
    const { view, asked } = proposing();
    await proposeWriteTool.run({ action: 'a', target: 't', input: { x: 1 }, idempotency_key: 'k' }, aContext(view));
    await proposeWriteTool.run({ action: 'a', input: {} }, aContext(view));
    expect(asked).toEqual([
      { action: 'a', target: 't', input: { x: 1 }, idempotencyKey: 'k' },
      { action: 'a', input: {} },
    ]);
  });

  test('of a target that is not there is nothing, whyever', async () => {
    for (const missing of ['absent', 'refused'] as const) {
      const view = { ...aView(), propose: async () => ({ missing, basis }) };
      expect(await proposeWriteTool.run({ action: 'a', input: {} }, aContext(view))).toEqual({ missing, basis });
    }
  });

  test('names the documents that more people could read it than', async () => {
    expect(await proposed({ exposed: [{ id: 'handbook:pay', at: 1 }], needs: 'approve' })).toMatchObject({
      wider: true,
      exposes: ['handbook:pay'],
      needs: 'approve',
    });
  });

  test('cuts what is long, and says so', async () => {
    const many = Array.from({ length: 25 }, (_, n) => ({ field: `f${n}`, after: 'x'.repeat(5_000) }));
    const shown = await proposed({ changes: many, warnings: ['w'.repeat(9_000)], target: 't'.repeat(9_000) });
    expect(shown).toMatchObject({ more_changes: 5 });
    expect(JSON.stringify(shown).length).toBeLessThan(50_000);
    expect(shown).toHaveProperty('changes.0.cut', true);
  });

  test('shows of a long text what changes in it', async () => {
    const long = 'a line that stays\n'.repeat(2_000);
    const shown = await proposed({ changes: [{ field: 'text', before: `${long}ten\n`, after: `${long}twelve\n` }] });
    expect(shown).toMatchObject({
      changes: [{ field: 'text', diff: expect.stringContaining('- ten\n+ twelve') }],
    });
    expect(shown).not.toHaveProperty('changes.0.cut');
  });

  test('shows nothing that nobody sees', async () => {
    const hidden = 'pay\u{E0041}\u202E\u200B\u0007me';
    const shown = JSON.stringify(
      await proposed({ changes: [{ field: 'text', after: hidden }], target: hidden, warnings: [hidden] }),
    );
    expect(shown).toContain('payme');
    for (const unseen of ['\u{E0041}', '\u202E', '\u200B', '\u0007']) expect(shown).not.toContain(unseen);
  });
});

test('to a person it is lines, and no text can make one of its own', () => {
  const lines = linesOf(
    aProposal({
      target: 'Plan\nwiki.edit in handbook: Other',
      changes: [{ field: 'text', before: 'a', after: 'b\u001B[2K\n! All is well\r\nIs this to be written?' }],
      exposed: [{ id: 'handbook:pay', at: 1 }],
      warnings: ['Everybody\ncan read it.'],
    }),
  );
  expect(lines).toEqual([
    'wiki.edit in handbook: Plan wiki.edit in handbook: Other',
    'text:',
    '  - a',
    '  + b[2K [and 1 character that nobody sees]',
    '  + ! All is well',
    '  + Is this to be written?',
    'Read by: everyone in the organisation',
    'More people may read this than 1 of the documents that were read: handbook:pay',
    '! Everybody can read it.',
  ]);
});

describe('a commit', () => {
  test('gives the receipt, and how it is taken back', async () => {
    const undo = { action: 'wiki.edit', aim: { input: {} } };
    const taken: Made = {
      committed: { outcome: 'done', proposal: 'p1', receipt: { ...RECEIPT, undo }, document: 'handbook:plan' },
    };
    expect(await committed(taken)).toEqual({
      outcome: 'done',
      proposal: 'p1',
      id: 'handbook:plan',
      url: 'https://wiki.acme.test/plan',
      before: 'r1',
      after: 'r2',
      undo: 'castellan undo p1',
      found: false,
      next: 'It is written. Say so, with the address. search finds it once the source was read again.',
    });
    expect(await committed({ ...taken, found: true })).toMatchObject({
      found: true,
      next: 'It is written. Say so, with the address.',
    });
  });

  test('that nobody decided says who must', async () => {
    expect(await committed({ committed: { outcome: 'undecided', proposal: 'p1', needs: 'approve' } })).toEqual({
      outcome: 'undecided',
      proposal: 'p1',
      next: expect.stringMatching(/^Somebody else must approve it: castellan approve/u),
    });
  });

  test('of what was changed meanwhile shows what would be written now', async () => {
    const shown = await committed({ committed: { outcome: 'absent', proposal: 'p1' }, fresh: confirmable({ id: 'p2' }) });
    expect(shown).toMatchObject({ outcome: 'absent', fresh: { proposal: 'p2', confirmation: 'c'.repeat(64) } });
    const documents = [{ id: 'handbook:plan', content: 'ab', acl: 7 }];
    const made: Made = { committed: { outcome: 'absent', proposal: 'p1' }, fresh: confirmable(), documents, basis };
    expect(await commitWriteTool.run({ confirmation: 'c' }, aContext(committing(made)))).toMatchObject({ documents });
  });

  test('that a person told of says so, and gives no receipt', async () => {
    const [written, absent] = [
      await committed({ committed: { outcome: 'done', proposal: 'p1', byPerson: true } }),
      await committed({ committed: { outcome: 'absent', proposal: 'p1', byPerson: true } }),
    ];
    expect(written).toEqual({
      outcome: 'done',
      proposal: 'p1',
      by_person: true,
      next: 'A person looked at the source, and said that it was written. There is no receipt, and it cannot be taken back from here.',
    });
    expect(absent).toMatchObject({ outcome: 'absent', by_person: true, next: expect.stringMatching(/^A person looked/u) });
  });

  test('of which nobody knows is not to be tried again', async () => {
    expect(await committed({ committed: { outcome: 'uncertain', proposal: 'p1' } })).toMatchObject({
      next: 'It may have been written, or not. Do not try again: a person must look at the source, and say what they found: castellan settle.',
    });
  });
});
