/** Ids that were looked up once. Full, it forgets all: everything in it can be looked up again. */
interface Memory {
  /** The number known under `key`, else what `lookUp` finds. */
  recall(key: string, lookUp: () => number): number;
}

export interface Memories {
  /** A memory of at most `limit` numbers. */
  of(limit: number): Memory;
  /** Empties all of them: after a rollback, and after another connection has written. */
  forget(): void;
}

/** The memories of one connection. */
export const openMemories = (): Memories => {
  const all: Map<string, number>[] = [];
  return {
    of(limit) {
      const known = new Map<string, number>();
      all.push(known);
      return {
        recall(key, lookUp) {
          const remembered = known.get(key);
          if (remembered !== undefined) return remembered;
          if (known.size >= limit) known.clear();
          const found = lookUp();
          known.set(key, found);
          return found;
        },
      };
    },
    forget() {
      for (const known of all) known.clear();
    },
  };
};
