/**
 * How far a proposal is. `proposed` waits for a word or, where none is needed, for its commit; `committing` may have reached the
 * source; the others are ends, but for `approved`. `failed` and `absent`: nothing was written, as was known at once or found later.
 */
export type ProposalState =
  | 'proposed'
  | 'approved'
  | 'declined'
  | 'expired'
  | 'committing'
  | 'done'
  | 'failed'
  | 'absent'
  | 'uncertain';

/** What may still become a write. */
export type OpenState = Extract<ProposalState, 'proposed' | 'approved'>;
/** What a write ends as. */
export type EndState = Extract<ProposalState, 'done' | 'failed' | 'absent' | 'uncertain'>;

/** A proposal before it is kept. Of sealed bytes the store knows nothing. Times are ms since 1970. */
export interface NewProposal {
  /** 128 bits, hex. */
  readonly id: string;
  /** A keyed hash of who proposes, 32 bytes. */
  readonly proposer: Uint8Array;
  /** A keyed hash of who, the action and their idempotency key: no two proposals have the same. */
  readonly mark?: Uint8Array;
  readonly at: number;
  readonly expiresAt: number;
  readonly content: Uint8Array;
}

/** A proposal as it is kept. */
export interface ProposalRow extends Omit<NewProposal, 'mark'> {
  readonly state: ProposalState;
  /** When it came into this state. */
  readonly movedAt: number;
  /** When the right to make it was taken. Of what was never made it says nothing. */
  readonly takenAt: number;
  readonly decision?: Uint8Array;
  /** A note of the action's, from the middle of its commit. */
  readonly kept?: Uint8Array;
  /** The receipt of what was written. */
  readonly outcome?: Uint8Array;
  /** Of one that was uncertain: who settled it, and by whose word. */
  readonly settled?: Uint8Array;
  /** Of one that is `committing`: this holder makes it, somebody else who lives, or nobody any more. */
  readonly held?: 'ours' | 'theirs' | 'nobody';
}

/** What came of keeping one: it is kept, somebody's proposal has its mark, or its proposer has too many that wait. */
export type Added = { readonly is: 'added' } | { readonly is: 'known'; readonly row: ProposalRow } | { readonly is: 'full' };

/** Proposals, and what became of them. Several processes share them. Whatever the file does wrong rejects with `unavailable`. */
export interface Proposals {
  /**
   * `marks`: under which keys its mark may be known already. `instead`: one that is open, or ended without a write, which is over with
   * this and loses its mark; with `inherits`, to this one.
   */
  add(
    proposal: NewProposal,
    also?: { readonly marks?: readonly Uint8Array[]; readonly instead?: string; readonly inherits?: true },
  ): Promise<Added>;
  find(id: string): Promise<ProposalRow | undefined>;
  /** The one that has any of these marks. */
  known(marks: readonly Uint8Array[]): Promise<ProposalRow | undefined>;
  /** What waits and is not over at `now`, the oldest first. */
  waiting(now: number, limit: number): Promise<readonly ProposalRow[]>;
  /** Keeps a decision; false where it waits for none any more. */
  decide(id: string, to: 'approved' | 'declined', decision: Uint8Array, at: number): Promise<boolean>;
  /** Takes a decision back and says anew what is proposed, and until when; false where it is not in that state any more, or over. */
  reopen(
    id: string,
    from: OpenState,
    anew: { readonly content: Uint8Array; readonly expiresAt: number; readonly at: number },
  ): Promise<boolean>;
  /** Ends one that nobody makes: false where it is not open any more. */
  abandon(id: string, to: 'expired' | 'failed', at: number): Promise<boolean>;
  /** Takes the one right there ever is to make it, on disk when it resolves; false where it is gone or over. */
  take(id: string, from: OpenState, at: number): Promise<boolean>;
  /** Keeps a note of who makes it. */
  keep(id: string, note: Uint8Array): Promise<boolean>;
  /** Keeps the receipt of what was written, before anybody hears of it. */
  keepReceipt(id: string, outcome: Uint8Array): Promise<boolean>;
  /** Says how it ended, by who makes it or has taken it over. */
  end(id: string, to: EndState, at: number): Promise<boolean>;
  /** Ends one that is uncertain, by what a person found out: false where it is so no more. `outcome`: a receipt, where there is one. */
  conclude(
    id: string,
    to: Extract<EndState, 'done' | 'absent'>,
    how: { readonly settled: Uint8Array; readonly outcome?: Uint8Array; readonly at: number },
  ): Promise<boolean>;
  /** What is uncertain, the oldest first. */
  uncertain(limit: number): Promise<readonly ProposalRow[]>;
  /** Gives the right to find out what became of it back. */
  letGo(id: string): Promise<void>;
  /** Takes over one that nobody makes any more; `ours`: also one that this holder does not make. False where somebody does. */
  takeOver(id: string, ours: boolean): Promise<boolean>;
  /** Those that are being made, or were when their process died: `uncertain` ones are for a person. */
  committing(): Promise<readonly string[]>;
  /** Takes out what has ended before, or was never made. */
  purge(before: number): Promise<number>;
  /** The documents that somebody, under any of these keyed hashes, was shown since, and when last. */
  readings(readers: readonly Uint8Array[], since: number): Promise<readonly { readonly id: string; readonly at: number }[]>;
  close(): Promise<void>;
}
