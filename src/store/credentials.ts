/** What is kept of one source's credential. Of `sealed` the store knows nothing. */
export interface CredentialRow {
  readonly source: string;
  /** Moves with every change. */
  readonly version: number;
  /** What may be read without a key: kind, scopes, expiry. JSON, and sealed bytes open only beside exactly this text. */
  readonly facts: string;
  readonly sealed: Uint8Array;
}

/** Who asks to renew: `holder` is theirs alone, `at` is ms since 1970. */
export interface Claim {
  readonly source: string;
  readonly holder: string;
  readonly at: number;
}

/** The right to renew: `mine`, with what is kept now; or somebody else's, who lives. */
export type Claimed =
  | { readonly state: 'mine'; readonly row: CredentialRow | undefined; readonly version: number }
  | { readonly state: 'held'; readonly pid: number };

/** The credentials of sources. Several processes share them. Whatever the file does wrong rejects with `unavailable`. */
export interface Credentials {
  /** The version of a source's row; 0 where there never was one. Also what was forgotten has one. */
  version(source: string): Promise<number>;
  find(source: string): Promise<CredentialRow | undefined>;
  /** Takes the right to renew, also from a process that is dead or has held it for longer than any renewal takes. */
  claim(claim: Claim): Promise<Claimed>;
  release(claim: Pick<Claim, 'source' | 'holder'>): Promise<void>;
  /** Puts a row in place of the version before its own, and is on disk when it resolves. False where that is not what is there. */
  put(row: CredentialRow): Promise<boolean>;
  /** Leaves nothing of it in the file. False where there was none. */
  forget(source: string): Promise<boolean>;
  close(): Promise<void>;
}
