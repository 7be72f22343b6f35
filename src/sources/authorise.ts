/** Headers that let a call in. */
export type SignedHeaders = Readonly<Record<string, string>>;

/** What lets a source's calls in. */
export interface Authorise {
  /**
   * Headers to be sent to the hosts of the source, and to no other. Asked for every call, and once more after the source answered
   * 401 to `refused`: then other ones, or undefined where there are none. Rejects with the `source_rejected` that names the remedy.
   */
  headers(options: { readonly refused?: SignedHeaders; readonly signal: AbortSignal }): Promise<SignedHeaders | undefined>;
  /** What mends a sign-in that the source does not accept, as a sentence. */
  readonly remedy: string;
}
