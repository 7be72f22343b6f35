export interface BucketsOptions {
  /** How many at once, and as many again in every `perMs`. */
  readonly capacity: number;
  readonly perMs: number;
  /** Buckets kept at most: beyond it the one that was used longest ago is forgotten, which is to say full again. */
  readonly most: number;
  readonly now: () => number;
}

/** Token buckets by name, in bounded memory. */
export interface Buckets {
  /** Takes one; gives the ms to wait where there is none. */
  take(name: string): number;
  /** Puts back one that was taken. */
  giveBack(name: string): void;
}

/** Opens buckets that begin full. */
export const createBuckets = ({ capacity, perMs, most, now }: BucketsOptions): Buckets => {
  const buckets = new Map<string, { left: number; at: number }>();
  const bucketOf = (name: string): { left: number; at: number } => {
    const known = buckets.get(name);
    const at = now();
    // A clock that was set back fills nothing.
    const filled = known ? Math.min(capacity, known.left + (Math.max(0, at - known.at) * capacity) / perMs) : capacity;
    const bucket = { left: filled, at };
    buckets.delete(name); // so that the first is always the one used longest ago
    buckets.set(name, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > most && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };
  return {
    take: (name) => {
      const bucket = bucketOf(name);
      if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * perMs) / capacity);
      bucket.left -= 1;
      return 0;
    },
    giveBack: (name) => {
      const bucket = bucketOf(name);
      bucket.left = Math.min(capacity, bucket.left + 1);
    },
  };
};
