import type { Caller } from '../core/caller.ts';
import type {
  AskPerson,
  Concluded,
  Decision,
  Finding,
  Made,
  Offered,
  Proposal,
  Proposed,
  ProposeRequest,
} from '../core/proposal.ts';
import type { ReadView } from '../core/view.ts';
import type { ProposalState } from '../store/proposals.ts';
import type { Linked as Opened } from './links.ts';

/** A proposal that somebody is to decide, as whoever decides sees it. */
export interface Pending extends Proposal {
  /** Who proposed it: `issuer|subject`. */
  readonly who: string;
  readonly client: string;
  readonly state: ProposalState;
  /** When it was proposed, ms since 1970. */
  readonly at: number;
}

/** What somebody with a link may decide about, and the token that their decision takes. */
export interface Linked extends Pick<Opened, 'by' | 'token'> {
  readonly pending: Pending;
}

/** Everything that is written in a source goes through here: proposed, decided, made once, and proven. */
export interface Writes {
  /** What this caller may propose, and what each will take. */
  offered(caller: Caller, view: ReadView, signal: AbortSignal): Promise<readonly Offered[]>;
  propose(caller: Caller, view: ReadView, request: ProposeRequest, signal: AbortSignal): Promise<Proposed>;
  /** Proposes to take back what a proposal has written. */
  undoOf(caller: Caller, view: ReadView, proposal: string, signal: AbortSignal): Promise<Proposed>;
  /** Makes the write, where it is decided; `ask` asks the person at the client. What was made already is told, and never made again. */
  commit(caller: Caller, view: ReadView, confirmation: string, ask: AskPerson | undefined, signal: AbortSignal): Promise<Made>;
  /** What a confirmation of this caller's confirms, for whoever asks their person. Rejects with `invalid_input` where it is none. */
  confirmed(caller: Caller, confirmation: string): Promise<Pending>;
  /** What waits for somebody's word, the oldest first. For whoever decides outside the model. */
  pending(): Promise<readonly Pending[]>;
  /** Rejects with `conflict`, `expired`, `not_found`, or `forbidden` where it is their own and somebody else must. */
  decide(proposal: string, decision: Decision): Promise<void>;
  /** A link by which somebody decides on the approval page: `by` is their e-mail, or `issuer|subject`. Rejects as `decide` does. */
  link(proposal: string, by: string): Promise<string>;
  /** What such a link leads to; undefined for any other text. */
  linked(link: string): Promise<Linked | undefined>;
  /** Rejects with `not_found` where it is no link or the token is not its own, else as `decide` does. */
  decideLinked(link: string, said: { readonly yes: boolean; readonly token: string }): Promise<void>;
  /** Finds out what became of the writes that a dead process was making, and purges what is long over. */
  settle(signal: AbortSignal): Promise<void>;
  /** What nobody can say of whether it was written, for whoever looks at the source. The sources are asked before. */
  uncertain(signal: AbortSignal): Promise<readonly Pending[]>;
  /** Ends one of these by what somebody found out. Rejects with `not_found`, or `conflict` where it is uncertain no more. */
  conclude(proposal: string, finding: Finding, signal: AbortSignal): Promise<Concluded>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}
