import type { AppError } from '../core/errors.ts';

/** A document that a tool handed to the model. */
export interface Given {
  readonly id: string;
  readonly title: string;
  /** Never empty. */
  readonly url: string;
  /** ISO 8601: when its source last changed it. */
  readonly updatedAt?: string;
  /** False where it is older than promised. */
  readonly fresh?: boolean;
}

/** A document that the answer names; `number` stands in its text. */
export interface Citation extends Given {
  readonly number: number;
}

/** A tool, and what the model asks of it. */
export interface AskedOf {
  readonly tool: string;
  readonly input: unknown;
}

/** A person's word on a call. A no may say why, which the model hears. */
export type Word = boolean | { readonly no: string };

/** What became of a write, as the tool told it: only `done` is written. */
export interface Wrote {
  readonly outcome: 'done' | 'absent' | 'uncertain' | 'undecided';
  readonly proposal: string;
  /** Of the document. */
  readonly id?: string;
  readonly url?: string;
  /** How it is taken back. */
  readonly undo?: string;
}

/** What a call gave. */
export interface Gave {
  readonly documents: readonly Given[];
  /** Ids of the documents that a proposal quotes or names. */
  readonly quoted?: readonly string[];
  readonly wrote?: Wrote;
  /** Why it gave nothing. */
  readonly failed?: string;
}

/** How a question was answered. */
export interface Answer {
  /** As it was told, with the numbers of its citations. */
  readonly text: string;
  /** Why it is not whole; absent where it is. */
  readonly incomplete?: AppError;
  /** In the order of their numbers. */
  readonly citations: readonly Citation[];
  /** All that the model was given in this run, named or not. */
  readonly given: readonly Given[];
  readonly model: string;
  /** By which OpenAI keeps the conversation, so that it can go on. */
  readonly responseId?: string;
  /** The tools that were listed for the model; absent where it knew them from before. */
  readonly tools?: readonly string[];
}

/** What happens while a question is answered, as it does. The last is always `ended`. */
export type Told =
  /** `gone` and `added`: since the turn before. */
  | {
      readonly kind: 'tools';
      readonly names: readonly string[];
      readonly gone: readonly string[];
      readonly added: readonly string[];
    }
  | ({ readonly kind: 'calling' } & AskedOf)
  | ({ readonly kind: 'called' } & Gave & AskedOf)
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ended'; readonly answer: Answer };
