import type { z } from 'zod';

import type { CallResult } from '../server/call.ts';
import { outputOf, searchAnswer } from './answers.ts';
import type { Context } from './context.ts';
import type { DemoCompany } from './demo-company.ts';
import type { Index } from './parts.ts';
import type { Desk } from './desk.ts';
import { type SyncReport, syncAll } from './sync-all.ts';
import type { Piece } from './terminal.ts';

/** A sentence about what just happened, and whether it is true. */
export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

/** One part of the demo: what is told, and what is claimed of it. */
export interface Act {
  readonly title: string;
  readonly told: readonly (readonly Piece[])[];
  readonly claims: readonly Claim[];
}

/** What the acts play on: a copy of the company, an index of it, and a desk to ask at, open all the while. */
export interface Stage {
  readonly context: Context;
  readonly company: DemoCompany;
  readonly index: Index;
  /** How many questions were asked, for the audit to be held against. */
  readonly asked: () => number;
  readonly ask: (who: string, tool: 'search' | 'fetch', input: unknown) => Promise<CallResult>;
  readonly search: (who: string) => Promise<z.infer<typeof searchAnswer>>;
  readonly sync: () => Promise<SyncReport>;
}

/** Sets the stage. */
export const setStage = (
  context: Context,
  given: { readonly company: DemoCompany; readonly index: Index; readonly desk: Desk },
): Stage => {
  const { desk, ...rest } = given;
  let asked = 0;
  const ask: Stage['ask'] = (who, tool, input) => {
    asked += 1;
    return desk.ask({ who, tool, input, signal: context.signal });
  };
  return {
    ...rest,
    context,
    asked: () => asked,
    ask,
    search: async (who) => searchAnswer.parse(outputOf(await ask(who, 'search', { query: given.company.script.question }))),
    sync: () => syncAll(given.index, { sources: [...given.index.sources.keys()], acceptDeletions: false }, context),
  };
};
