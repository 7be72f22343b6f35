/**
 * What lets a source's calls in. It is asked for every call, and again, `refused`, after the source answered 401 to what it
 * gave: then it must not give the same, or reject with the `source_rejected` that names the remedy.
 */
export interface Authorise {
  /** Headers to be sent to the hosts of the source, and to no other. */
  headers(options: { readonly refused: boolean; readonly signal: AbortSignal }): Promise<Readonly<Record<string, string>>>;
}
