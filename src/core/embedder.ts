/** Turns text into a direction. One text a call: a quantised model's output depends on what else is in its batch. */
export interface Embedder {
  /** Model, weights and pipeline in one name; vectors of two fingerprints are never compared. */
  readonly fingerprint: string;
  readonly dimensions: number;
  /** A unit vector of `dimensions` numbers. Text beyond the model's window is cut. */
  embed(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}
