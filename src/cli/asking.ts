import type { AppError } from '../core/errors.ts';
import type { AskedOf, Told, Word } from '../openai/told.ts';
import type { Pending } from '../writes/writes.ts';

/** Who stands behind a run that may write, outside the model. */
export interface WritingPerson {
  /** Shows what would be written, and asks whether it is to be. Undefined: nobody is there to be asked. */
  ask(proposal: Pending): Promise<boolean | undefined>;
  /** Says why nothing is written, and nobody was asked; with what it was about, where that is known. */
  tell(why: string, proposal?: Pending): void;
}

/** What a model is asked, for whom and how. */
export interface AskingRequest {
  /** A verified e-mail, or `issuer|subject`. */
  readonly who: string;
  readonly api: 'responses' | 'chat';
  readonly model?: string;
  /** Of the API, where it is not OpenAI's own. */
  readonly baseUrl?: string;
  /** Of OpenAI's tunnel to the server, instead of its address. */
  readonly tunnel?: string;
  /** Of the server, where that was started with another than the configured one. */
  readonly port?: number;
  /** Whether it goes on with the last conversation of the same person. */
  readonly continues: boolean;
  /** Whether OpenAI may keep the conversation. */
  readonly stores: boolean;
  /** Whether a person is asked before every call of a tool, or only before one that may change something. */
  readonly approval: 'always' | 'never';
  /** Asks a person; absent: nobody is there, and the answer is no. */
  readonly approve?: (call: AskedOf) => Promise<Word>;
  /** Absent: this run only reads. */
  readonly writing?: WritingPerson;
  readonly signal: AbortSignal;
}

/** A model that answers one person from what they may see. */
export interface Asking {
  ask(question: string): AsyncIterable<Told>;
  /** Why nobody can go on from what was answered, though it is whole. */
  unkept(): AppError | undefined;
  /** Takes back what it was given to ask with. */
  close(): Promise<void>;
}
