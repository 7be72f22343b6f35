/** Turns text into a direction. A quantised model's output depends on what else is in its batch, so that one takes one text a call. */
export interface Embedder {
  /** Model, weights and pipeline in one name; vectors of two fingerprints are never compared. */
  readonly fingerprint: string;
  readonly dimensions: number;
  /** A unit vector of `dimensions` numbers. Text beyond the model's window is cut. */
  embed(text: string): Promise<Float32Array>;
  /** The same for several texts in one call, in their order, where that is quicker and each vector is what `embed` would give. */
  embedAll?(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}
