/** How many rows were confirmed at which time. Few times are shared by many rows: those of the runs that confirmed them. */
export interface Tally {
  add(at: number): void;
  remove(at: number): void;
  /** The oldest time that is at least `since`, each time being at least `floor`; Infinity where there is none. */
  oldest(since: number, floor: number): number;
  /** Whether any is older than `since`, each time being at least `floor`. */
  anyBefore(since: number, floor: number): boolean;
}

/** Counts times. */
export const tally = (): Tally => {
  const counts = new Map<number, number>();
  return {
    add: (at) => void counts.set(at, (counts.get(at) ?? 0) + 1),
    remove: (at) => {
      const left = (counts.get(at) ?? 0) - 1;
      if (left > 0) counts.set(at, left);
      else counts.delete(at);
    },
    oldest: (since, floor) => {
      let oldest = Infinity;
      for (const time of counts.keys()) {
        const at = Math.max(time, floor);
        if (at >= since && at < oldest) oldest = at;
      }
      return oldest;
    },
    anyBefore: (since, floor) => {
      if (floor >= since) return false;
      for (const time of counts.keys()) if (time < since) return true;
      return false;
    },
  };
};
