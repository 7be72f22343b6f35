import type { z } from 'zod';

import type { Acl } from './acl.ts';
import type { Run } from './connector.ts';
import type { Account } from './document.ts';

/** What a write is aimed at: the document that is changed, by its key in the source, and what is to be written. */
export interface Aim<Input = unknown> {
  /** Absent for what is aimed at a source, such as creating a document. */
  readonly key?: string;
  readonly input: Input;
}

/** One thing that would change. A long text is a field whose `before` and `after` are whole: whoever shows it makes the diff. */
export interface FieldChange {
  readonly field: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a write would do, by what the source says now. Nothing was written to make it. */
export interface Preview {
  /** Where it goes, as a person calls it: "issue #12 in acme/site", "policies/leave.md". */
  readonly target: string;
  /** Of the target, as the source versions it. A commit finds exactly this, or changes nothing. */
  readonly revision?: string;
  readonly changes: readonly FieldChange[];
  /** Who may read what is written, once it is: in the words of the source. */
  readonly audience: Acl;
  /** What a person should know before they say yes, a sentence each: "the author will be shown as castellan[bot]". A new one is another proposal. */
  readonly warnings: readonly string[];
}

/** A write that was decided and is about to be made. It is durable before the source hears of it. */
export interface Intent {
  /** Random, 128 bits, hex. What the source may carry as a mark of this write. */
  readonly id: string;
  readonly action: string;
  readonly aim: Aim;
  readonly target: string;
  readonly revision?: string;
  readonly at: Date;
  /** What the action wanted to remember before it went on: see `Committing.keep`. */
  readonly kept?: string;
}

/** A write that was made. */
export interface Receipt {
  /** Key of the document that was made or changed. */
  readonly key: string;
  readonly url?: string;
  /** Revisions of it, as the source versions it. */
  readonly before?: string;
  readonly after?: string;
  /** The write that takes it back, where there is one: decided and made like any other. */
  readonly undo?: Undo;
}

/** A write that takes another one back. `revision`: what the target must still be for that. */
export interface Undo {
  readonly action: string;
  readonly aim: Aim;
  readonly revision?: string;
}

/** What a commit gets besides its aim. */
export interface Committing {
  readonly intent: Intent;
  /** Makes a note durable, before the step after which nobody could tell whether the write was made. At most 1,000 characters. */
  keep(note: string): Promise<void>;
}

/** How a write ended, as its source tells afterwards. `uncertain`: nobody can say, and nobody tries again without a person. */
export type Settled = Receipt | 'absent' | 'uncertain';

/**
 * One thing that may be written in a source, by the right of one account there. The caller has been seen to read the target; the
 * action asks the source about the right to write it. Errors are AppErrors; before `commit` was called, and where it throws one of
 * `invalid_input`, `forbidden`, `not_found`, `conflict`, `too_large`, `source_rejected`, `source_rate_limited`, nothing was written.
 * After any other error `settle` is asked.
 */
export interface WriteAction<Settings = unknown, Input = unknown> {
  /** The connector's name, a dot, and what it does: `github.create_issue`. */
  readonly name: string;
  readonly title: string;
  /** For the model: what it does, and what it cannot. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** Whether it is aimed at a document or at the source. */
  readonly on: 'document' | 'source';
  /** Names of the declared operations it calls, those that write and those that read. */
  readonly operations: readonly string[];
  /** It only takes another write back, and is offered for nothing else. */
  readonly undoes?: true;
  /** Whether the settings of a source allow it at all. Absent: they always do. */
  offered?(settings: Settings): boolean;
  /** Asks the source, now. `false` also where the target is not there. */
  mayWrite(aim: Aim<Input>, run: Run<Settings, never>, as: Account): Promise<boolean>;
  /** Rejects with `invalid_input` for what can be written nowhere, and `not_found` where the target is gone. */
  preview(aim: Aim<Input>, run: Run<Settings, never>, as: Account): Promise<Preview>;
  /** Writes, if the target still has the revision of the intent; else rejects with `conflict`. */
  commit(aim: Aim<Input>, run: Run<Settings, never>, as: Account, committing: Committing): Promise<Receipt>;
  /** After a crash or a time-out: was it written? Writes nothing. */
  settle(aim: Aim<Input>, run: Run<Settings, never>, as: Account, intent: Intent): Promise<Settled>;
}

/** An action as it is written: inference with no machinery. Whoever keeps many of them parses the input before it is handed in. */
export const defineWrite = <Settings, Input>(action: WriteAction<Settings, Input>): WriteAction<Settings, Input> => action;
