import type { AskPerson, Concluded } from '../core/proposal.ts';
import type { CallResult } from '../server/call.ts';
import type { Pending } from '../writes/writes.ts';
import type { Overdue } from './overdue.ts';

/** One question of one person. */
interface Question {
  /** A verified e-mail, or `issuer|subject`. */
  readonly who: string;
  readonly tool: 'search' | 'fetch' | 'list_sources' | 'explain_access' | 'propose_write' | 'commit_write';
  readonly input: unknown;
  readonly signal: AbortSignal;
  /** How the person at the keyboard is asked before something is written. */
  readonly askPerson?: AskPerson;
}

/** Where people ask: every question goes the one audited path. */
export interface Desk {
  ask(question: Question): Promise<CallResult>;
  /** What is proposed and waits for somebody's word, the oldest first. */
  pending(): Promise<readonly Pending[]>;
  /** As the owner of the data folder. Rejects with `not_found`, `expired` or `conflict`. */
  decide(proposal: string, yes: boolean): Promise<void>;
  /**
   * The address of a page where `who` decides about a proposal, on the server that is reached at its usual address or at this port.
   * Rejects as `decide` does, and with `invalid_input` where `who` names nobody.
   */
  link(proposal: string, who: string, port?: number): Promise<string>;
  /** What nobody can say of whether it was written, the oldest first. Its sources are asked before. */
  uncertain(signal: AbortSignal): Promise<readonly Pending[]>;
  /** Says as the owner of the data folder whether it was. Rejects with `not_found` or `conflict`. */
  settle(proposal: string, written: boolean, signal: AbortSignal): Promise<Concluded>;
  /** Rejects with `invalid_input` where `who` names nobody. */
  identify(who: string): Promise<void>;
  /** Serves one MCP client on this process's stdin and stdout until it hangs up or `signal` aborts. */
  serve(who: string, signal: AbortSignal): Promise<void>;
  /** For the owner's ear only: the sources that are older than they promised. */
  overdue(): Promise<readonly Overdue[]>;
  close(): Promise<void>;
}
