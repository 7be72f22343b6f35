import type { AskedOf, Told } from '../openai/told.ts';

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
  /** Asked before every call of a tool; absent: nobody is asked. */
  readonly approve?: (call: AskedOf) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** A model that answers one person from what they may see. */
export interface Asking {
  ask(question: string): AsyncIterable<Told>;
  /** Takes back what it was given to ask with. */
  close(): Promise<void>;
}
